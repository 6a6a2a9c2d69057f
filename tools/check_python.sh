#!/usr/bin/env bash
# The Python package as a user has it: a wheel in a virtual environment of its own (build/python-venv), the package's tests
# with pandas, polars, duckdb, pyarrow and matplotlib, and mypy. Without python3-venv, Python's headers or the registry
# one line says so, and the exit code is 0; MARGINCALL_NEED_PYTHON=1 makes that an error.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
venv=build/python-venv
skip() {
    echo "python: skipped: $1"
    [ "${MARGINCALL_NEED_PYTHON:-0}" = 0 ]
    exit
}
mkdir -p build/logs
log=build/logs/python-venv.log
base=${PYTHON:-python3}
command -v "$base" >/dev/null || skip "there is no $base (apt-get install python3-venv python3-dev)"
header=$("$base" -c 'import sysconfig; print(sysconfig.get_path("include"))')/Python.h
[ -f "$header" ] || skip "no $header (apt-get install python3-dev)"
if [ ! -x "$venv/bin/pip" ]; then
    "$base" -m venv "$venv" >"$log" 2>&1 || skip "$base makes no virtual environment (apt-get install python3-venv)"
fi
python=$PWD/$venv/bin/python
"$python" -m pip install -q --disable-pip-version-check nanobind scikit-build-core >"$log" 2>&1 ||
    skip "nanobind cannot be installed, no network? ($(tail -n 1 "$log" | cut -c 1-90))"
rm -rf build/python-wheel
tools/wheel.sh -p "$python" -o build/python-wheel 2>>"$log"
"$python" -m pip install -q --disable-pip-version-check --force-reinstall --no-deps build/python-wheel/*.whl
"$python" -m pip install -q --disable-pip-version-check "$(echo build/python-wheel/*.whl)[test]"
root=$PWD
cd build/python-venv # so that only what is installed is imported
"$python" -m pytest -q --tb=short --show-capture=no -p no:cacheprovider -c "$root/pyproject.toml" --rootdir "$root" "$root/bindings/python/tests"
MYPYPATH='' "$python" -m mypy --config-file "$root/pyproject.toml" --cache-dir "$root/build/mypy" \
    -p margincall
MYPYPATH='' "$python" -m mypy --config-file "$root/pyproject.toml" --cache-dir "$root/build/mypy" \
    "$root/bindings/python/tests"
