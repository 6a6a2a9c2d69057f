#!/usr/bin/env bash
# Every example of docs/levers.md, which is all `--set` of one code span: valid, and not without effect on the resolved scenario.
#
#   tools/check_levers.sh BINARY           under half a minute
#   tools/check_levers.sh BINARY --run     also a run of eighty violent minutes as a preview with each; names those that change nothing
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

# Eighty minutes from the same state, in which everything happens that a lever could answer: news, the hack, and a sale so large
# that funds are drawn on. The two events that the page names are there.
cat >"$scratch/storm.toml" <<EOT
schema = 1
extends = "$PWD/$scenario"
[clock]
length = "80 min"
day_from = "0 h"
day_to = "80 min"
[[events]]
name = "US open, 3 November"
at = 2025-11-03T00:10:00Z
until = 2025-11-03T00:20:00Z
type = "factor"
cause = "macro"
change = { equities = "-2 %" }
source = "assumed: a test"
[[events]]
name = "Short-term holders below cost"
at = 2025-11-03T00:10:00Z
until = 2025-11-03T01:00:00Z
type = "flow"
cause = "holders"
sell = { BTC = "300 m USD" }
participation = "10 %"
source = "assumed: a test"
[[events]]
name = "Balancer drained"
at = 2025-11-03T00:15:00Z
until = 2025-11-03T01:10:00Z
type = "hack"
cause = "security"
reported = "128 m USD"
sold_share = "100 %"
participation = "10 %"
source = "assumed: a test"
[[events]]
name = "xUSD off its price"
at = 2025-11-03T00:20:00Z
type = "collateral"
cause = "security"
worth = "50 %"
source = "assumed: a test"
[[events]]
name = "Forced seller"
at = 2025-11-03T00:30:00Z
until = 2025-11-03T01:00:00Z
type = "flow"
cause = "news"
sell = { BTC = "12 bn USD", ETH = "4 bn USD" }
forced = true
perps = true
source = "assumed: a test"
EOT
digest() { # NUMBER ARGUMENT...: the digest of such a run into digest.NUMBER, what it said into said.NUMBER
    local number=$1
    shift
    "$binary" run "$scratch/storm.toml" --preview --no-record --progress none -q --out "$scratch/run.$number" "$@" \
        >"$scratch/said.$number" 2>&1 || true
    sed -n 's/.*"digest": *"\([0-9a-f]*\)".*/\1/p' "$scratch/run.$number/manifest.json" 2>/dev/null | head -n 1 >"$scratch/digest.$number"
    rm -rf "$scratch/run.$number"
}

[ "$mode" != --run ] || digest before
for k in "${!examples[@]}"; do
    example=${examples[$k]}
    split "$example"
    if ! "$binary" explain "$scenario" "${words[@]}" >"$scratch/after.toml" 2>"$scratch/said"; then
        echo "$page: $example"
        sed 's/^/    /' "$scratch/said"
        bad=1
    elif cmp -s "$scratch/after.toml" "$scratch/before.toml"; then
        echo "$page: $example: the resolved scenario is the same without it"
        bad=1
    elif [ "$mode" = --run ]; then
        while [ "$(jobs -rp | wc -l)" -ge "$(nproc)" ]; do wait -n || true; done
        digest "$k" "${words[@]}" &
    fi
done
wait
same=0
for file in "$scratch"/digest.[0-9]*; do
    [ -e "$file" ] || continue
    number=${file##*.}
    if [ ! -s "$file" ]; then
        echo "$page: ${examples[$number]}: does not run"
        sed 's/^/    /' "$scratch/said.$number"
        bad=1
    elif cmp -s "$file" "$scratch/digest.before"; then
        echo "$page: ${examples[$number]}: the same run as without it"
        same=$((same + 1))
    fi
done
[ "$bad" -eq 0 ] || exit 1
echo "levers: ${#examples[@]} examples$([ "$mode" != --run ] || echo ", $same of them with the same run as without")"
