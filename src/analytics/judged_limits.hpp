// How the limits of a scenario ([limits]) stand in a run: kept by its world, or by which share of its worlds.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "base/limit.hpp"

namespace margincall::inline analytics {

struct Summary;

struct JudgedLimit {
    std::string name, text, figure;
    std::optional<double>
        value;                // of the figure; of several worlds the median; none: it has none here
    std::int64_t worlds = 0;  // that have the figure
    std::int64_t kept = 0;    // of them, that keep the limit
};
// `worlds` are what `total` sums up; one world: itself. A figure that only a stress has is judged in none.
[[nodiscard]] std::vector<JudgedLimit> judge_limits(std::span<const Limit> limits,
                                                    const Summary& total,
                                                    std::span<const Summary> worlds);

enum class LimitState : std::uint8_t {
    kept,      // by every world that has the figure
    at_times,  // by some
    broken,    // by none
    unknown,   // no world has the figure
};
[[nodiscard]] LimitState state_of(const JudgedLimit& limit);
// "kept", "kept at times", "broken", "not judged"
[[nodiscard]] const char* state_word(LimitState state);

}  // namespace margincall::inline analytics
