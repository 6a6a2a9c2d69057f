#!/usr/bin/env bash
# Two command lines beside each other, for steps that leave a core idle; fails when one of them does, with the end of its log.
#   tools/beside.sh LOG COMMAND LOG COMMAND      LOG: a name in build/logs
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
if [ $# -ne 4 ]; then
    echo "usage: tools/beside.sh LOG COMMAND LOG COMMAND" >&2
    exit 2
fi
mkdir -p build/logs
logs=("build/logs/$1" "build/logs/$3")
commands=("$2" "$4")
took() { # I: runs the command of that number and says how long it took
    local started=$SECONDS status=0
    bash -c "set -euo pipefail; ${commands[$1]}" >"${logs[$1]}" 2>&1 </dev/null || status=$?
    echo "$((SECONDS - started)) s, exit code $status: ${commands[$1]}"
    if [ "$status" -ne 0 ]; then
        tail -n 40 "${logs[$1]}"
    fi
    return "$status"
}
took 0 &
first=$!
took 1 &
second=$!
status=0
wait "$first" || status=$?
wait "$second" || status=$?
exit "$status"
