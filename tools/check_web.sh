#!/usr/bin/env bash
# Type check and unit tests of the web page's TypeScript, in a copy, so that the source tree stays clean.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
# shellcheck source=tools/web_copy.sh
source tools/web_copy.sh
enter_web_copy web-check
npm run --silent check
npm test --silent
