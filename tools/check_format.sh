#!/usr/bin/env bash
# Every C++ file is as clang-format-14 would write it. (Its own --dry-run takes the closing comments
# of nested inline namespaces for wrong and then leaves them as they are.)
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
bad=$(git ls-files -z -- '*.cpp' '*.hpp' | xargs -0 -P "$(nproc)" -n 20 sh -c '
    for file in "$@"; do clang-format-14 "$file" | cmp -s - "$file" || echo "$file"; done' sh)
if [ -n "$bad" ]; then
    echo "$bad"
    echo "format: not as clang-format-14 writes it"
    exit 1
fi
echo "format: $(git ls-files -- '*.cpp' '*.hpp' | wc -l) files"
