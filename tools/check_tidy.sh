#!/usr/bin/env bash
# clang-tidy-14 over src with the checks of .clang-tidy, one file per core at a time.
#   tools/check_tidy.sh [FILE...]     default: every .cpp of src
# Needs build/dev/compile_commands.json (cmake --preset dev).
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
if [ ! -f build/dev/compile_commands.json ]; then
    echo "no build/dev/compile_commands.json: run cmake --preset dev first"
    exit 1
fi
if [ $# -eq 0 ]; then
    mapfile -t files < <(git ls-files -- 'src/*.cpp')
else
    files=("$@")
fi
# clang 14 spells the standard c++2b, does not know all of g++'s warnings, and crashes in
# readability-braces-around-statements on the `if consteval` of libstdc++.
mkdir -p build/tidy
sed 's/-std=c++23/-std=c++2b -U__cpp_if_consteval/g' build/dev/compile_commands.json >build/tidy/compile_commands.json
printf '%s\0' "${files[@]}" | xargs -0 -P "$(nproc)" -n 1 sh -c '
    out=$(clang-tidy-14 -p build/tidy --quiet --extra-arg=-Wno-unknown-warning-option "$1" 2>&1) && echo "ok  $1" && exit 0
    printf "%s\n" "$out"; echo "BAD $1"; exit 255' sh
echo "tidy: ${#files[@]} files"
