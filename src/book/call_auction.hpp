// The price at which a book reopens after a halt: one price for all, at which most is traded.
#pragma once

#include <span>

#include "base/strong.hpp"

namespace margincall::inline book {

// What orders of one side want at one limit price. Several rows of one price are allowed.
struct CallLevel {
    Ticks price;
    Lots qty;
};
struct CallPrice {
    Ticks price;  // 0: nobody meets anybody
    Lots volume;  // lots that trade at it
};

// Uniform-price call auction over all limit orders. Of the prices at which most trades:
// the one that leaves least unfilled on the longer side; of these the nearest to `reference`; of two
// as near the lower. Prices looked at are the orders' own and `reference` (0 = none): between two
// neighbouring limits nothing changes but the distance to the reference. The order of the criteria
// is that of equity exchanges' calls (volume, imbalance, reference), decided here (docs/venues.md).
[[nodiscard]] CallPrice call_price(std::span<const CallLevel> bids,
                                   std::span<const CallLevel> asks,
                                   Ticks reference);

}  // namespace margincall::inline book
