// What the fuzzers call: each reader of files that a stranger may have written, on any bytes. A target ends
// normally whatever it is given; a CHECK, a sanitizer or an exception that leaves it is a find
// (docs/fuzzing.md).
#pragma once

#include <cstdint>
#include <span>
#include <string_view>

namespace margincall::testing {

struct FuzzTarget {
    std::string_view name;  // also of its corpus: tests/fuzz/corpus/NAME
    void (*run)(std::string_view bytes);
};

// In the order of their names.
[[nodiscard]] std::span<const FuzzTarget> fuzz_targets();

}  // namespace margincall::testing
