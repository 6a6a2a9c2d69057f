// Keys of a scenario file that are not plain figures of the field table: lists, tables, files and
// words with a meaning of their own. Read by hand in compile_*.cpp; listed here for messages and
// `explain`.
#pragma once

#include <span>
#include <string_view>

namespace margincall::inline scenario {

struct OtherKey {
    std::string_view path;  // "*" stands for a name
    std::string_view about;
    std::string_view unit, allowed,
        fallback;  // for `explain`; fallback: what holds when it is absent
};
[[nodiscard]] std::span<const OtherKey> other_keys();

}  // namespace margincall::inline scenario
