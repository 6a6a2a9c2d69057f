// Margin arithmetic: pure functions over a tier table and one position. Every result is exact
// integer money; every division names its rounding and rounds against the account.
//
// Rule (Binance, Bybit, Hyperliquid; docs/venues.md): each slice of the notional is charged at its
// own rate, MM = notional * rate - deduction of the tier the notional lies in, so that MM is
// continuous. The position is valued at the mark price. Worked examples: docs/margin.md.
#pragma once

#include <cstdint>

#include "base/strong.hpp"
#include "market/instrument.hpp"
#include "rules/rules.hpp"

namespace margincall::inline rules {

// What an account is worth and what it must be worth, USD 1e-6.
struct Margin {
    Money equity, initial, maintenance;
    friend bool operator==(const Margin&, const Margin&) = default;
};

// One position with the money that stands behind it.
//
// A cross account with several positions is evaluated for one of them by folding the others into
// `collateral`: wallet + their unrealised PnL - their maintenance margin (Binance's WB - TMM1 +
// UPNL1).
struct PositionState {
    Lots qty;          // signed: long > 0, short < 0; total over the like accounts
    Money cost;        // signed entry notional: long > 0, short < 0
    Money collateral;  // isolated margin or wallet, without the unrealised PnL of this position
    std::int64_t weight = 1;  // > 0: the row stands for so many like accounts. Tiers are looked up
                              // by notional / weight (rounded up) and the result multiplied back.
};

// --- tier tables ---

// Fills `deduction` of every tier: deduction_n = deduction_(n-1) + floor_n * (rate_n - rate_(n-1)),
// first 0. Exact when the floors are whole dollars; otherwise rounded down (more margin, never
// less).
void fill_deductions(MarginTiers& tiers);

// The tier with floor < notional <= cap. 0 lies in the first tier, anything above the last cap in
// the last: a position that has outgrown the table still has a rate.
[[nodiscard]] const MarginTier& tier_of(const MarginTiers& tiers, Money notional);

// Maintenance margin of one account's notional (>= 0), rounded up.
[[nodiscard]] Money maintenance_margin(const MarginTiers& tiers, Money notional);

// Initial margin of a notional (>= 0): notional / leverage, rounded up. leverage_e2 = 100 times the
// chosen leverage, > 0.
[[nodiscard]] Money initial_margin(Money notional, std::int64_t leverage_e2);

// --- positions ---

// |qty| * mark * tick_value; exact.
[[nodiscard]] Money position_notional(const Instrument& inst,
                                      const PositionState& state,
                                      Ticks mark);
// qty * mark * tick_value - cost; exact.
[[nodiscard]] Money unrealised(const Instrument& inst, const PositionState& state, Ticks mark);
// collateral + unrealised; exact.
[[nodiscard]] Money equity(const Instrument& inst, const PositionState& state, Ticks mark);
// weight * maintenance_margin(notional / weight, rounded up).
[[nodiscard]] Money maintenance(const Instrument& inst,
                                const MarginTiers& tiers,
                                const PositionState& state,
                                Ticks mark);

// equity < maintenance, or <= when the venue liquidates at a margin ratio of exactly 100 %. A row
// without a position is never liquidatable.
[[nodiscard]] bool liquidatable(const Instrument& inst,
                                const MarginTiers& tiers,
                                const PositionState& state,
                                Ticks mark,
                                bool at_equality);

}  // namespace margincall::inline rules
