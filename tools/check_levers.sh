#!/usr/bin/env bash
# Every example of docs/levers.md, which is all `--set` of one code span: valid, and not without effect on the resolved scenario.
#
#   tools/check_levers.sh BINARY           a second or two
#   tools/check_levers.sh BINARY --run     also a run of 17 h as a preview with each; names those that change nothing
set -euo pipefail
binary=$(realpath "$1")
mode=${2:-}
cd "$(dirname "${BASH_SOURCE[0]}")/.."
page=docs/levers.md
scenario=scenarios/2025-11-04.toml
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
bad=0

"$binary" explain "$scenario" >"$scratch/before.toml"
mapfile -t examples < <(grep -oE '`--set [^`]+`' "$page" | tr -d '`')
[ ${#examples[@]} -ge 60 ] || { echo "levers: only ${#examples[@]} examples found in $page"; exit 1; }

# words TEXT: the arguments of an example, with its quotes, into the array `words`; nothing is expanded.
words=()
split() {
    local rest=$1
    words=()
    while [ -n "$rest" ]; do
        if [[ $rest =~ ^--set\ \"([^\"]+)\"\ ?(.*)$ ]] || [[ $rest =~ ^--set\ ([^\ ]+)\ ?(.*)$ ]]; then
            words+=(--set "${BASH_REMATCH[1]}")
            rest=${BASH_REMATCH[2]}
        else
            echo "levers: cannot read: $1"
            exit 1
        fi
    done
}

digest() { # ARGUMENT...
    "$binary" run "$scenario" --preview --no-record --progress none --json --out "$scratch/run" \
        --set "clock.length=17 h" --set "clock.day_from=0 h" --set "clock.day_to=17 h" "$@" 2>"$scratch/err" |
        grep -oE '"digest": ?"[0-9a-f]+"' | head -n 1
    rm -rf "$scratch/run"
}

[ "$mode" != --run ] || plain=$(digest)
same=0
for example in "${examples[@]}"; do
    split "$example"
    if ! "$binary" explain "$scenario" "${words[@]}" >"$scratch/after.toml" 2>"$scratch/said"; then
        echo "$page: $example"
        sed 's/^/    /' "$scratch/said"
        bad=1
    elif cmp -s "$scratch/after.toml" "$scratch/before.toml"; then
        echo "$page: $example: the resolved scenario is the same without it"
        bad=1
    elif [ "$mode" = --run ]; then
        now=$(digest "${words[@]}")
        if [ -z "$now" ]; then
            echo "$page: $example: does not run"
            sed 's/^/    /' "$scratch/err"
            bad=1
        elif [ "$now" = "$plain" ]; then
            echo "$page: $example: the same run as without it"
            same=$((same + 1))
        fi
    fi
done
[ "$bad" -eq 0 ] || exit 1
echo "levers: ${#examples[@]} examples$([ "$mode" != --run ] || echo ", $same of them with the same run as without")"
