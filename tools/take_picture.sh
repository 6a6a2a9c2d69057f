#!/usr/bin/env bash
# Takes the README's picture of a report with headless Chromium (Debian: apt-get install chromium).
#   tools/take_picture.sh RUN_FOLDER [PNG]
set -euo pipefail
report=$(realpath "$1/report.html")
picture=${2:-$(dirname "${BASH_SOURCE[0]}")/../docs/images/report.png}
chromium --headless=new --no-sandbox --disable-gpu --hide-scrollbars --window-size=1280,2510 \
    --virtual-time-budget=20000 --screenshot="$picture" "file://$report" 2>/dev/null
echo "$picture"
