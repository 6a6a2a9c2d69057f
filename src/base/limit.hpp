// A limit that a figure must keep: "bad_debt_usd <= 5 m USD". Written in [limits] of a scenario or on the command
// line; nothing of a run or a stress depends on it, only what is said of the result.
#pragma once

#include <cstdint>
#include <string>

namespace margincall::inline base {

enum class LimitKind : std::uint8_t { below, at_most, at_least, above };

struct Limit {
    std::string name;    // its key in [limits]; empty: given without one
    std::string text;    // as it was given
    std::string figure;  // what it limits
    LimitKind kind = LimitKind::at_most;
    double value = 0.0;  // in the figure's unit
};
[[nodiscard]] bool holds(const Limit& limit, double figure);
// "bad_debt: bad_debt_usd <= 5 m USD"
[[nodiscard]] std::string named_text(const Limit& limit);

}  // namespace margincall::inline base
