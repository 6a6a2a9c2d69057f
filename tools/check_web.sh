#!/usr/bin/env bash
# Type check and unit tests of the web page's TypeScript, in a copy, so that the source tree stays
# clean. Takes the npm packages of a build when there is one.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
copy=build/web-check
rm -rf "$copy"
mkdir -p "$copy"
git ls-files -z --cached --others --exclude-standard -- web | xargs -0 cp --parents -t "$copy"
cd "$copy/web"
if [ -d ../../dev/web/node_modules ]; then
    ln -s ../../dev/web/node_modules node_modules
else
    npm ci --no-audit --no-fund
fi
npm run --silent check
npm test --silent
