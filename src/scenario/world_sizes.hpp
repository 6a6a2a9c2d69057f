// What world.size implies: values of other keys that the scenario does not set itself
// (docs/reduced-world.md). Which venues and coins a reduced world merges is in merge_world.cpp.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "plan/plan.hpp"

namespace margincall::inline scenario {

struct ImpliedValue {
    std::string_view path;  // of a global field
    double value;           // in base units
};
[[nodiscard]] std::span<const ImpliedValue> implied_values(WorldSize size);
// nullptr = the size says nothing about that key.
[[nodiscard]] const ImpliedValue* implied_value(WorldSize size, std::string_view path);

// Rows of `population.accounts`; nothing = the scenario's or the program's default.
[[nodiscard]] std::optional<std::int64_t> implied_rows(WorldSize size);

// The source under which resolved.toml shows a value that the size implies. Read back at the same
// size it is kept, at another one it is not the scenario's own and falls to what that one implies.
[[nodiscard]] std::string implied_source(WorldSize size);
// Does the source say that another size than this one implied the value?
[[nodiscard]] bool implied_by_another(std::string_view source, WorldSize size);

}  // namespace margincall::inline scenario
