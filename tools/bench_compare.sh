#!/usr/bin/env bash
# The order book beside two small reference engines, on the same recorded order flows and one core: makes
# the flows, builds the references with the project's own compiler flags and with those that their README
# names, runs all of them in turn and prints speeds and ratios. Needs build/release, built.
#
#   tools/bench_compare.sh                          the four flows of ten million operations, 7 rounds
#   tools/bench_compare.sh --rounds 3 deep multi    fewer of both
#   tools/bench_compare.sh --csv FILE               appends the result to FILE
#   tools/bench_compare.sh --instructions           counts instructions instead (valgrind, slow)
#   CORE=0 OPS=1000000 SEED=7 tools/bench_compare.sh
#
# Times are CPU times: each figure is the median of an engine's own three replays (one for the slow map),
# and the table shows best and median of these over the rounds. Engines take turns, so that other work on
# the machine meets all of them. Exit 1 when a tape is not the expected one.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
shared=${MARGINCALL_SHARED:-../shared}
core=${CORE:-1} ops=${OPS:-10000000} seed=${SEED:-20260101}
rounds=7 csv="" instructions=no profiles=()
while [ $# -gt 0 ]; do
    case $1 in
        --rounds) rounds=$2; shift ;;
        --csv) csv=$2; shift ;;
        --instructions) instructions=yes ;;
        mix | deep | multi | crash) profiles+=("$1") ;;
        *) echo "unknown: $1 (see the top of $0)"; exit 2 ;;
    esac
    shift
done
[ ${#profiles[@]} -gt 0 ] || profiles=(mix deep multi crash)
ours=build/release/bin/margincall
[ -x "$ours" ] || { echo "no $ours: build the release preset first"; exit 2; }
[ -f "$shared/bench/orderflow_gen.cpp" ] || { echo "no workload generator in $shared/bench"; exit 2; }
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT

# What the release build compiles the book with, without warnings and paths.
same=$(grep '"command".*mc_book\.dir' build/release/compile_commands.json | tr ' ' '\n' |
    grep -E '^-(O|g|f[a-z]|m[a-z]|DNDEBUG)' | sort -u | tr '\n' ' ')
own="-O3 -march=native -DNDEBUG"
echo "flags of Margincall and of base_*.same: $same"
echo "flags of base_*.own: $own"
g++ -std=c++20 -O2 -o "$folder/generate" "$shared/bench/orderflow_gen.cpp"
for engine in ladder map; do
    # shellcheck disable=SC2086  # words on purpose
    g++ -std=c++20 $same -o "$folder/base_$engine.same" "$shared/bench/base_$engine.cpp"
    # shellcheck disable=SC2086
    g++ -std=c++20 $own -o "$folder/base_$engine.own" "$shared/bench/base_$engine.cpp"
done

# instructions_of OPS COMMAND...: what valgrind counts for the whole program.
instructions_of() {
    valgrind --tool=none --log-file="$folder/none" true 2>/dev/null || { echo "no valgrind" >&2; exit 2; }
    valgrind --tool=callgrind --callgrind-out-file=/dev/null --log-file="$folder/log" "$@" >/dev/null
    sed -nE 's/.*Collected : ([0-9]+).*/\1/p' "$folder/log"
}
if [ "$instructions" = yes ]; then
    # The difference of two lengths: start-up and warm-up fall out. Three replays each; reading and
    # checking the file, once for the three, stay in.
    few=200000 many=600000
    printf '%-8s %-18s %s\n' flow engine "instructions an operation"
    for profile in "${profiles[@]}"; do
        "$folder/generate" "$profile" "$folder/few.bin" $few "$seed" >/dev/null
        "$folder/generate" "$profile" "$folder/many.bin" $many "$seed" >/dev/null
        for engine in margincall base_ladder.same base_map.same; do
            run=("$folder/$engine") end=(3)
            [ "$engine" != margincall ] || { run=("$ours" bench orderflow) end=(); }
            a=$(instructions_of "${run[@]}" "$folder/few.bin" "${end[@]}")
            b=$(instructions_of "${run[@]}" "$folder/many.bin" "${end[@]}")
            printf '%-8s %-18s %s\n' "$profile" "$engine" $(((b - a) / (3 * (many - few))))
        done
    done
    exit 0
fi

engines=(margincall base_ladder.same base_ladder.own base_map.same base_map.own)
# run_once ENGINE PROFILE: appends "mops trades tape rss" to a file of this engine and profile.
run_once() {
    local flow=$folder/$2.bin line
    case $1 in
        margincall)
            line=$(taskset -c "$core" "$ours" bench orderflow "$flow" --json) || true
            sed -nE 's/.*"mops":([0-9.]+).*"trades":([0-9]+).*"tape_ok":([a-z]+).*"rss_mb":([0-9]+).*/\1 \2 \3 \4/p' <<<"$line"
            ;;
        *)
            line=$(taskset -c "$core" "$folder/$1" "$flow" "$([[ $1 == base_map* ]] && echo 1 || echo 3)") || true
            sed -nE 's/.* ([0-9.]+) Mops.*trades=([0-9]+) tape=([A-Za-z]+) rss=([0-9]+)MB.*/\1 \2 \3 \4/p' <<<"$line"
            ;;
    esac >>"$folder/$1.$2"
}
# speed best|median ENGINE PROFILE: million operations a second.
speed() {
    local pick=1  # with an even number of rounds the slower one of the middle two
    [ "$1" = best ] || pick=$((rounds / 2 + 1))
    sort -rn "$folder/$2.$3" | awk -v pick="$pick" 'NR == pick { printf "%.2f\n", $1 }'
}
quotient() { awk -v a="$1" -v b="$2" 'BEGIN { printf "%.2f", a / b }'; }

