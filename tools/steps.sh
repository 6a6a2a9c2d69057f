# Sourced by ./demo, ./test and .ci/run: numbered steps with elapsed time, quiet logs in build/logs
# whose end is shown when something fails, and the Debian packages that the project needs.
#
# Needs only what a bare Debian 12 has: bash, coreutils, grep, sed, dpkg.
# shellcheck shell=bash disable=SC2034  # variables for the scripts that source this

set -euo pipefail
root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
cd "$root"
logs=$root/build/logs
mkdir -p "$logs"
export MARGINCALL_SHARED=${MARGINCALL_SHARED:-$root/../shared}
steps_started=$SECONDS
step_number=0
step_total=${step_total:-1}
step_child=

clock() { printf '%d:%02d' $(($1 / 60)) $(($1 % 60)); }

# A run that is stopped takes the step it is in with it.
stop_child() {
    if [ -n "$step_child" ]; then
        kill -- "-$step_child" 2>/dev/null || true  # its own process group, see step
    fi
}
trap 'stop_child; exit 130' INT
trap 'stop_child; exit 143' TERM

# The last thing a build or test log says, short enough for one line: ninja's [12/90], ctest's 3/40.
log_tail() {
    tail -c 400 "$1" 2>/dev/null | tr '\r' '\n' | grep -v '^[[:space:]]*$' | tail -n 1 | cut -c 1-70 || true
}

# step TITLE LOG COMMAND...: runs COMMAND with its output in build/logs/LOG, shows that it is alive, and
# stops the script with the end of the log when it fails.
step() {
    local title=$1 log=$logs/$2 started=$SECONDS shown=0 status=0
    shift 2
    step_number=$((step_number + 1))
    local head="[$step_number/$step_total] $title"
    set -m  # a process group of its own, so that stopping takes compilers and tests along
    "$@" >"$log" 2>&1 </dev/null &
    step_child=$!
    set +m
    if [ ! -t 1 ]; then
        echo "$head ..."
    fi
    while kill -0 "$step_child" 2>/dev/null; do
        local passed=$((SECONDS - started))
        if [ -t 1 ]; then
            printf '\r\033[K%s  %s  %s' "$head" "$(clock "$passed")" "$(log_tail "$log")"
        elif [ $((passed - shown)) -ge 30 ]; then
            shown=$passed
            echo "    $(clock "$passed")  $(log_tail "$log")"
        fi
        sleep 0.3
    done
    wait "$step_child" || status=$?
    step_child=
    local took
    took=$(clock $((SECONDS - started)))
    if [ -t 1 ]; then
        printf '\r\033[K'
    fi
    if [ "$status" -ne 0 ]; then
        echo "$head  FAILED after $took (exit $status). The end of ${log#"$root"/}:"
        echo
        tail -n 60 "$log" | sed 's/^/    /'
        echo
        echo "Stopped at \"$title\". The whole log: ${log#"$root"/}"
        exit 1
    fi
    echo "$head  done in $took"
}

# --- Debian packages ---------------------------------------------------------------------------------

# What a build, the tests and the web page need (docs/decisions/001-dependencies.md says why each).
packages_build="g++ cmake ninja-build ca-certificates libfmt-dev libcli11-dev
    libtomlplusplus-dev zlib1g-dev nlohmann-json3-dev librandom123-dev libboost1.81-dev libsqlite3-dev
    libgtest-dev librapidcheck-dev"
# What .ci/run needs beyond that.
packages_ci="git clang-format-14 clang-tidy-14"

missing_packages() {
    local name
    for name in "$@"; do
        if ! dpkg-query -W -f='${Status}' "$name" 2>/dev/null | grep -q 'ok installed'; then
            printf '%s ' "$name"
        fi
    done
    # Node.js counts as installed whoever installed it; Debian's own version 18 is new enough.
    local major
    major=$(node --version 2>/dev/null | sed -n 's/^v\([0-9]*\)\..*/\1/p' || true)
    if [ "${major:-0}" -lt 18 ]; then
        printf 'nodejs '
    fi
    if ! command -v npm >/dev/null 2>&1; then
        printf 'npm '
    fi
}

# need_packages PACKAGE...: installs what is missing, or names it exactly and stops.
need_packages() {
    local missing as_root="" packages
    if ! command -v dpkg-query >/dev/null 2>&1 || ! command -v apt-get >/dev/null 2>&1; then
        echo "This script knows Debian 12's packages only; elsewhere install the like of: $*"
        echo "and Node.js 18 or newer with npm, then use cmake --preset release as in README.md."
        exit 1
    fi
    missing=$(missing_packages "$@")
    if [ -z "$missing" ]; then
        step_number=$((step_number + 1))
        echo "[$step_number/$step_total] packages: all installed"
        return
    fi
    missing=${missing% }
    if [ "$(id -u)" -ne 0 ]; then
        if command -v sudo >/dev/null 2>&1 && sudo -n true 2>/dev/null; then
            as_root="sudo -n"
        else
            echo "These Debian packages are missing, and only root may install them. Please run"
            echo
            echo "    sudo apt-get update && sudo apt-get install -y --no-install-recommends $missing"
            echo
            echo "and start again."
            exit 1
        fi
    fi
    packages=$(wc -w <<<"$missing")
    echo "Installing $packages Debian packages: $missing"
    # shellcheck disable=SC2086  # words on purpose
    step "packages: apt-get install ($packages named)" packages.log apt_install "$as_root" $missing
}

apt_install() {
    local as_root=$1
    shift
    # shellcheck disable=SC2086
    $as_root apt-get -q -o Acquire::Retries=3 update
    # shellcheck disable=SC2086
    $as_root env DEBIAN_FRONTEND=noninteractive apt-get -q -y -o Acquire::Retries=3 \
        -o Dpkg::Use-Pty=0 install --no-install-recommends "$@"
}

# --- building ----------------------------------------------------------------------------------------

# As many compilers as cores, but no more than memory carries (about 1.2 GB each).
build_jobs() {
    local cores memory_mb
    cores=$(nproc 2>/dev/null || echo 1)
    memory_mb=$(($(sed -n 's/^MemAvailable: *\([0-9]*\) kB/\1/p' /proc/meminfo) / 1024))
    local fit=$((memory_mb / 1200))
    [ "$fit" -ge 1 ] || fit=1
    [ "$fit" -lt "$cores" ] && echo "$fit" || echo "$cores"
}

# build PRESET [TARGET]: configure and build, two steps.
build() {
    local preset=$1 target=${2:-all}
    step "configure ($preset)" "configure-$preset.log" cmake --preset "$preset"
    step "build ($preset)" "build-$preset.log" \
        cmake --build "build/$preset" --target "$target" -j "$(build_jobs)"
}
