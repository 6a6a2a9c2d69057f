#!/usr/bin/env bash
# Every C++ file is as clang-format-14 would write it.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
git ls-files -z -- '*.cpp' '*.hpp' | xargs -0 -r clang-format-14 --dry-run --Werror
echo "format: $(git ls-files -- '*.cpp' '*.hpp' | wc -l) files"