cpu=$(sed -n 's/^model name[^:]*: //p' /proc/cpuinfo | head -n 1)
model=$(sed -n 's/^model[[:space:]]*: //p' /proc/cpuinfo | head -n 1)
wrong=0
if [ -n "$csv" ] && [ ! -s "$csv" ]; then
    echo "date,engine,flags,file,ops,mops_best,mops_median,rounds,trades,tape_ok,rss_mb,cpu,load" >"$csv"
fi
printf '\n%-6s %-17s %9s %9s %9s   %s\n' flow engine "best" "median" "ns (best)" "ours as a multiple: best, median"
for profile in "${profiles[@]}"; do
    "$folder/generate" "$profile" "$folder/$profile.bin" "$ops" "$seed" >/dev/null
    for ((round = 0; round < rounds; ++round)); do
        for engine in "${engines[@]}"; do
            run_once "$engine" "$profile"
        done
    done
    load=$(cut -d ' ' -f 1 /proc/loadavg)
    for engine in "${engines[@]}"; do
        best=$(speed best "$engine" "$profile") median=$(speed median "$engine" "$profile")
        read -r _ trades _ rss <"$folder/$engine.$profile"
        ok=true
        [ "$(grep -cE ' (true|OK) ' "$folder/$engine.$profile")" -eq "$rounds" ] || { ok=false wrong=1; }
        multiples=""
        if [ "$engine" != margincall ]; then
            multiples="$(quotient "$(speed best margincall "$profile")" "$best"), $(quotient "$(speed median margincall "$profile")" "$median")"
        fi
        [ "$ok" = true ] || multiples="$multiples   A TAPE IS WRONG"
        printf '%-6s %-17s %9.2f %9.2f %9.1f   %s\n' "$profile" "$engine" "$best" "$median" "$(quotient 1000 "$best")" "$multiples"
        if [ -n "$csv" ]; then
            flags=$same
            [[ $engine != *.own ]] || flags=$own
            echo "$(date +%F),${engine%.*},${flags% },$profile,$ops,$best,$median,$rounds,$trades,$ok,$rss,$cpu (model $model; $(nproc) cores),$load" >>"$csv"
        fi
    done
    rm "$folder/$profile.bin"
done
exit $wrong
