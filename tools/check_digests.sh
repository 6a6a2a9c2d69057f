#!/usr/bin/env bash
# The promise of docs/architecture.md: same plan and seed, same digest. At preview size: twice, recording
# on and off, dev build and release build, and another seed gives another digest.
# Needs build/dev and build/release.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
folder=$(mktemp -d build/digests.XXXXXX)
trap 'rm -rf "$folder"' EXIT
runs=0

digest() { # BUILD SCENARIO OPTION...: prints the digest of one run
    local binary=build/$1/bin/margincall scenario=$2 out
    shift 2
    runs=$((runs + 1))
    out=$folder/$BASHPID-$runs-$RANDOM
    "$binary" run "$scenario" --preview --progress none --json --out "$out" "$@" >"$out.json" 2>"$out.err" || {
        cat "$out.err" >&2
        return 1
    }
    grep -ohE '"digest": *"?[0-9a-fx]+' "$out.json" "$out"/summary.json "$out"/*/summary.json 2>/dev/null |
        head -n 1 | sed -E 's/.*[ "]//'
}
same() { # WHAT EXPECTED FOUND
    if [ -z "$3" ] || [ "$2" != "$3" ]; then
        echo "$1: $3, expected $2"
        exit 1
    fi
    echo "$1: $3"
}

crash=scenarios/2025-11-04.toml
first=$(digest release "$crash")
[ -n "$first" ] || { echo "no digest printed by the run"; exit 1; }
echo "$crash, release: $first"
same "again" "$first" "$(digest release "$crash")"
same "not recorded" "$first" "$(digest release "$crash" --no-record)"
same "dev build" "$first" "$(digest dev "$crash")"
other=$(digest release "$crash" --seed 1)
if [ "$other" = "$first" ]; then
    echo "seed 1 gives the same digest as the scenario's seed"
    exit 1
fi
echo "another seed: $other"
while IFS= read -r scenario; do
    [ "$scenario" != "$crash" ] || continue
    one=$(digest release "$scenario")
    same "$scenario, release twice" "$one" "$(digest release "$scenario")"
done < <(git ls-files -- 'scenarios/*.toml' ':!scenarios/*/*')
