// What it costs to close a position of a given size at once over all venues of a coin: with the depth of the start, and
// when forced orders had moved the coin's books furthest.
#pragma once

#include <array>
#include <cstddef>
#include <vector>

#include "desk/resting_depth.hpp"

namespace margincall::inline desk {

inline constexpr std::array<double, 3> unwind_sizes = {1e6, 1e7, 5e7};  // USD at the start price

struct UnwindCost {
    AssetId coin;
    Side side = Side::buy;  // of the resting orders: bids are sold into
    std::array<RestingDepth::Cost, unwind_sizes.size()> start{},
        worst{};                      // USD against the reference
    double worst_displacement = 0.0;  // of the coin's books, share of price
    double worst_time_s = -1.0;       // -1 = no forced order ever met these books
};

// Sides of several venues as one, by distance.
[[nodiscard]] DepthSide joined(const std::vector<DepthSide>& sides);
[[nodiscard]] std::array<RestingDepth::Cost, unwind_sizes.size()> unwind_costs(
    const DepthSide& side);

}  // namespace margincall::inline desk
