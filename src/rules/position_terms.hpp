// How one position with its money is margined: by the marginal tiers of its instrument, valued at
// the mark (the fast form, margin.hpp), or by a schedule of any style. Both give the same figures
// where both apply.
#pragma once

#include "rules/margin.hpp"
#include "rules/portfolio_margin.hpp"

namespace margincall::inline rules {

struct PositionTerms {
    const Instrument* inst = nullptr;
    const MarginTiers* tiers = nullptr;  // of the fast form, else null
    const Contract* contract = nullptr;
    const MarginSchedule* schedule =
        nullptr;  // the same requirement as the tiers, if there are any
};
// Marginal tiers valued at the mark, nothing else: their fast form serves.
[[nodiscard]] bool is_fast(const MarginSchedule& schedule);
// Can the requirement jump with the price? Then an account may also be liquidatable after a gain.
[[nodiscard]] bool jumps_with_price(const MarginSchedule& schedule);

// What the schedule looks at. `price` is the venue's price for margins: its mark, or its oracle.
[[nodiscard]] MarginBase margin_base(const PositionTerms& terms,
                                     const PositionState& state,
                                     Ticks price);
// Requirement and trigger at a price; the same rounding as the forms behind them.
[[nodiscard]] Money maintenance(const PositionTerms& terms,
                                const PositionState& state,
                                Ticks price);
[[nodiscard]] bool liquidatable(const PositionTerms& terms,
                                const PositionState& state,
                                Ticks price,
                                bool at_equality);
// First price at which the position is liquidatable when the price comes from the solvent side; 0
// ticks: never within [1, price_max]. Exact to the tick for a requirement that does not jump with
// the price; for one that does, the first such price from `now` on in the harmful direction.
[[nodiscard]] Ticks liquidation_price(const PositionTerms& terms,
                                      const PositionState& state,
                                      Ticks now,
                                      bool at_equality);
// The first price on the other side at which a jump of the requirement makes it liquidatable; 0 =
// none.
[[nodiscard]] Ticks jump_price(const PositionTerms& terms,
                               const PositionState& state,
                               Ticks now,
                               bool at_equality);

}  // namespace margincall::inline rules
