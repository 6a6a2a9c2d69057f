#!/usr/bin/env bash
# The pages of run, run --paths, compare, stress, attribute, policies, prevent, judge, cross, warn and externality as readers see them: made by the program, opened in headless
# Chromium at 390, 800 and 1280 pixels and printed on A4, in light and dark (web/browser/pages.test.ts says
# what must hold).
#   tools/check_pages.sh PROGRAM [PICTURES]     PICTURES: folder that keeps what was seen, as PNG and PDF
# Without chromium, pdftoppm (Debian: apt-get install chromium poppler-utils) or npm it says so and passes.
set -euo pipefail
program=$(realpath "$1")
pictures=${2:+$(realpath -m "$2")}
cd "$(dirname "${BASH_SOURCE[0]}")/.."
chromium=$(command -v chromium || command -v chromium-browser || command -v google-chrome || true)
for need in "chromium:$chromium" "pdftoppm:$(command -v pdftoppm || true)" "npm:$(command -v npm || true)"; do
    if [ -z "${need#*:}" ]; then
        echo "skipped: ${need%%:*} is not installed, so no page was looked at (apt-get install chromium poppler-utils npm)"
        exit 0
    fi
done

root=$PWD
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
mkdir "$scratch/pages"

make_pages() {
    local run="$root/tests/data"
    cd "$scratch"
    "$program" run "$run/small-defi.toml" --preview -o run
    "$program" run "$run/small-defi.toml" --preview --seed 12 -o other
    "$program" run "$run/short-shock.toml" --preview --paths 3 -o paths
    "$program" compare run other -o pages/compare.html
    "$program" stress --make-sample 3000 --seed 1 -o sample.csv
    # A name that a spreadsheet would run, and names as long as an address.
    sed -i -e 's/^u000001,/=1+1,/; s/^u00\(00[0-9][0-9]\),/0x8f3a1c44d9be7702c6e5a1b2c3d4e5f60718\1,/' sample.csv
    {
        echo account,market,asset,supplied,as_collateral,owed,price,threshold,bonus,protocol_fee,decimals
        for k in $(seq 20); do
            echo "0x1c44d9be7702c6e5a1b2c3d4e5f60718293a8f$((10 + k)),core,WETH,10,yes,0,4000,83%,5%,10%,18"
            echo "0x1c44d9be7702c6e5a1b2c3d4e5f60718293a8f$((10 + k)),core,USDC,0,no,$((20000 + 600 * k)),1,78%,4.5%,10%,6"
        done
    } >lending.csv
    "$program" stress sample.csv --shock BTC=-30%/5min --default largest:1 --limit "accounts_liquidated <= 100000" \
        --limit "bad_debt_usd <= 1 USD" --limit "liquidated_usd <= 1 m USD" -o stress
    "$program" stress lending.csv --shock ETH=-30% -o lending
    "$program" compare stress stress -o pages/compare-stress.html
    # Three minutes of a quiet day with a sale in them, so that somebody is liquidated: causes, policies, verdicts and the board summary with and without them.
    local tiny=(--set world.size=preview --set population.accounts=2000 --set assets.T.copies=2 --set "clock.length=3 min"
        --set "clock.day_from=0 s" --set "clock.day_to=3 min")
    local quiet="$scratch/sale.toml"
    cat >"$quiet" <<SCENARIO
extends = "$root/scenarios/quiet-2025-11.toml"
[[events]]
name = "A sale"
at = 2025-11-03T00:00:20Z
until = 2025-11-03T00:02:20Z
type = "flow"
cause = "news"
sell = { BTC = "4 bn USD", ETH = "3 bn USD" }
perps = true
forced = true
source = "assumed: somebody has to be liquidated on the page"
SCENARIO
    "$program" attribute "$quiet" "${tiny[@]}" --players leverage,makers,behaviour,arbitrage --paths 2 -o causes
    cp causes/board.html pages/board-alone.html
    "$program" policies "$quiet" "${tiny[@]}" --paths 2 -o policies
    # Somebody is liquidated in every world, so the limit is broken under today's rules; some levers are tried, alone and in pairs.
    "$program" prevent "$quiet" "${tiny[@]}" --limit "liquidated_true_usd <= 1 USD" --limit "fund_min_usd >= 0 USD" \
        --knobs fund,leverage,adl_pro_rata --pairs fund+leverage --paths 3 --fresh 3 -o prevent-nothing
    "$program" prevent "$quiet" "${tiny[@]}" --limit "fund_min_usd >= 3 bn USD" --quiet-day "$quiet" --knobs fund,leverage,adl_pro_rata \
        --paths 3 --fresh 3 -o prevent
    cp prevent/report.html pages/prevent.html
    cp prevent-nothing/report.html pages/prevent-nothing.html
    sed 's/4 bn/6 bn/; s/^extends.*/&\nmeta.name = "a larger sale"/' "$quiet" >larger.toml
    "$program" cross "$quiet" larger.toml "${tiny[@]}" --paths 3 -o cross
    "$program" externality "$quiet" "${tiny[@]}" --by leverage,side --paths 3 -o externality
    "$program" warn "$quiet" "${tiny[@]}" --paths 2 -o warn
    for page in cross externality warn; do cp "$page/report.html" "pages/$page.html"; done
    "$program" judge "$quiet" --worlds causes --json -o pages/verdict.html >verdicts.jsonl
    "$program" attribute "$quiet" "${tiny[@]}" --players leverage,makers,behaviour,arbitrage --paths 2 -o causes --resume \
        --policies policies/policies.json --verdicts verdicts.jsonl
    cp causes/report.html pages/attribution.html
    cp causes/board.html pages/board.html
    cp policies/report.html pages/policies.html
    cp run/report.html pages/run.html
    cp paths/report.html pages/paths.html
    cp stress/report.html pages/stress.html
    cp lending/report.html pages/lending.html
}
if ! (make_pages) >"$scratch/log" 2>&1; then
    tail -n 20 "$scratch/log"
    echo "the pages could not be made"
    exit 1
fi

# shellcheck source=tools/web_copy.sh
source tools/web_copy.sh
enter_web_copy pages-check
MC_PAGE=components npx vite build --logLevel warn
cp dist/components.html "$scratch/pages"
[ -z "$pictures" ] || export MC_PICTURES=$pictures
MC_CHROMIUM=$chromium MC_PAGES=$scratch/pages npm run --silent test:pages
