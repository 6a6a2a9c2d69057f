#!/usr/bin/env bash
# Packs a wheel from the objects of a build folder: nothing of src is compiled a second time.
#   tools/wheel.sh [-b BUILD] [-o DIR] [-p PYTHON]     default build/release, dist, python3
# The folder must be configured with -DMC_PYTHON=ON -DPython_EXECUTABLE=PYTHON; if it is not, that is done here, and undone.
# PYTHON needs nanobind and scikit-build-core. Prints the wheel, its size, and how many objects were compiled.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
build=build/release
out=dist
python=python3
while getopts b:o:p: option; do
    case $option in
        b) build=$OPTARG ;;
        o) out=$OPTARG ;;
        p) python=$OPTARG ;;
        *) exit 2 ;;
    esac
done
python=$(command -v "$python")
if ! "$python" -c 'import nanobind, scikit_build_core' 2>/dev/null; then
    echo "wheel: $python needs nanobind and scikit-build-core: $python -m pip install nanobind scikit-build-core"
    exit 2
fi
# A folder that was made without Python is left so: building it again must not need what packing needed.
if ! grep -qs '^MC_PYTHON:[A-Z]*=ON' "$build/CMakeCache.txt"; then
    trap 'cmake --preset "$(basename "$build")" -DMC_PYTHON=OFF >/dev/null' EXIT
fi
if ! grep -qs '^MC_PYTHON:[A-Z]*=ON' "$build/CMakeCache.txt" ||
    ! grep -qs "^Python_EXECUTABLE:[A-Z]*=$python\$" "$build/CMakeCache.txt"; then
    cmake --preset "$(basename "$build")" -U 'Python_*' -U '_Python_*' -U 'nanobind_*' -U 'NB_*' -DMC_PYTHON=ON -DPython_EXECUTABLE="$python" >/dev/null
fi
started=$SECONDS
cmake --build "$build" --target _core -j "${JOBS:-2}" >"$build/wheel.log" || {
    tail -n 40 "$build/wheel.log"
    exit 1
}
of_module=$(grep -c 'Building CXX object bindings/' "$build/wheel.log" || true)
of_src=$(grep -c 'Building CXX object src/' "$build/wheel.log" || true)
stage=$build/wheel
rm -rf "$stage"
mkdir -p "$stage" "$out"
cmake --install "$build" --component python --strip --prefix "$stage" >/dev/null
for file in bindings/python/margincall/*; do
    case $file in
        *.py | *.pyi | */py.typed) cp "$file" "$stage/margincall/" ;;
    esac
done
# Name, version and metadata are pyproject.toml's, read by the backend that `pip install .` uses.
"$python" - "$stage" "$out" <<'PACK'
import base64, hashlib, pathlib, sys, zipfile
import scikit_build_core.build

stage, out = map(pathlib.Path, sys.argv[1:])
info = scikit_build_core.build.prepare_metadata_for_build_wheel(str(stage))
tags = [line[5:] for line in (stage / info / "WHEEL").read_text().splitlines() if line.startswith("Tag: ")]
wheel = out / f"{info.removesuffix('.dist-info')}-{tags[0]}.whl"
record = []
with zipfile.ZipFile(wheel, "w", zipfile.ZIP_DEFLATED, compresslevel=9) as packed:
    def put(name, data, mode=0o644):
        entry = zipfile.ZipInfo(name, (2026, 1, 1, 0, 0, 0))  # the same bytes from the same files
        entry.external_attr = (0o100000 | mode) << 16
        entry.compress_type = zipfile.ZIP_DEFLATED
        packed.writestr(entry, data)

    for file in sorted(stage.rglob("*")):
        name = file.relative_to(stage).as_posix()
        if file.is_file() and not name.endswith("/RECORD"):
            data = file.read_bytes()
            digest = base64.urlsafe_b64encode(hashlib.sha256(data).digest()).rstrip(b"=").decode()
            record.append(f"{name},sha256={digest},{len(data)}")
            put(name, data, 0o755 if name.endswith(".so") else 0o644)
    put(f"{info}/RECORD", "\n".join([*record, f"{info}/RECORD,,"]) + "\n")
print(f"wheel: {wheel}  {wheel.stat().st_size / 1e6:.1f} MB")
PACK
echo "wheel: $of_src objects of src compiled, $of_module of bindings, $((SECONDS - started)) s"
