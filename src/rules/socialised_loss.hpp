// A loss that those who hold a fund's instruments bear: a haircut of what each of them has, in one
// ratio. Sources: docs/venues.md (Deribit by profit, Drift by size); example: docs/adl.md.
#pragma once

#include <span>
#include <vector>

#include "base/integer.hpp"
#include "base/strong.hpp"

namespace margincall::inline rules {

// What each bearer pays of `loss` (>= 0), by his share (> 0; sizes, notionals or profits in one unit):
// every unit pays loss / sum of shares in 1e-9, rounded up, as is each payment; in order, until the loss
// is paid. The parts sum to the loss exactly, later ones may be 0.
[[nodiscard]] std::vector<Money> socialised_parts(Money loss, std::span<const i128> shares);

}  // namespace margincall::inline rules
