// What a venue decides about an account below its margin: the next order of a position, who takes
// what the book does not, the price and the reach of auto-deleveraging, and when a fund's own
// positions are deleveraged. Pure functions over rule rows; the liquidation engine
// (clearing/liquidation_engine.hpp) asks them for every account, of a run and of a given book, and
// the venues' examples are checked through the same ones. Worked examples: docs/liquidation.md.
#pragma once

#include "rules/margin.hpp"
#include "rules/portfolio_margin.hpp"
#include "rules/reduction.hpp"
#include "rules/shortage.hpp"

namespace margincall::inline rules {

// --- the next order ---

struct NextOrder {
    Lots lots;                           // > 0
    TimeInForce tif = TimeInForce::ioc;  // of an order into the book
    bool send = true;      // false: no order, the position is left to whoever takes the rest
    bool outside = false;  // an outside liquidator takes the lots, at a discount to the mark
    bool partial = false;  // less than the whole position
};
// How far a case has come.
struct CaseProgress {
    LiquidationAttempt attempt = LiquidationAttempt::first;
    bool ordered = false;  // an order was sent before, in an earlier batch
    Duration since;        // time since the account fell below its margin
    Money freed;           // shortage covered so far (liquidator_share)
};
// The order for one position, everything else of the account folded into `state` (margin.hpp).
//   ioc_to_safety     one order a case: what it leaves goes to the taker of the rest
//   tier_ladder_fok   sent only when a lower tier suffices
//   market_then_rest  the first part, or the whole while the user's cooldown runs
//   tiers_down        sent only while equity exceeds what the lowest tier asks; else the engine
//   slices            a slice a batch
//   fillable_ioc      step_share of the value within [step_least, step_most], rounded down to lots
//   liquidator_share  what covers the shortage, as much of it as the time since allows
[[nodiscard]] NextOrder next_order(const PositionTerms& terms,
                                   const VenueRules& rules,
                                   const PositionState& state,
                                   Ticks mark,
                                   const CaseProgress& progress);

// What an outside liquidator's share and the fund's fee are worked out from: a requirement and a
// shortage of money, the liquidator's fee in ppm; a lot is `units_per_lot` of the chain.
inline constexpr i128 units_per_lot = 1'000'000'000;
[[nodiscard]] ShortageCover shortage_cover(const PositionTerms& terms,
                                           const PositionState& state,
                                           Ticks mark,
                                           Money need,
                                           i128 shortage,
                                           i128 fee);

// Price at which an outside liquidator takes a position: the mark less (a short: plus) the discount,
// against the account by at most a tick.
[[nodiscard]] Ticks discounted_price(const LiquidationRule& rule, Side position, Ticks mark);

// --- the rest ---

enum class Rest : std::uint8_t { wait, take_over, queue_adl };
// What happens to what the book has left of an account. `can_take` = the fund has room for it;
// `closing` = the account is closed whatever its margin says (a member's default, a delisting).
[[nodiscard]] Rest rest_of(const VenueRules& rules,
                           const Margin& margin,
                           bool can_take,
                           bool closing);
// Whether the venue sends another order in the next batch before the rest is taken.
[[nodiscard]] bool orders_again(const LiquidationRule& rule, Money equity);

// A fund holds positions worth at most `cap_ppm` of its cash; nothing when it has none.
[[nodiscard]] bool fund_can_take(Money cash, i128 held, i128 more, std::int64_t cap_ppm);

// The part of an account's equity that stands behind one of its positions: shared out by
// maintenance margins, rounded down; all of it for the only position.
[[nodiscard]] Money share_of_equity(const Margin& account, Money maintenance);

// --- auto-deleveraging ---

struct AdlPrices {
    Ticks bankruptcy, mark, mark_before, oracle_before;
};
// The price of the closing, ticks > 0: the rule's, the mark where that is not known, and never
// better for the bankrupt side than its bankruptcy price, so that nobody's loss lifts a bankrupt
// account above zero. (Where the account is not bankrupt, its bankruptcy price does not bound.)
[[nodiscard]] Ticks adl_price(AdlPrice rule, Side bankrupt, const AdlPrices& prices);

// Nobody is closed at a price that would leave them below zero. `lots` signed like their position.
[[nodiscard]] bool can_bear(
    const Instrument& inst, Money equity, Lots lots, Ticks price, Ticks mark);

// What a fund, engine or pool has been through; money.
struct FundHistory {
    Amount balance;   // cash and positions at the mark
    Amount peak;      // highest balance of the window
    Amount average;   // of the window
    Amount fall;      // <= 0: balance, or the symbol's profit, less its own highest of the window
    bool on = false;  // deleverages since an earlier look
};
// Does the venue deleverage the fund's own positions now?
[[nodiscard]] bool deleverages_fund(const VenueRules& rules, const FundHistory& history);

}  // namespace margincall::inline rules
