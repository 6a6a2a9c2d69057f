#!/usr/bin/env bash
# clang-tidy-14 over src with the checks of .clang-tidy.
#   tools/check_tidy.sh             every .cpp of src that has not passed in exactly its present state
#   tools/check_tidy.sh --all       every .cpp of src
#   tools/check_tidy.sh FILE...     these, whatever is remembered of them
# tools/tidy_passed.txt remembers what passed: a file and the hash of all that its findings depend on (its text
# and that of every header of the project it can reach, its compile command, .clang-tidy, this script and
# the versions of the tools). Only a pass without findings writes there; a file with another hash is checked.
# Needs build/dev/compile_commands.json (cmake --preset dev).
set -euo pipefail
export LC_ALL=C
cd "$(dirname "${BASH_SOURCE[0]}")/.."
passed=tools/tidy_passed.txt
work=build/tidy
if [ ! -f build/dev/compile_commands.json ]; then
    echo "no build/dev/compile_commands.json: run cmake --preset dev first"
    exit 1
fi
rm -rf "$work"
mkdir -p "$work/results"

# clang 14 spells the standard c++2b, does not know all of g++'s warnings, cannot read its precompiled header,
# and crashes in readability-braces-around-statements on the `if consteval` of libstdc++.
sed -E -e 's/-std=c\+\+23/-std=c++2b -U__cpp_if_consteval/g' -e 's/-Winvalid-pch -include [^ ]*cmake_pch\.hxx //g' \
    build/dev/compile_commands.json >"$work/compile_commands.json"

# FILE COMMAND, without the paths of this machine and without the names of what is written.
sed -n -e 's/^ *"command": "\(.*\)",$/\1/p' -e 's/^ *"file": "\(.*\)",\{0,1\}$/\1/p' "$work/compile_commands.json" |
    paste - - | sed -E -e "s|$PWD/||g" -e 's/ -o [^[:space:]]+ -c [^[:space:]]+//' -e 's/^[^ ]*ccache //' |
    awk -F'\t' '{ print $2 " " $1 }' >"$work/commands"

# --- what a file's findings depend on ----------------------------------------------------------------

git ls-files -- 'src/*.cpp' 'src/*.hpp' >"$work/sources"
xargs -d '\n' sha256sum <"$work/sources" >"$work/sums"
{
    clang-tidy-14 --version | grep -i version
    g++ -dumpfullversion
    sha256sum .clang-tidy tools/check_tidy.sh cmake/precompiled.hpp
} >"$work/common"
# Every quoted include names a file under src; it counts whether or not the preprocessor would take it.
xargs -d '\n' grep -HE '^[[:space:]]*#[[:space:]]*include[[:space:]]*"' <"$work/sources" |
    sed -E 's/^([^:]*):[^"]*"([^"]*)".*/\1 src\/\2/' >"$work/includes"
awk -v commands="$work/commands" -v common="$work/common" -v sums="$work/sums" -v includes="$work/includes" '
    function reach(file,    i, below) {
        if (file in seen) return
        if (!(file in sum)) { print file ": included, but no file of the project" >"/dev/stderr"; exit_code = 1; return }
        seen[file] = 1
        order[++count] = file
        split(direct[file], below, " ")
        for (i in below) reach(below[i])
    }
    BEGIN {
        while ((getline line <common) > 0) shared = shared line "\n"
        while ((getline line <sums) > 0) { split(line, part, " "); sum[part[2]] = part[1] }
        while ((getline line <includes) > 0) { split(line, part, " "); direct[part[1]] = direct[part[1]] " " part[2] }
        while ((getline line <commands) > 0) { file = line; sub(/ .*/, "", file); command[file] = line }
        for (file in sum) {
            if (file !~ /\.cpp$/) continue
            delete seen; delete order; count = 0
            reach(file)
            hash = "sha256sum | cut -c 1-64"
            text = shared command[file] "\n"
            for (i = 2; i <= count; i++)  # sorted, as the order of a walk over an awk array is not defined
                for (j = i; j > 1 && order[j - 1] > order[j]; j--) { t = order[j]; order[j] = order[j - 1]; order[j - 1] = t }
            for (i = 1; i <= count; i++) text = text order[i] " " sum[order[i]] "\n"
            printf "%s ", file
            fflush()
            printf "%s", text | hash
            close(hash)
        }
        exit exit_code
    }' | sort >"$work/hashes"

# --- which files -------------------------------------------------------------------------------------

git ls-files -- 'src/*.cpp' >"$work/all"
touch "$passed"
case ${1:-} in
--all) cp "$work/all" "$work/files" ;;
"") sort "$passed" | comm -13 - "$work/hashes" | cut -d ' ' -f 1 >"$work/files" ;;
*) printf '%s\n' "$@" >"$work/files" ;;
esac
while IFS= read -r file; do
    grep -q "^$file " "$work/commands" || { echo "$file: compiled by no target"; exit 1; }
done <"$work/files"

# --- checking ----------------------------------------------------------------------------------------

