// Liquidation by outside liquidators, who take over just enough to cover a margin shortage and are
// paid by a discount (Drift, docs/venues.md). All in the chain's integers: prices and quote 1e-6,
// base 1e-9, margin ratios and weights 1e-4, fees 1e-6, funding 1e-9. Divisions toward zero as on
// the chain, unless the comment says up.
#pragma once

#include <cstdint>
#include <optional>

#include "base/integer.hpp"

namespace margincall::inline rules {

// Base amount whose transfer covers the shortage:
//   shortage / (price * quote price * (margin ratio - liquidator fee) - price * fund fee).
// Empty: no amount suffices, that is the whole position.
struct ShortageCover {
    i128 shortage = 0;
    i128 margin_ratio = 0;
    i128 liquidator_fee = 0, fund_fee = 0;
    i128 price = 0;
    i128 quote_price = 1'000'000;
};
[[nodiscard]] std::optional<i128> base_to_cover(const ShortageCover& c);

// Fee to the insurance fund: min(cap, 95 % of what margin ratio leaves beside liquidator fee and
// shortage); 0 when the margin ratio does not exceed the liquidator's fee.
[[nodiscard]] i128 fund_fee(const ShortageCover& c, i128 base_amount, i128 cap);

// Liquidator's fee: the base rate for the first 1,500 slots, then base + increase a slot, up to the
// highest.
[[nodiscard]] i128 liquidator_fee(i128 base, i128 highest, i128 slots, i128 increase_per_slot);

// Share of the shortage (1e-4) that one call may cover. Below 50 USD everything; else the share
// grows from `initial` by elapsed / duration, less what was freed before.
struct CallShare {
    i128 shortage = 0;
    i128 elapsed_slots = 0, duration_slots = 0;
    i128 initial = 0;  // 1e-4
    i128 freed_before = 0;
};
[[nodiscard]] i128 call_share(const CallShare& c);

// One side of a spot liquidation.
struct SpotSide {
    i128 amount = 0;
    int decimals = 6;
    i128 price = 0;
    i128 multiplier = 1'000'000;  // 1 +- the liquidator's fee
    i128 weight = 10'000;         // asset or liability weight
};
// Liability that must be taken over to cover the shortage; empty: more than any.
[[nodiscard]] std::optional<i128> liability_to_cover(i128 shortage,
                                                     const SpotSide& asset,
                                                     const SpotSide& liability,
                                                     i128 fund_fee);
// Asset that pays for a liability of `liability.amount`; all of it when less than 1 USD would be
// left or missing.
[[nodiscard]] i128 asset_for_liability(const SpotSide& asset, const SpotSide& liability);
// Liability that `asset.amount` pays for; rounded up.
[[nodiscard]] i128 liability_for_asset(const SpotSide& asset, const SpotSide& liability);

// Socialised loss. Perp: both sides' cumulative funding moves by ceil(loss / open base) per base
// unit. Spot: the deposit index falls by ceil(index * loss / deposits); all of it at most.
[[nodiscard]] i128 funding_move_for_loss(i128 loss, i128 base_long, i128 base_short);
[[nodiscard]] i128 deposit_index_fall(i128 index, i128 loss, i128 deposits);

// Hourly funding from the gap of two time-weighted prices: clamp(mark - oracle, +-oracle / 33)
// * 1000 * period / day.
[[nodiscard]] i128 twap_gap_funding(i128 mark_twap, i128 oracle_twap, i128 period_seconds);

}  // namespace margincall::inline rules
