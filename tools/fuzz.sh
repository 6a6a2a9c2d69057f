#!/usr/bin/env bash
# tools/fuzz.sh [SECONDS] [TARGET...]: builds the fuzzers (clang with libFuzzer) and gives each target so many
# seconds (default 60), one after another. What was found stays in build/fuzz/found, new inputs in
# build/fuzz/corpus, so that the next time goes on from there. docs/fuzzing.md.
# shellcheck source=tools/steps.sh
source "$(dirname "${BASH_SOURCE[0]}")/steps.sh"
seconds=${1:-60}
shift || true
targets=("$@")
if [ ${#targets[@]} -eq 0 ]; then
    mapfile -t targets < <(cd tests/fuzz/corpus && ls)
fi
if ! command -v clang++-19 >/dev/null; then
    echo "tools/fuzz.sh needs clang++-19: apt-get install --no-install-recommends clang-19 libclang-rt-19-dev" >&2
    exit 1
fi
programs=()
for target in "${targets[@]}"; do
    programs+=("fuzz_$target")
done
step_total=$((1 + ${#targets[@]}))
step "fuzzers" fuzz-build.log \
    bash -c "cmake --preset fuzz && cmake --build build/fuzz -j $(build_jobs) --target ${programs[*]}"
mkdir -p build/fuzz/found
for target in "${targets[@]}"; do
    mkdir -p "build/fuzz/corpus/$target"
    step "$target for $seconds s" "fuzz-$target.log" \
        "build/fuzz/bin/fuzz_$target" -max_total_time="$seconds" -max_len=8192 -timeout=20 -rss_limit_mb=4096 \
        -print_final_stats=1 -artifact_prefix="build/fuzz/found/$target-" \
        "build/fuzz/corpus/$target" "tests/fuzz/corpus/$target"
    grep -E 'stat::number_of_executed_units|stat::new_units_added|cov:' "$logs/fuzz-$target.log" | tail -n 3
done