# tidy NAME OUT CHECKS ARGUMENT...: one run of clang-tidy. Clang 14 cannot compile all of libstdc++ 12
# (std::expected of a type with a destructor, some of <ranges>). Whether code compiles is for g++ to say
# (and to warn of); here only the checks' own findings count, but a run that crashed or never started is not a pass.
tidy() {
    local input=$1 out=$2 checks=$3 status=0
    shift 3
    clang-tidy-14 -p "$work" --quiet --checks="$checks" --extra-arg=-Wno-unknown-warning-option \
        --extra-arg=-ferror-limit=0 "$@" "$input" >"$out.all" 2>"$out.stderr" || status=$?
    if [ "$status" -gt 1 ]; then
        echo "$input: error: clang-tidy ended with $status: $(tail -n 1 "$out.stderr")" >>"$out.all"
    fi
    grep -E '(error|warning): ' "$out.all" | grep -v '\[clang-diagnostic-' | grep -v "^$PWD/$work/" >"$out" || true
}
# The errors of the compiler itself in FILE, as OUT lists them.
own_errors() { grep -E "^[^ ]*/$1:[0-9]+:[0-9]+: error: .*clang-diagnostic-error" "$2.all" | sort -u || true; }

# The analyzer looks at the functions of the main file only, so it gets the files one by one, with the heavy
# headers precompiled. It follows a tenth of its usual number of states per function, a third of the time less.
analyze() {
    local out
    out=$work/results/analyzer.$(tr / + <<<"$1")
    local precompiled=()
    [ ! -f "$work/precompiled.pch" ] || precompiled=(--extra-arg=-include-pch --extra-arg="$PWD/$work/precompiled.pch")
    tidy "$1" "$out" '-*,clang-analyzer-*' "${precompiled[@]}" --extra-arg=-Xclang \
        --extra-arg=-analyzer-config --extra-arg=-Xclang --extra-arg=max-nodes=20000
    echo "analyzed $1"
}
# All other checks walk through everything a file includes, which is most of their time. A batch of files of
# one room, included by one, walks through it once. A file that does not compile in the batch as it does
# alone (two unnamed namespaces with the same name, say) is checked alone as well.
match() {
    local batch=$1 out file alone errors
    out=$work/results/match.$(basename "$batch" .cpp)
    tidy "$batch" "$out" '-clang-analyzer-*'
    sed -n 's/^#include "\(.*\)"$/src\/\1/p' "$batch" | while IFS= read -r file; do
        alone=$work/results/analyzer.$(tr / + <<<"$file")
        errors=$(own_errors "$file" "$out")
        if [ "$errors" != "$(own_errors "$file" "$alone")" ]; then
            tidy "$file" "$work/results/alone.$(tr / + <<<"$file")" '-clang-analyzer-*'
            echo "matched $file alone"
        fi
    done
    echo "matched $(basename "$batch")"
}
export work
export -f tidy own_errors analyze match
parallel() { xargs -r -d '\n' -P "$(nproc)" -n 1 bash -c "set -euo pipefail; $1 \"\$1\"" bash; }

# One batch per room and dozen files, so that the cores end at about the same time.
mkdir -p "$work/batches"
number=0 in_batch=0 last_room=
while IFS= read -r file; do
    room=$(basename "$(dirname "$file")")
    if [ "$room" != "$last_room" ] || [ "$in_batch" -ge 12 ]; then
        in_batch=0
        number=$((number + 1))
    fi
    last_room=$room
    in_batch=$((in_batch + 1))
    batch=$work/batches/$room-$number.cpp
    if [ "$in_batch" -eq 1 ]; then
        echo "$batch" >>"$work/batch_list"
        {
            echo ",{"
            grep -F -B 2 "\"file\": \"$PWD/$file\"" "$work/compile_commands.json" |
                sed -e "s|$PWD/$file|$PWD/$batch|" -e '3s/,$//'
            echo "}"
        } >>"$work/batch_commands"
    fi
    echo "#include \"${file#src/}\"" >>"$batch"
done <"$work/files"

if [ -s "$work/files" ]; then
    sed -i '$d' "$work/compile_commands.json"
    cat "$work/batch_commands" - <<<']' >>"$work/compile_commands.json"
    # The flags of any file serve, they differ in nothing that these headers read.
    # shellcheck disable=SC2046  # words on purpose
    clang++-14 $(head -n 1 "$work/files" | xargs -I{} grep '^{} ' "$work/commands" | cut -d ' ' -f 3-) -w \
        -D__cpp_concepts=202002L -x c++-header -o "$work/precompiled.pch" cmake/precompiled.hpp ||
        rm -f "$work/precompiled.pch"
    parallel analyze <"$work/files"
    parallel match <"$work/batch_list"
fi

# --- the verdict -------------------------------------------------------------------------------------

# A batch with a finding leaves all its files to be checked again, as the finding may be in a header of theirs.
find "$work/results" -name 'match.*' ! -name '*.all' ! -name '*.stderr' -size +0 | while IFS= read -r found; do
    sed -n 's/^#include "\(.*\)"$/src\/\1/p' "$work/batches/${found##*/match.}.cpp"
done >"$work/failed"
find "$work/results" \( -name 'analyzer.*' -o -name 'alone.*' \) ! -name '*.all' ! -name '*.stderr' -size +0 |
    sed -e 's|.*/[a-z]*\.||' | tr + / >>"$work/failed"
{
    # What passed before and exists unchanged, and what passed now.
    sort "$passed" | comm -12 - "$work/hashes" | grep -vwFf "$work/files" || true
    # With nothing to check there is nothing to find, which grep calls a failure.
    { grep -wFf "$work/files" "$work/hashes" || true; } | { grep -vwFf "$work/failed" || true; }
} | sort -u >"$work/passed"
cmp -s "$work/passed" "$passed" || cp "$work/passed" "$passed"

if find "$work/results" -type f ! -name '*.all' ! -name '*.stderr' -exec cat {} + | sort -u | grep .; then
    echo "tidy: findings above"
    exit 1
fi
echo "tidy: $(wc -l <"$work/files") files checked, no findings; $(wc -l <"$passed") of $(wc -l <"$work/all") have passed as they are"
