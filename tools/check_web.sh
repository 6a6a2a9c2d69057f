#!/usr/bin/env bash
# Type check and unit tests of the web page's TypeScript.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
if [ ! -f web/package.json ]; then
    echo "no web folder"
    exit 0
fi
cd web
[ -d node_modules ] || npm ci --no-audit --no-fund
npm run check
npm test
