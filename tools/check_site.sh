#!/usr/bin/env bash
# The pages as a site (mkdocs.yml), built strictly into a temporary folder: every link and heading that a page
# names exists, every page stands in the navigation, and no page of it loads anything from elsewhere.
#
#   tools/check_site.sh          with mkdocs from the path, or MKDOCS=.../bin/mkdocs; skipped when there is none
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
mkdocs=${MKDOCS:-mkdocs}
if ! command -v "$mkdocs" >/dev/null; then
    echo "site: skipped, there is no mkdocs (pip install mkdocs-material)"
    exit 0
fi
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
NO_MKDOCS_2_WARNING=1 "$mkdocs" build --strict --site-dir "$scratch/site" >"$scratch/log" 2>&1 || {
    grep -E 'WARNING|ERROR|Abort|Error' "$scratch/log" || cat "$scratch/log"
    exit 1
}
pages=$(find "$scratch/site" -maxdepth 3 -name '*.html' ! -path '*/files/*' | wc -l)
if grep -rlE --include='*.html' '<(script|img|link|iframe)[^>]* (src|href)="(https?:)?//' "$scratch/site"; then
    echo "site: these pages load something from elsewhere"
    exit 1
fi
[ -s "$scratch/site/index.html" ] && [ -s "$scratch/site/search/search_index.json" ] || {
    echo "site: no start page or no search"
    exit 1
}
echo "site: $pages pages, strict"
