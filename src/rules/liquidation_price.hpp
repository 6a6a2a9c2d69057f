// The two prices of a position: where its money is used up (bankruptcy) and where the venue steps
// in (liquidation). Closed forms, then a step or two to the exact tick under the integer rules of
// margin.hpp. Worked examples: docs/margin.md.
#pragma once

#include "rules/margin.hpp"

namespace margincall::inline rules {

// Price at which collateral + unrealised PnL = 0, rounded so that equity there is not negative
// (long up, short down) and brought into [1, price_max]. The result is the worst price at which the
// position can be closed without a shortfall, hence the limit of a liquidation order. 0 ticks: no
// price in the range leaves the account at or above zero, or there is no position.
[[nodiscard]] Ticks bankruptcy_price(const Instrument& inst, const PositionState& state);

// The first price at which the account is liquidatable when the mark comes from the solvent side:
// the highest such tick for a long, the lowest for a short. 0 ticks: never within [1, price_max].
// The answer agrees with liquidatable() tick by tick, across tier boundaries. Needs rising rates
// and weight <= |qty| * tick_value / 2 (every like account holds at least one lot worth 2 micro-USD
// a tick); then equity minus maintenance is monotone in the price although both are rounded.
[[nodiscard]] Ticks liquidation_price(const Instrument& inst,
                                      const MarginTiers& tiers,
                                      const PositionState& state,
                                      bool at_equality);

}  // namespace margincall::inline rules
