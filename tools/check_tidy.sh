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
# Clang 14 also cannot compile all of libstdc++ 12 (std::expected of a type with a destructor, some of
# <ranges>). Whether code compiles is for g++ to say; here only the checks' own findings count.
# The analyzer follows a tenth of its usual number of states per function, a third of the time less.
export findings=build/tidy/findings
rm -f "$findings".*
printf '%s\0' "${files[@]}" | xargs -0 -P "$(nproc)" -n 1 sh -c '
    clang-tidy-14 -p build/tidy --quiet --extra-arg=-Wno-unknown-warning-option \
        --extra-arg=-ferror-limit=0 --extra-arg=-Xclang --extra-arg=-analyzer-config \
        --extra-arg=-Xclang --extra-arg=max-nodes=20000 "$1" 2>/dev/null |
        grep -E "(error|warning): " | grep -v "clang-diagnostic-error" >"$findings.$$" || true
    echo "checked $1"' sh
if cat "$findings".* | sort -u | grep .; then
    echo "tidy: findings above"
    exit 1
fi
echo "tidy: ${#files[@]} files, no findings"
