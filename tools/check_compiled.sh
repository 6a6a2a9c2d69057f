#!/usr/bin/env bash
# No dead files: every .cpp of src, tests and bench is compiled by the release build, every .hpp is included
# by one of them, every scenario passes `margincall validate`, and no committed file names a machine's
# own paths. Needs build/release, built.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
bad=0
say() { echo "$1"; bad=1; }

used=$(ninja -C build/release -t deps | sed -n 's/^ *//p' | sort -u)
compiled=$(sed -n 's/^ *"file": "\(.*\)",\{0,1\}$/\1/p' build/release/compile_commands.json | sort -u)
while IFS= read -r file; do
    # By itself, or as one of several that are compiled as one.
    grep -qxF "$PWD/$file" <<<"$compiled" || grep -qE "(^|/)$file\$" <<<"$used" || say "$file: not compiled by any target"
done < <(git ls-files -- 'src/*.cpp' 'tests/*.cpp' 'bench/*.cpp')
while IFS= read -r file; do
    grep -qE "(^|/)$file\$" <<<"$used" || say "$file: included by nothing"
done < <(git ls-files -- 'src/*.hpp' 'tests/*.hpp' 'bench/*.hpp')

if [ -x build/release/bin/margincall ]; then
    while IFS= read -r file; do
        build/release/bin/margincall validate "$file" >/dev/null || say "$file: not a valid scenario"
    done < <(git ls-files -- 'scenarios/*.toml' ':!scenarios/*/*')
fi

paths=$(git grep -nIE '(^|[^.[:alnum:]])/(home|root|work|tmp)/[a-z]' -- . ':!tools/check_compiled.sh' || true)
[ -z "$paths" ] || say "$paths"$'\n'"    a path of one machine"
[ "$bad" -eq 0 ] || exit 1
echo "every file is compiled or used"
