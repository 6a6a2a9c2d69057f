#!/usr/bin/env bash
# The order-flow benchmark at a tiny size: it runs, and its tape is the expected one.
# The workload generator is part of the measured data; without it there is nothing to run.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
shared=${MARGINCALL_SHARED:-../shared}
if [ ! -f "$shared/bench/orderflow_gen.cpp" ]; then
    echo "skipped: no $shared/bench"
    exit 0
fi
folder=$(mktemp -d build/bench.XXXXXX)
trap 'rm -rf "$folder"' EXIT
g++ -O2 -std=c++20 -o "$folder/generate" "$shared/bench/orderflow_gen.cpp"
for profile in mix crash multi; do
    "$folder/generate" "$profile" "$folder/$profile.bin" 200000 7 >/dev/null
done
result=$(build/release/bin/margincall bench orderflow "$folder"/*.bin --json)
echo "$result"
if [ "$(grep -cE '"tape_ok": *true' <<<"$result")" -ne 3 ]; then
    echo "a tape is not the expected one"
    exit 1
fi
result=$(build/release/bin/margincall bench defi --json)
echo "$result"
if [ "$(grep -cE '"answer_ok": *true' <<<"$result")" -ne 6 ]; then
    echo "an answer of a protocol's benchmark is wrong"
    exit 1
fi
