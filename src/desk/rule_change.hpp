// A proposed change of the rules beside today's: whom it pushes below margin the moment it is
// activated, at once or in stages. What it changes in a stress is found by running both markets.
#pragma once

#include <cstdint>
#include <vector>

#include "desk/run.hpp"

namespace margincall::inline desk {

// The state when a share of the way from today's requirements to the proposed ones has been gone:
// every unit's requirement and collateral value is that share between the two.
struct ActivationStage {
    double share = 0.0;
    std::uint64_t units_below = 0;   // below maintenance, all
    std::uint64_t units_pushed = 0;  // of them above it at the stage before
    double notional_pushed = 0.0;    // their positions, USD
    double missing_pushed = 0.0;     // what they would have to pay in to stay, USD
    std::uint64_t accounts_pushed = 0;
    std::uint64_t units_below_initial = 0;  // cannot open or increase
};
// Both markets must have the same instruments in the same order; the book was read with today's.
[[nodiscard]] std::vector<ActivationStage> activation(const StressStart& today,
                                                      const StressMarket& proposed,
                                                      std::uint32_t stages);

}  // namespace margincall::inline desk
