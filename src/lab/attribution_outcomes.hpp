// What an attribution splits: figures of one world as whole numbers, so that shares add up exactly.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "lab/path_row.hpp"
#include "plan/plan.hpp"

namespace margincall::inline lab {

struct AttributionOutcome {
    std::string name, label, unit;
    std::string when;
    double scale = 1.0;  // a whole number times this is the figure in its unit
    bool price = false;
    // Nothing when the world does not know it.
    std::function<std::optional<std::int64_t>(const PathRow& row, const Plan& plan)> value;
    // The same in the outcome's unit.
    [[nodiscard]] std::optional<double> figure(const PathRow& row, const Plan& plan) const;
};

// Falls of BTC and ETH at the low of the window, forced dollars, accounts, what the funds lost at most and what was
// auto-deleveraged over it; then the fall of BTC and forced dollars at four fixed times of it.
[[nodiscard]] std::vector<AttributionOutcome> outcomes_of(const Plan& plan);

}  // namespace margincall::inline lab
