#!/usr/bin/env bash
# The promise of docs/architecture.md: same plan and seed, same digest. At preview size, a short shock and
# every shipped scenario: twice, recording on and off; two short ones with sanitizers and debug checks, too; and
# another seed gives another digest. And what was pinned in tests/data/pinned_digests.txt comes out, so that a change of results is
# seen by whoever makes it: it needs a line in CHANGELOG.md that names the new digest.
#
#   tools/check_digests.sh          everything
#   tools/check_digests.sh --pin    only writes tests/data/pinned_digests.txt anew
#
# Needs build/release, and for the comparison with sanitizers the program in build/asan.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
folder=$(mktemp -d build/digests.XXXXXX)
trap 'rm -rf "$folder"' EXIT

digest() { # BUILD SCENARIO OPTION...: prints the digest of one run
    local binary=build/$1/bin/margincall scenario=$2 out=$folder/$BASHPID
    shift 2
    "$binary" run "$scenario" --preview --progress none --json --out "$out" "$@" \
        >"$out.log" 2>&1 || { cat "$out.log" >&2; return 1; }
    rm -rf "$out"
    sed -nE 's/.*"digest": *"([0-9a-f]{16})".*/\1/p' "$out.log" | head -n 1
}
same() { # WHAT EXPECTED FOUND
    if [ -z "$3" ] || [ "$2" != "$3" ]; then
        echo "$1: ${3:-no digest}, expected $2"
        exit 1
    fi
    echo "$1: $3"
}

pinned=tests/data/pinned_digests.txt
if [ "${1:-}" = --pin ]; then
    {
        echo "# Digests at preview size, compared by tools/check_digests.sh and written by its --pin. Each is named in"
        echo "# CHANGELOG.md by the line that says why it changed."
        for scenario in tests/data/short-shock.toml tests/data/small-defi.toml; do
            found=$(digest release "$scenario" --no-record)
            echo "$scenario ${found:?no digest}"
        done
    } >"$folder/pinned"
    mv "$folder/pinned" "$pinned"
    cat "$pinned"
    exit
fi
while read -r scenario expected; do
    same "$scenario, pinned" "$expected" "$(digest release "$scenario" --no-record)"
    if [ -x build/asan/bin/margincall ]; then
        same "  with sanitizers" "$expected" "$(digest asan "$scenario" --no-record)"
    else
        echo "  with sanitizers: skipped, there is no build/asan/bin/margincall"
    fi
    grep -q "$expected" CHANGELOG.md || {
        echo "CHANGELOG.md does not say why the digest of $scenario became $expected"
        exit 1
    }
done < <(grep -v '^#' "$pinned")

short=tests/data/short-shock.toml
first=$(digest release "$short")
same "$short" "$first" "$first"
same "  again" "$first" "$(digest release "$short")"
same "  not recorded" "$first" "$(digest release "$short" --no-record)"
other=$(digest release "$short" --seed 1)
if [ "$other" = "$first" ]; then
    echo "seed 1 gives the same digest as the scenario's seed"
    exit 1
fi
echo "  another seed: $other"
# Recorded and not, at the same time: one core each.
while IFS= read -r scenario; do
    (digest release "$scenario" --no-record >"$folder/not_recorded") &
    first=$(digest release "$scenario")
    wait $!
    same "$scenario" "$first" "$first"
    same "  not recorded" "$first" "$(cat "$folder/not_recorded")"
done < <(git ls-files -- 'scenarios/*.toml' ':!scenarios/*/*')
