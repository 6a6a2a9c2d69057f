#!/usr/bin/env bash
# The fast tests of a build with as few processes as there is work for: each test program in parts, which take every
# n-th of its tests. Starting a program under sanitizers takes longer than most tests do, and ctest starts one
# for every test.
#
#   tools/run_tests.sh BUILD [ROOM...]      BUILD: asan; ROOM: sim for bin/test_sim, default: every program that is built
#
# Prints what failed with its output, and exits with 1 then.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
export MARGINCALL_SHARED=${MARGINCALL_SHARED:-$PWD/../shared}
root=$PWD
build=$root/build/$1
shift
if [ $# -eq 0 ]; then
    mapfile -t programs < <(find "$build/bin" -name 'test_*' -type f | LC_ALL=C sort)
else
    programs=("${@/#/$build/bin/test_}")
fi
logs=$build/test_logs
rm -rf "$logs"
mkdir -p "$logs"

# shellcheck disable=SC2317  # called by xargs
part() { # PROGRAM PART OF
    local log status=0
    log=$logs/$(basename "$1").$2
    # Where ctest runs them.
    cd "$build/tests"
    GTEST_SHARD_INDEX=$2 GTEST_TOTAL_SHARDS=$3 timeout 1500 "$1" --gtest_filter='-Slow*' --gtest_color=no \
        >"$log" 2>&1 || status=$?
    if [ "$status" -ne 0 ]; then
        # The tests that failed by their last line, or, where the program ended, whatever it said last.
        grep -E '^\[  FAILED  \]' "$log" | sort -u || true
        tail -n 60 "$log"
        echo "FAILED: $(basename "$1"), part $2 of $3, exit code $status; all of it: ${log#"$root"/}"
    fi
    return "$status"
}
export -f part
export build logs root

# Few tests, one part; parts of all programs next to each other, so that no long one is left for the end.
parts=()
for program in "${programs[@]}"; do
    count=$("$program" --gtest_list_tests --gtest_filter='-Slow*' | grep -c '^  ')
    of=$((1 + count / 12))
    [ "$of" -le 12 ] || of=12
    for ((k = 0; k < of; k++)); do
        parts+=("$k $program $of")
    done
done
status=0
printf '%s\n' "${parts[@]}" | LC_ALL=C sort -s -n -k1,1 |
    xargs -P "$(nproc)" -L 1 bash -c 'part "$1" "$0" "$2"' || status=1
passed=$(cat "$logs"/* | grep -c '^\[       OK \]' || true)
skipped=$(cat "$logs"/* | grep -cE '^\[  SKIPPED \] [^ ]+ \(' || true)
failed=$(cat "$logs"/* | grep -cE '^\[  FAILED  \] [^ ]+ \(' || true)
echo "$passed passed, $skipped skipped, $failed failed, ${#parts[@]} processes"
if [ "$failed" -eq 0 ] && [ "$status" -eq 0 ]; then
    echo "100% tests passed, 0 tests failed out of $((passed + skipped))"
fi
exit "$status"
