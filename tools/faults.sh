#!/usr/bin/env bash
# Kills, a full disk, closed streams, signals and parallel starts: nothing finished is lost and nothing
# half-written looks finished (docs/faults.md).
#
#   tools/faults.sh [MARGINCALL]                    in full, about a quarter of an hour
#   tools/faults.sh [MARGINCALL] --small            some kills and parallel starts, as in .ci/run
#   tools/faults.sh [MARGINCALL] --kills N --every N --seed N --only kills,disk,streams,signals,parallel
#
# MARGINCALL is build/release/bin/margincall unless given. The disk is refused by a library of this folder
# (fail_writes.c), compiled into a temporary folder; nothing is mounted.
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
binary=$here/../build/release/bin/margincall
if [ $# -gt 0 ] && [ "${1#-}" = "$1" ]; then
    binary=$1
    shift
fi
folder=$(mktemp -d "${TMPDIR:-/tmp}/margincall-faults-XXXXXX")
trap 'rm -rf "$folder"' EXIT
"${CC:-cc}" -shared -fPIC -O1 -Wall -Wextra -Werror -o "$folder/fail_writes.so" "$here/fail_writes.c" -ldl
python3 "$here/faults.py" "$binary" "$folder" "$@"
