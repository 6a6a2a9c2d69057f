// Rule rows of a venue: everything in which venues differ is a value here, never a class and never
// a venue's name. A scenario loads these rows and the tests check the same objects. Sources per
// row: docs/venues.md and the `source` line of each file under scenarios/rules.
#pragma once

#include <cstdint>
#include <vector>

#include "base/strong.hpp"
#include "base/time.hpp"

namespace margincall {

// One slice of a margin tier table. Maintenance margin of a notional N in the tier:
// N * mmr_ppm / 1e6 - deduction (rounded up); deduction_n = deduction_(n-1) + floor_n * (mmr_n -
// mmr_(n-1)).
struct MarginTier {
    Money floor;                    // notional above which the tier applies (exclusive)
    Money cap;                      // largest notional of the tier (inclusive)
    std::int64_t mmr_ppm = 0;       // maintenance margin rate, parts per million of notional
    std::int64_t leverage_max = 1;  // highest leverage allowed in the tier
    Money deduction;                // "maintenance amount" / "cum" / "MM deduction"
};
using MarginTiers = std::vector<MarginTier>;  // sorted by floor, gap-free, first floor 0

enum class MarkMethod : std::uint8_t {
    median_funding_basis_last,  // median(index*(1+F*t/T), index + MA(mid-index), last): Binance,
                                // Bybit
    median_oracle_ema,  // median(oracle + EMA150s(mid-oracle), median(bid,ask,last), perp mids):
                        // Hyperliquid
};
struct MarkRule {
    MarkMethod method = MarkMethod::median_funding_basis_last;
    Duration update = seconds(1);    // how often the venue computes mark
    Duration average = seconds(30);  // window of the moving average, or time constant of the EMA
    Duration sample = seconds(1);    // sampling step of the average
};

enum class FundingWeights : std::uint8_t { flat, linear };
enum class FundingPrice : std::uint8_t { mark, index };
struct FundingRule {
    Duration interval = hours(8);
    Duration sample = seconds(5);
    FundingWeights weights = FundingWeights::flat;
    std::int64_t interest_ppb = 100'000;  // I per 8 h, parts per billion (0.01 % = 100,000)
    std::int64_t clamp_ppb = 500'000;     // damper, parts per billion (0.05 % = 500,000)
    std::int64_t cap_ppb = 0;  // |F| per interval; 0 = 0.75 * maintenance rate at top leverage
    FundingPrice price = FundingPrice::mark;
    Money impact_notional;  // 0 = 200 USD / initial margin rate at top leverage
};

enum class LiquidationFirstStep : std::uint8_t {
    ioc_to_safety,     // one IOC that brings the account back above maintenance, limit = bankruptcy
                       // price
    tier_ladder_fok,   // fill-or-kill for the excess over the lower tier that suffices
    market_then_rest,  // market order; above `partial_above` only `partial_share_ppm` first, then
                       // cooldown
};
enum class TakeoverMethod : std::uint8_t {
    fund_at_bankruptcy,    // what the IOC left goes to the insurance fund at the bankruptcy price
    engine_at_bankruptcy,  // the engine takes it at the bankruptcy price, the pool bears the result
    vault_below_share,     // vault takes position and margin when equity < share of maintenance
};
struct LiquidationRule {
    LiquidationFirstStep first_step = LiquidationFirstStep::ioc_to_safety;
    TakeoverMethod takeover = TakeoverMethod::fund_at_bankruptcy;
    std::int64_t fee_ppm = 12'500;       // liquidation fee on the notional liquidated
    Duration batch = milliseconds(500);  // engine period
    Money partial_above;  // market_then_rest: notional above which only a share goes first
    std::int64_t partial_share_ppm = 200'000;  // ... that share
    Duration cooldown = seconds(30);           // ... and the pause before the rest
    std::int64_t vault_share_ppm =
        666'666;  // vault_below_share: equity below this share of maintenance (2/3, cut)
};

enum class AdlTrigger : std::uint8_t {
    fund_cap,         // fund empty, or its net notional would exceed fund_cap_ppm of its balance
    pool_drawdown,    // pool down by drawdown_ppm from its 8 h maximum, or empty
    equity_negative,  // account value below zero (vault venues)
};
enum class AdlRank : std::uint8_t {
    pnl_times_margin_ratio,     // Binance: max(0,uPnL)/max(1,WB) * MM/(WB+uPnL)
    leveraged_return,           // Bybit: pnl% * effective leverage
    price_ratio_times_leverage  // Hyperliquid: (mark/entry) * (notional/account value), inverted
                                // for shorts
};
enum class AdlPrice : std::uint8_t { bankruptcy, previous_mark };
struct FundRule {
    Money initial;
    std::int64_t position_cap_ppm =
        1'000'000;               // net notional the fund may hold, share of its balance
    Duration unwind = hours(2);  // horizon over which taken positions are sold
    std::int64_t unwind_participation_ppm = 50'000;  // of traded volume
};
struct AdlRule {
    AdlTrigger trigger = AdlTrigger::fund_cap;
    AdlRank rank = AdlRank::pnl_times_margin_ratio;
    AdlPrice price = AdlPrice::bankruptcy;
    std::int64_t drawdown_ppm = 300'000;       // pool_drawdown: start
    std::int64_t drawdown_stop_ppm = 250'000;  // pool_drawdown: stop
    Duration delay = seconds(0);               // least time between takeover failing and ADL
};

enum class LiquidationFeed : std::uint8_t { one_per_second, all, none };

struct VenueRules {
    MarkRule mark;
    FundingRule funding;
    LiquidationRule liquidation;
    FundRule fund;
    AdlRule adl;
    LiquidationFeed feed = LiquidationFeed::all;
    std::int64_t taker_fee_ppm = 450;
    std::int64_t maker_fee_ppm = 150;
    std::int64_t index_outlier_ppm =
        50'000;  // index source further than this from the median is dropped
    Duration index_stale = seconds(10);
    bool trigger_at_equality = false;  // liquidate at margin ratio == 100 % or only beyond
};

}  // namespace margincall
