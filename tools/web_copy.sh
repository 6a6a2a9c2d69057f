# Sourced: makes a copy of web/ with its packages in build/FOLDER, so that the source tree stays clean, and goes
# there. Takes the npm packages of a build when there is one.
# shellcheck shell=bash
enter_web_copy() { # FOLDER
    local copy=build/$1 packages
    rm -rf "$copy"
    mkdir -p "$copy"
    git ls-files -z --cached --others --exclude-standard -- web tests/data/csv_cells.json | xargs -0 cp --parents -t "$copy"
    packages=$(ls -d "$PWD"/build/{dev,release}/web/node_modules 2>/dev/null | head -n 1 || true)
    cd "$copy/web"
    if [ -n "$packages" ]; then
        ln -s "$packages" node_modules
    else
        npm ci --no-audit --no-fund
    fi
}
