#!/usr/bin/env bash
# What would make two runs of the same plan and seed differ does not occur in base .. agents: clocks,
# other people's randomness, the environment, addresses, and walks over hash tables. A line that needs
# one says why:   // det-ok: reason
#
#   tools/check_determinism.sh [FOLDER...]
# `--self-test` proves that each ban still bites.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

# pattern (extended regular expression) and what to use in its place, one ban a line
bans='
std::chrono::[a-z_]*clock|simulated time: SimTime
(^|[^_[:alnum:]])(clock_gettime|gettimeofday|localtime|gmtime|strftime)[[:space:]]*\(|simulated time: SimTime
(^|[^_.>[:alnum:]])(std::)?(time|clock)[[:space:]]*\([[:space:]]*(NULL|nullptr|0|&[a-z_]+)?[[:space:]]*\)|simulated time: SimTime
(^|[^_.>[:alnum:]])(std::)?(rand|srand|drand48|random|srandom|rand_r)[[:space:]]*\(|Rng of base/random.hpp
(std::|<)(mt19937|minstd_rand|default_random_engine|random_device|ranlux|knuth_b)|Rng of base/random.hpp
std::(discrete|piecewise_[a-z]+|[a-z_]+)_distribution|the distributions of base/random.hpp
std::generate_canonical|Rng::uniform
std::(shuffle|random_shuffle|sample)[[:space:]]*\(|Rng::below over an index
std::(ranges::)?(shuffle|sample)[[:space:]]*\(|Rng::below over an index
(^|[^_[:alnum:]])(std::)?(getenv|secure_getenv|setenv)[[:space:]]*\(|an option of the scenario or the command line
std::(locale|setlocale)|to_chars and from_chars
std::this_thread|no threads inside a world
std::(unordered_)?(set|map|multiset|multimap)<[^,<>]*\*|an id as the key; an address has no order
std::hash<[^>]*\*>|an id; an address differs from run to run
reinterpret_cast<(std::)?u?intptr_t>|an id; an address differs from run to run
for[[:space:]]*\([^;:]*:[[:space:]]*[a-z_.>-]*(hash|unordered)[a-z_]*\)|a dense or sorted vector
'

scan() {  # scan FOLDER...: prints each offence, returns 1 if there is one
    local bad=0 line pattern instead hits
    while IFS= read -r line; do
        [ -n "$line" ] || continue
        pattern=${line%|*}
        instead=${line##*|}
        hits=$(grep -rnE --include='*.cpp' --include='*.hpp' -- "$pattern" "$@" |
            grep -vE '// det-ok: .' | grep -vE '^[^:]*:[0-9]+:[[:space:]]*(//|\*)' || true)
        if [ -n "$hits" ]; then
            printf '%s\n    not deterministic; use %s\n' "$hits" "$instead"
            bad=1
        fi
    done <<<"$bans"
    # Hash tables are for lookup: no walk over a name that is declared as one in the same file pair.
    local file names name
    while IFS= read -r file; do
        names=$(grep -hoE '(unordered_(flat_|node_)?(map|set)|flat_hash_[a-z]+)<.*>[[:space:]]+[a-z_]+[;{=]' "$file" |
            sed -E 's/.*>[[:space:]]+([a-z_]+)[;{=].*/\1/' | sort -u || true)
        for name in $names; do
            hits=$(grep -nE "for[[:space:]]*\(.*:[[:space:]]*([a-z_]+(\.|->))*$name[[:space:]]*\)|(^|[^a-z_])$name\.begin\(" \
                "${file%.*}.cpp" "${file%.*}.hpp" 2>/dev/null | grep -vE '// det-ok: .' || true)
            if [ -n "$hits" ]; then
                printf '%s\n    walks the hash table %s; use a dense or sorted vector\n' "$hits" "$name"
                bad=1
            fi
        done
    done < <(grep -rlE --include='*.cpp' --include='*.hpp' 'unordered_|flat_hash_' "$@" || true)
    return $bad
}

if [ "${1:-}" = --self-test ]; then
    folder=$(mktemp -d)
    trap 'rm -rf "$folder"' EXIT
    tried=0
    while IFS= read -r sample; do
        [ -n "$sample" ] || continue
        printf '%s\n' "$sample" >"$folder/sample.cpp"
        if scan "$folder" >/dev/null; then
            echo "not caught: $sample"
            exit 1
        fi
        printf '%s\n' "$sample" | sed 's|$|  // det-ok: a test|' >"$folder/sample.cpp"
        if ! scan "$folder" >/dev/null; then
            echo "not allowed although marked: $sample"
            exit 1
        fi
        tried=$((tried + 1))
    done <<'SAMPLES'
auto t = std::chrono::steady_clock::now();
auto t = std::chrono::high_resolution_clock::now();
clock_gettime(CLOCK_MONOTONIC, &spec);
auto t = std::time(nullptr);
auto t = time(0);
int x = rand();
std::srand(1);
std::mt19937_64 gen{1};
std::random_device device;
std::normal_distribution<double> d;
std::uniform_int_distribution<> d{0, 5};
std::shuffle(v.begin(), v.end(), gen);
std::ranges::shuffle(v, gen);
const char* home = std::getenv("HOME");
auto id = std::this_thread::get_id();
std::set<Order*> orders;
std::map<const Agent*, int> agents;
auto a = reinterpret_cast<std::uintptr_t>(p);
std::unordered_map<int, int> rows; for (auto& [id, row] : rows) {}
boost::unordered_flat_map<int, int> rows_{}; auto i = rows_.begin();
SAMPLES
    # Innocent neighbours of banned names.
    cat >"$folder/sample.cpp" <<'SAMPLES'
auto d = end_time(world); run_time(0); order.time(); x->clock(); operand(3);
double price_distribution = 1.0;  // no std::normal_distribution here
// std::chrono::system_clock is named in a comment only
std::unordered_map<int, int> slot_of; auto i = slot_of.find(3);
for (const auto id : ids) { slot_of.erase(id); }
SAMPLES
    sed -i 's|  // no std::normal_distribution here||' "$folder/sample.cpp"
    if ! scan "$folder"; then
        echo "an innocent line was caught"
        exit 1
    fi
    echo "determinism check: $tried samples caught, none of the innocent ones"
    exit 0
fi

folders=("$@")
if [ ${#folders[@]} -eq 0 ]; then
    folders=(src/base src/market src/ledger src/book src/rules src/clearing src/defi src/plan src/chain src/sim src/agents)
fi
if ! scan "${folders[@]}"; then
    echo "Mark a line that is harmless with: // det-ok: why"
    exit 1
fi
echo "determinism: clean (${folders[*]})"
