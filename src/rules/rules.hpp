// Rule rows of a venue: everything in which venues differ is a value here, never a class and never
// a venue's name. A scenario loads these rows and the tests check the same objects. Sources per
// row: docs/venues.md and the `source` line of each file under scenarios/rules.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "base/strong.hpp"
#include "base/time.hpp"
#include "rules/collateral.hpp"

namespace margincall::inline rules {

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

// --- margin ---

enum class MarginStyle : std::uint8_t { marginal, whole_tier, stepped, linear_in_size };
// What floors and caps of the tiers count: value in money units, or size in lots (OKX: contracts).
enum class TierMeasure : std::uint8_t { value, size };
// The price at which requirements value a position.
enum class MarginValuation : std::uint8_t { mark, entry, oracle };
// Where the maintenance margin comes from: a rate of its own, or a share of the initial margin that
// was rounded up before (dYdX).
enum class MaintenanceFrom : std::uint8_t { own_rate, initial_margin };
// An estimated fee for closing the position, charged on its value at mark, is part of ...
enum class CloseFeeIn : std::uint8_t { none, maintenance, both };

// Unrealised profit of cross positions joins the account's equity ...
enum class PnlIn : std::uint8_t {
    at_par,      // ... at the asset's price without haircut (Binance, Bybit)
    collateral,  // ... inside the asset's balance, so that haircuts and slices apply (OKX)
};
struct MarginRule {
    MarginStyle style = MarginStyle::marginal;
    TierMeasure measure = TierMeasure::value;
    MarginValuation valuation = MarginValuation::mark;
    MaintenanceFrom maintenance_from = MaintenanceFrom::own_rate;
    CloseFeeIn close_fee_in = CloseFeeIn::none;
    std::int64_t close_fee_ppm = 0;
    PnlIn pnl = PnlIn::at_par;
    std::int64_t transfer_floor_ppm = 0;  // least margin that withdrawals leave, share of notional
    // What follows changes the tiers (rules/margin_levers.hpp).
    std::int64_t close_out_ppm =
        0;  // maintenance at least this share of the initial rate; 0 = none
    // Above this share of the contract's open interest at the start rates are so many times as high;
    // 0 = off.
    std::int64_t concentration_from_ppm = 0;
    std::int64_t concentration_factor_ppm = 2'000'000;
    // All rates times z = volatility over its long mean, at most this; 1 = off. z is taken every
    // `volatility_update`, cut to whole `volatility_step`.
    std::int64_t volatility_cap_ppm = 1'000'000;
    std::int64_t volatility_step_ppm = 250'000;
    Duration volatility_update = minutes(1);
};
// What each asset counts for as collateral; assets without a row count for nothing.
struct AssetCollateral {
    std::string asset;
    CollateralRule rule;
};

enum class MarkMethod : std::uint8_t {
    median_funding_basis_last,  // median(index*(1+F*t/T), index + MA(mid-index), last): Binance,
                                // Bybit
    median_oracle_ema,  // median(oracle + EMA150s(mid-oracle), median(bid,ask,last), perp mids):
                        // Hyperliquid
    index_funding,      // index * (1 + F*t/T): BitMEX, Binance until 2020
    index_average,      // index + MA(mid-index): OKX
    index_ema,          // index + EMA(mid-index), kept within the band of the index: Deribit
    last_in_book,  // last price clamped into [bid, ask], then into the band: Deribit's old rule
    oracle,        // the index itself: dYdX
};
struct MarkRule {
    MarkMethod method = MarkMethod::median_funding_basis_last;
    Duration update = seconds(1);    // how often the venue computes mark
    Duration average = seconds(30);  // window of the moving average, or time constant of the EMA
    Duration sample = seconds(1);    // sampling step of the average
    std::int64_t band_ppm = 0;       // the mark stays within index -+ this share; 0 = no band
};

enum class FundingMethod : std::uint8_t {
    impact_damper,  // mean impact premium + clamp(I - P, -d, d): Binance, Bybit, Hyperliquid,
                    // BitMEX
    mean_clamp,     // clamp(mean gap of mid to index - I, -cap, cap): OKX
    continuous,     // max(d, p) + min(-d, p) of the present premium, paid all the time: Deribit
    vote_median,    // median votes, hourly mean, clamp by the margin rates: dYdX
    twap_gap,       // gap of the two time-weighted prices: Drift
};
enum class FundingWeights : std::uint8_t {
    flat,
    linear,  // 1 .. n over the interval
    moving,  // flat over the last interval, not since the settlement
};
enum class FundingPrice : std::uint8_t { mark, index };
struct FundingRule {
    FundingMethod method = FundingMethod::impact_damper;
    Duration interval = hours(8);
    Duration sample = seconds(5);
    FundingWeights weights = FundingWeights::flat;
    std::int64_t interest_ppb = 100'000;  // I per 8 h, parts per billion (0.01 % = 100,000)
    std::int64_t clamp_ppb = 500'000;     // damper, parts per billion (0.05 % = 500,000)
    std::int64_t cap_ppb = 0;  // |F| per interval; 0 = 0.75 * maintenance rate at top leverage
    FundingPrice price = FundingPrice::mark;
    Money impact_notional;  // 0 = 200 USD / initial margin rate at top leverage
    std::int64_t clamp_factor_ppm =
        6'000'000;                  // vote_median: |F| <= this * (initial - maintenance)
    std::int64_t least_votes = 15;  // vote_median: a minute's votes are padded with 0
};

enum class LiquidationFirstStep : std::uint8_t {
    ioc_to_safety,     // one IOC that brings the account back above maintenance, limit = bankruptcy
                       // price
    tier_ladder_fok,   // fill-or-kill for the excess over the lower tier that suffices
    market_then_rest,  // market order; above `partial_above` only `partial_share_ppm`, unless the
                       // user's cooldown runs: Hyperliquid
    tiers_down,        // down to the cap `tiers_down` tiers lower, look again; below that all: OKX
    slices,            // `slice` of notional each batch until the margin suffices: Deribit
    fillable_ioc,      // IOC limited at the fillable price, `step_*` a batch: dYdX
    liquidator_share,  // outside liquidators take a share that grows with time: Drift
};
enum class TakeoverMethod : std::uint8_t {
    fund_at_bankruptcy,    // what the IOC left goes to the insurance fund at the bankruptcy price
    engine_at_bankruptcy,  // the engine takes it at the bankruptcy price, the pool bears the result
    vault_below_share,     // vault takes position and margin when equity < share of maintenance
    fund_per_fill,         // the fund pays the loss of each fill, else direct closing: dYdX
    socialise,             // the fund pays the negative rest, then all positions do: Deribit, Drift
};
struct LiquidationRule {
    LiquidationFirstStep first_step = LiquidationFirstStep::ioc_to_safety;
    TakeoverMethod takeover = TakeoverMethod::fund_at_bankruptcy;
    std::int64_t fee_ppm = 12'500;       // liquidation fee on the notional liquidated
    Duration batch = milliseconds(500);  // engine period
    Money partial_above;  // market_then_rest: notional above which only a share goes first
    std::int64_t partial_share_ppm = 200'000;  // ... that share
    Duration cooldown = seconds(30);           // ... and how long the whole goes after a part
    std::int64_t vault_share_ppm =
        666'666;  // vault_below_share: equity below this share of maintenance (2/3, cut)
    std::int64_t tiers_down = 2;         // tiers_down
    Money slice;                         // slices: notional of one order
    std::int64_t step_share_ppm = 0;     // fillable_ioc: most of a position in one step ...
    Money step_least, step_most;         // ... and its least and most notional; 0 = no bound
    std::int64_t spread_ppm = 0;         // fillable_ioc: spread to the maintenance margin ratio
    std::int64_t adjustment_ppm = 0;     // fillable_ioc: bankruptcy adjustment
    std::int64_t fund_fee_cap_ppm = 0;   // fund_per_fill: most that a fill pays to the fund
    std::int64_t initial_share_ppm = 0;  // liquidator_share: share in the first moment ...
    Duration share_duration;             // ... and the time until it is everything
    // liquidator_share: discount that an outside liquidator earns, its first rate and the most that
    // it may grow to.
    std::int64_t liquidator_fee_ppm = 10'000, liquidator_fee_max_ppm = 10'000;
    Duration unwind_outside = minutes(10);  // ... and the time over which they hedge in the book
    bool market_orders = false;  // forced orders take any price, not only those up to bankruptcy
};

enum class AdlTrigger : std::uint8_t {
    fund_cap,         // no cash, or its net notional would exceed position_cap_ppm of the cash
    pool_drawdown,    // pool down by drawdown_ppm from its 8 h maximum, or empty
    equity_negative,  // account value below zero (vault venues)
    average_fall,     // fund below its 8 h average by drawdown_ppm or `fall_least`, or empty: OKX
    fund_empty,       // the fund of the contract is spent: BitMEX
    never,            // losses are socialised instead: Deribit, Drift
};
enum class AdlRank : std::uint8_t {
    pnl_times_margin_ratio,      // Binance: max(0,uPnL)/max(1,WB) * MM/(WB+uPnL)
    leveraged_return,            // Bybit: pnl% * effective leverage
    price_ratio_times_leverage,  // Hyperliquid: (mark/entry) * (notional/account value), inverted
                                 // for shorts
    pnl_by_margin_ratio,  // OKX: pnl% / margin ratio in profit, pnl% * it in loss; ratio = equity
                          // over maintenance
    fixed_order,          // dYdX: in the order of the list, from a pseudo-random start
    // Variants beside the venues' own.
    profit_only,            // uPnL / entry value
    leverage_only,          // notional / equity
    profit_times_leverage,  // max(0, uPnL / entry value) * leverage
    hedge_exempt,           // the same, hedged sizes only when nothing else is left
    pro_rata,               // everyone the same share of the size, rest by row
    integer_pro_rata,       // ... rest by the largest remainders
    profit_pro_rata,        // size in proportion to the profit in it, at most all of it
    equity_pro_rata,        // ... to the equity behind it
};
[[nodiscard]] constexpr bool is_proportional(AdlRank rank) {
    return rank == AdlRank::pro_rata || rank == AdlRank::integer_pro_rata ||
           rank == AdlRank::profit_pro_rata || rank == AdlRank::equity_pro_rata;
}
enum class AdlPrice : std::uint8_t { bankruptcy, previous_mark, mark, previous_oracle };
// Positions whose losses one fund bears.
enum class FundScope : std::uint8_t { venue, group, instrument };
// Who bears what the fund could not pay.
enum class SocialiseBy : std::uint8_t {
    positions,  // all open positions of the instrument, by size: Drift
    winners,    // whose positions stand in profit, by unrealised gain: Deribit
};
// What neither margin nor fund covered: stays as bad debt, or the firm that runs the venue pays it
// (negative-balance protection).
enum class ShortfallTo : std::uint8_t { bad_debt, firm };
struct FundRule {
    Money initial;
    ShortfallTo shortfall_to = ShortfallTo::bad_debt;
    FundScope scope = FundScope::venue;
    SocialiseBy socialise_by = SocialiseBy::positions;
    Money least_balance;  // pool_drawdown counts only above this balance
    std::int64_t position_cap_ppm =
        1'000'000;               // net notional the fund may hold, share of the cash it has
    Duration unwind = hours(2);  // horizon over which taken positions are sold
    std::int64_t unwind_participation_ppm = 50'000;  // of traded volume
};
// What the drawdown of a pool measures against its 8 h maximum: the pool's own fall, or that of one
// symbol's result from the result's maximum (Bybit since 19 December 2025).
enum class DrawdownOf : std::uint8_t { pool, symbol };
struct AdlRule {
    AdlTrigger trigger = AdlTrigger::fund_cap;
    DrawdownOf drawdown_of = DrawdownOf::pool;
    AdlRank rank = AdlRank::pnl_times_margin_ratio;
    AdlPrice price = AdlPrice::bankruptcy;
    std::int64_t drawdown_ppm = 300'000;       // pool_drawdown: start
    std::int64_t drawdown_stop_ppm = 250'000;  // pool_drawdown: stop
    Money fall_least;                          // average_fall: least fall that counts
    Duration delay = seconds(0);               // least time between takeover failing and ADL
};

// Prices at which orders may trade.
enum class BandMethod : std::uint8_t {
    none,
    around_mark,    // mark * (1 - down .. 1 + up): Binance, Deribit
    around_last,    // last price likewise: Bybit
    index_premium,  // index and average premium within `up`, at most `outer`: OKX
};
struct BandRule {
    BandMethod method = BandMethod::none;
    std::int64_t down_ppm = 0, up_ppm = 0, outer_ppm = 0;
};

// A move of a price within a window stops matching for a while.
enum class BreakerOn : std::uint8_t { none, mark, index };  // price that is watched; none = off
enum class BreakerScope : std::uint8_t { coin, venue };     // perps that halt: the coin's, all
// Who else halts: nobody, or every venue whose rule says market as well.
enum class BreakerReach : std::uint8_t { venue, market };
// What ends a halt: a uniform-price auction, or waiting orders one by one in order of arrival.
enum class Reopening : std::uint8_t { auction, resume };
struct BreakerRule {
    BreakerOn on = BreakerOn::none;
    std::int64_t fall_ppm = 0, rise_ppm = 0;  // from the window's extreme; 0 = not watched
    Duration window = minutes(5);
    Duration halt = minutes(5);
    BreakerScope scope = BreakerScope::coin;
    BreakerReach reach = BreakerReach::venue;
    Reopening reopening = Reopening::auction;  // of timed halts, too
};
// Every book of the venue, spot too, halts between these times after the start; equal = never.
struct TimedHaltRule {
    Duration from, to;
};

enum class LiquidationFeed : std::uint8_t { one_per_second, all, none };

struct VenueRules {
    MarginRule margin;
    std::vector<AssetCollateral> collateral;
    BandRule band;
    BreakerRule breaker;
    TimedHaltRule halt;
    MarkRule mark;
    FundingRule funding;
    LiquidationRule liquidation;
    FundRule fund;
    AdlRule adl;
    LiquidationFeed feed = LiquidationFeed::all;
    // Share of calm depth within their ladder that makers must keep showing here; 0 = none.
    std::int64_t maker_floor_ppm = 0;
    std::int64_t taker_fee_ppm = 450;
    std::int64_t maker_fee_ppm = 150;
    std::int64_t index_outlier_ppm =
        50'000;  // index source further than this from the median is dropped
    Duration index_stale = seconds(10);
    bool trigger_at_equality = false;  // liquidate at margin ratio == 100 % or only beyond
};

}  // namespace margincall::inline rules
