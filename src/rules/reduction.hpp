// How much of a position the venue tries to close first when an account falls below its maintenance
// margin. Pure: rule row, position and mark in, lots out. Cancelling orders before and taking over
// what the book did not fill are the engine's steps. Worked examples: docs/liquidation.md.
#pragma once

#include <optional>

#include "rules/margin.hpp"
#include "rules/margin_schedule.hpp"
#include "rules/position_terms.hpp"

namespace margincall::inline rules {

// How far below its requirement an account is; decides who acts.
enum class LiquidationStage : std::uint8_t {
    none,      // equity covers the maintenance margin
    book,      // liquidate on the order book
    backstop,  // equity below `vault_share_ppm` of maintenance: the vault may take over
    negative,  // equity below zero: only the fund or auto-deleveraging can close it
};
[[nodiscard]] LiquidationStage liquidation_stage(const Margin& margin,
                                                 const LiquidationRule& rule,
                                                 bool at_equality);

// An order of an account at rest, or one while the user's cooldown runs after a partial liquidation
// (market_then_rest: then it is for the whole position).
enum class LiquidationAttempt : std::uint8_t { first, in_cooldown };

// What the position would be after `lots` (0 < lots <= |qty|) are closed at `price`: their profit
// goes into the collateral, the liquidation fee of `fee_ppm` on their notional (rounded up) leaves
// it. Cost is split in proportion, rounded down in magnitude for the part that goes; whatever the
// rounding, equity at `price` falls by the fee exactly.
[[nodiscard]] PositionState after_close(const Instrument& inst,
                                        const PositionState& state,
                                        Lots lots,
                                        Ticks price,
                                        std::int64_t fee_ppm);

// Lots (> 0, at most |qty|) of the next order, as the rule's `first_step` says. All sizes are found
// at the mark, where the rule is stated; a worse fill may need another round.
//   ioc_to_safety     the fewest lots after which the account is no longer liquidatable, fee paid
//   tier_ladder_fok   down to the highest lower tier at which it is no longer liquidatable
//   market_then_rest  everything; above `partial_above` only `partial_share_ppm` (rounded up)
//   tiers_down        down to the tier `tiers_down` below, while equity exceeds what the lowest
//                     tier's rate asks of the whole position
//   slices            `slice` of notional at the mark, at least a lot; also from the first tier
// The whole position when it lies in the first tier (central venues), when no smaller size
// suffices, or when equity does not exceed the fee on the whole notional: then every lot closed
// makes the margin ratio worse, and a partial step would only prolong the fall.
[[nodiscard]] Lots liquidation_size(const PositionTerms& terms,
                                    const LiquidationRule& rule,
                                    const PositionState& state,
                                    Ticks mark,
                                    bool at_equality,
                                    LiquidationAttempt attempt);

// --- steps of rules that are stated on a schedule, for any account ---

// Closing down to the cap of the tier `down` tiers below the position's (OKX: two); of a stepped
// schedule the tiers are its risk steps. A position that has no such tier is closed whole.
struct TierStep {
    std::size_t tier = 0;               // the position's, from 0
    std::optional<std::size_t> target;  // tier whose cap it is brought to
    Lots close;
};
[[nodiscard]] TierStep step_down(const MarginSchedule& schedule,
                                 const MarginBase& base,
                                 std::size_t down);

// The part of a value (or size) that goes first and what is left for later. Above `threshold`
// the first order is `share` of it, rounded up.
struct FirstPart {
    Amount first, rest;
};
[[nodiscard]] FirstPart first_part(Amount whole, Amount threshold, Fraction share);

}  // namespace margincall::inline rules
