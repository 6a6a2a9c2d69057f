// Plan: the checked, complete and constant description of a run. Dense ids, resolved defaults,
// sorted rows. One const Plan is shared by all worlds; text and its positions stay in `scenario`.
//
// Units: money in USD as double where agents use it, exact integers in the venues' rule rows.
// Shares and rates of agents are fractions (0.05 = 5 %). Volatility is the daily standard deviation
// of log returns. Defaults come from the model specification; section numbers in comments refer to
// docs/model.md.
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <vector>

#include "base/time.hpp"
#include "market/instrument.hpp"
#include "market/order.hpp"
#include "plan/defi_plan.hpp"
#include "plan/switches.hpp"
#include "rules/account.hpp"
#include "rules/margin_schedule.hpp"
#include "rules/rules.hpp"

namespace margincall::inline plan {

struct AssetPlan {
    std::string name;            // "BTC"
    double price = 0.0;          // USD at the start
    double open_interest = 0.0;  // USD, all venues with dated futures, one side
    double volatility = 0.022;   // sigma, per day
    double beta = 1.0;           // to BTC, of daily moves (1.1 table)
    double volume = 0.0;         // economic volume V, USD per day, spot and perp, all venues
    double depth_1pct =
        0.0;  // D1, USD resting within 1 % on one side, all venues, both kinds, calm
    double depth_exponent = 0.65;     // g: cumulative maker depth inside 1 % grows with distance^g
    double patient_factor = 1.0;      // f5: patient depth within 5 % is f5 * D1
    double noise_correlation = 0.72;  // of the fair-value noises of two such coins (8.1)
    double size_min = 0.0;            // USD, smallest noise order
    bool tail = false;                // drawn from the long-tail template
    bool pegged = false;              // worth a dollar: traded by its own agents only, no perps
};

enum class VenueKind : std::uint8_t { central_perp, chain_perp, spot_only };
struct VenuePlan {
    std::string name;  // "A"
    VenueKind kind = VenueKind::central_perp;
    VenueRules rules;
    // Coins whose perps share one fund when the scope is a group; all others share one more.
    std::vector<std::vector<AssetId>> fund_groups;
    double oi_share = 0.0;             // share of each asset's open interest
    std::int64_t leverage_max = 1000;  // a cap beside the tiers'; above all of them = none
    double account_leverage = 1.0;     // leverage of its leveraged accounts over the population's
    double thinned_share = 0.0;  // of the positions of PopulationPlan::thinned that are not there
    double stands_for = 1.0;     // so many venues alike: its largest account is one of theirs
    double spot_share = 0.0;     // share of spot volume and depth; 0 = no spot books
    double perp_share = 0.0;     // share of perp volume and depth
    double index_weight = 1.0;   // weight of its spot books in the index
    double maker_latency_ms = 1.0;  // medians, one way, lognormal
    double maker_latency_sigma = 0.3;
    double arbitrage_latency_ms = 15.0;
    double arbitrage_latency_sigma = 0.4;
    double retail_latency_ms = 150.0;
    double retail_latency_sigma = 0.6;
    Duration block = Duration{};      // > 0: commands execute at block boundaries (chain venues)
    std::int64_t overload_queue = 0;  // messages per second it can take; 0 = never overloaded
    // Messages per second that reach it in an ordinary market; in a fast one as many times more as
    // volatility. What its queue holds longer than a request may live is refused, so nothing waits
    // longer.
    double calm_messages = 2'000.0;
    Duration request_life = seconds(5);
};

struct InstrumentPlan {
    std::string name;  // "A:BTC-PERP"
    Instrument instrument;
    MarginTiers tiers;  // perps only; the marginal styles' table in parts per million
    MarginSchedule
        schedule;  // perps only: what the venue's margin rule makes of its table, in lots
    double held_coins = 0.0;    // open interest that the model holds still, one side (section 5.2)
    double volume_share = 0.0;  // of the asset's V
    double depth_share = 0.0;   // of the asset's D1 and patient depth
    std::int64_t tick_parts = 1;  // ticks of the scenario in one of the instrument's
};

// A group of owners, by what they are when the run starts. Bounds are from (inclusive) to (exclusive).
enum class GroupKind : std::uint8_t { all, isolated, cross };
enum class GroupSide : std::uint8_t { both, longs, shorts };
struct OwnerGroupPlan {
    GroupKind kind = GroupKind::all;
    GroupSide side = GroupSide::both;
    double leverage_from = 0.0, leverage_to = 1'000.0;  // at entry, of the account
    double size_from = 0.0, size_to = 1e15;  // worth of the account at entry a person, USD
};

// Leveraged accounts, section 5. Ten of the defaults differ from the model's start values: they
// were fitted to complete liquidation feeds against real prices (docs/population.md), common to all
// events.
struct PopulationPlan {
    std::int64_t rows = 500'000;  // account rows to draw over all venues; 0 = full (weight 1)
    bool full = false;
    double size_median = 450.0;            // S_med, USD, isolated
    double size_sigma = 2.15;              // s
    double leverage_median = 7.5;          // L_med
    double leverage_slope = 0.155;         // b
    double leverage_sigma = 1.3;           // s_L
    double cross_equity_median = 2'000.0;  // USD
    double cross_equity_sigma = 2.4;
    double cross_tail_from = 1e6;  // USD: Pareto tail above
    double cross_tail_exponent = 1.1;
    double cross_leverage_median = 2.4;
    double cross_leverage_sigma = 0.52;
    double holding_days = 15.0;        // age ~ Exp(holding_days * 3 / L)
    double liquidatable_share = 0.51;  // liq_oi: of open interest that can be liquidated
    double isolated_share = 0.23;      // of it in isolated rows
    double hedged_short_share =
        0.40;  // of shorts that are hedgers and basis traders (leverage 1-2)
    double short_leverage_factor = 1.2;
    double leverage_state = 1.0;               // lambda, computed by the rule of 5.2 step 6
    double stop_share = 0.32;                  // rows with a stop ...
    double stop_low = 0.25, stop_high = 0.85;  // ... at this part of the way to liquidation
    double round_level_share = 0.35;           // stops near a round level moved beyond it
    double round_level_reach = 0.03;
    double round_level_beyond = 0.0015;
    double top_up_share = 0.40;
    double top_up_ratio = 0.8;   // margin ratio at which a top-up is considered
    double top_up_median = 0.8;  // of initial margin
    double top_up_sigma = 0.5;
    double top_up_delay_min = 8.0;  // mean, minutes
    double top_up_awake = 0.6, top_up_awake_night = 0.35;
    double deleverage_hazard = 0.55;  // h0 per hour
    double deleverage_from = 0.4;     // loss share of margin
    double turnover_per_day = 0.30;   // of open interest (5.5)
    double long_bias = 0.2;           // a0
    double long_trend = 0.25;         // a1
    double long_dip = 0.15;           // a2
    double profit_share = 0.5;        // of owners without a hedge: want to close at a profit ...
    double profit_from = 0.02, profit_to = 0.15;  // ... so far beyond their entry, drawn once
    double row_cap_share = 0.01;    // largest account, share of its instrument's open interest
    std::int64_t coins_max = 1;     // a cross account wants 1 to so many coins, all as likely
    OwnerGroupPlan thinned;         // of whose positions VenuePlan::thinned_share is not there
    Duration clock = seconds(1);    // opening and closing decisions
    std::vector<AccountSeed> book;  // given accounts instead of drawn ones; empty = draw
};

struct MarketMakerPlan {           // 7.1
    std::int64_t firms = 4;        // firms per instrument group at this size
    double news_weight = 0.3;      // w_F
    double pass_through = 0.9;     // chi
    double fast_delay_ms = 200.0;  // news delay, median, fast firms
    double slow_delay_s = 20.0;    // slow firms
    double slow_share = 0.4;
    double half_spread_bps = 0.25;  // delta_min BTC perp; scaled per asset by its volatility
    double inventory_skew = 0.5;    // a_q
    double vol_withdraw = 9.0;  // k of the depth curve, median over firms; of patient orders, too
    double vol_withdraw_sigma = 0.3;
    double recovery_down_s = 60.0;  // tau_down
    double recovery_up_min = 5.0;   // tau_up
    double depth_state = 0.7;       // l0 at the start
    double learn_min = 20.0;  // time constant of the belief toward the traded price, on the clock
    double news_absorb_min = 20.0;  // the part of news beyond w_F reaches quotes with this constant
    double revert_hours = 12.0;     // belief drifts back to F with this time constant, on the clock
    double flow_impact =
        2.0;  // lambda: price move per net taker flow, in sigma per V (docs/agents.md)
    double flow_permanent = 20.0;       // price move for good per net taker flow, in sigma per V
    double flow_decay = 0.35;           // impact of a flow decays with time to this power
    double capital = 3e9;               // USD, population
    double inventory_max_share = 0.3;   // Q_max of a firm as share of its capital, per instrument
    double hedge_above = 0.3;           // of Q_max
    double hedge_participation = 0.10;  // of the volume of a calm market; times z, at most half
    double refill_half_life_s = 10.0;
    std::int64_t levels = 10;  // ladder levels per side
    double reach = 0.02;       // outermost level, share of price
    Duration clock = seconds(1);
    // A firm leaves a venue in front of which a request waits longer. The curve of depth has the stops
    // in it that were measured, so this is more than a request may live.
    double stop_latency_ms = 10'000.0;
    bool enabled = true;
};

struct PatientPlan {                // section 3, second layer
    double from = 0.01, to = 0.30;  // distance band, share of price; from < 5 %
    double exponent = 1.0;          // p: D_pat(x) = f5 * D1 * ((x - from) / (5 % - from))^p
    double return_half_life_min = 30.0;
    std::int64_t orders_per_side = 190;  // per instrument at full strength
    Duration clock = seconds(10);
    bool enabled = true;
};

struct NoisePlan {                    // 7.3
    double size_tail = 1.7;           // power tail exponent
    double hurst = 0.65;              // long memory of signs
    double metaorder_mean = 12.0;     // child orders per metaorder (mean)
    double volume_share = 0.6;        // of V carried by noise takers
    double orders_per_second = 0.25;  // per instrument at unit volume share; sizes follow from V
    bool enabled = true;
};

struct ArbitragePlan {           // 7.2
    double capital = 1.5e9;      // cross-venue, USD
    double threshold_bps = 1.0;  // beyond fees
    double vol_factor = 0.5;
    double transfer_min = 5.0, transfer_max = 30.0;  // minutes
    double basis_threshold_bps = 5.0;                // theta0
    double basis_premium_bps = 2.0;                  // pi0
    double basis_inventory_bps = 20.0;               // k_pi
    double basis_capital = 1.6e9;  // I_cap, USD, BTC; others scale with open interest
    Duration clock = seconds(1);
    bool enabled = true;
    // Of the hedgers' shorts: held by basis funds, who trade them, and not by rows that sit still.
    double fund_share = 0.5;
    bool unlimited = false;  // as Switches::arbitrage_unlimited acts; not read by the scenario
};

struct TrendPlan {
    double rate = 0.04;
    double fast_min = 15.0;
    double slow_min = 180.0;
    double perp_share = 0.8;
    Duration clock = seconds(10);
    bool enabled = true;
};
struct PanicPlan {
    double share = 0.05;                // p
    double threshold = 2.0, cap = 6.0;  // in hourly sigmas
    double budget = 0.02;               // of V per day
    double fear_factor = 1.0;           // c_F
    double uncertainty_factor = 1.0;    // c_U
    Duration clock = seconds(10);
    bool enabled = true;
};
struct DipBuyerPlan {
    double share = 0.06;  // d
    double from = 0.012;
    double cap = 60.0;
    double budget = 0.03;  // of V per day
    double delay_min = 4.0, delay_sigma = 0.8;
    double anchor_days = 1.0;
    Duration clock = seconds(10);
    bool enabled = true;
};

// Exogenous factors and fair value, section 8.
struct FactorPlan {
    double sigma_share = 0.55;  // sigma_F = share * sigma
    double equities_beta_btc = 2.0, equities_beta_eth = 2.8;
    double p_cut = 0.05, usd = -1.5, oil = -0.05;  // BTC loadings; others through beta
    double uniform_share = 0.35;  // of a factor event spread evenly, the rest in random jumps
    double jumps_per_hour = 2.0;
    double diffusion = 0.0;  // small diffusion of the factors, share of sigma
    Duration clock = seconds(1);
};

// In the order of the names that a scenario may use (scenario/fields.cpp).
enum class EventType : std::uint8_t {
    factor,
    fair_value,
    flow,
    uncertainty,
    collateral,
    hack,
    venue,
    regulatory,
    information,
    options,
    loans
};
struct EventPlan {
    std::string name;
    std::uint32_t row = 0;  // in the scenario's list, as in --set events.0.scale=2
    EventType type = EventType::factor;
    std::string cause;  // cause tag: macro, holders, funds, security, ...
    SimTime at;
    SimTime until;  // == at for an instant event
    // factor: changes of (p_cut, usd, oil, equities) in their own units (fractions)
    double d_p_cut = 0.0, d_usd = 0.0, d_oil = 0.0, d_equities = 0.0;
    // fair_value: log change per asset (dense, by AssetId)
    std::vector<double> d_fair_value;
    // flow: USD sold (positive) or bought (negative) per asset
    std::vector<double> sell_usd;
    double scale =
        1.0;  // of what is declared; already in every size here. 0: the row stands, nothing happens
    // flow: what is traded in equal parts of the window, relative to each other; empty = evenly
    std::vector<double> profile;
    double participation = 0.05;   // of traded volume
    double pause_below_1h = -1.0;  // flow pauses while the 1 h return is below this; -1 = never
    double last_part_share = 0.0;  // share executed in the last `last_part` of the window (ETF)
    Duration last_part = Duration{};
    bool perps = false;   // execute on perps instead of spot
    bool forced = false;  // market orders at once, whatever the book shows: nobody may wait
    // flow: begins when the coin's index stands below this inside the window, and is then traded over
    // `trigger_over`; 0 = at `at`
    double trigger_below = 0.0;
    Duration trigger_over = Duration{};
    AssetId coin;  // of an answer, of options and of loans
    // flow: in place of `sell_usd`, what the returns of `coin` say (docs/agents.md, "Funds that
    // answer"): USD a day, bought where positive; yesterday's and today's return in per cent
    double answer_base = 0.0, answer_yesterday = 0.0, answer_today = 0.0;
    double answer_noise = 0.0;  // standard deviation
    // uncertainty
    double add_uncertainty = 0.0;
    double half_life_days = 0.0;  // 0 = does not decay
    // hack: an attacker acts on the pools of the plan; what they lose is theirs to compute
    double reported_usd = 0.0;  // drained in all places, as reported
    double sold_share = 0.0;    // of it that is sold as ether until `until`
    // collateral: the share token's value after, as a share of that before
    double collateral_value = 1.0;
    bool follows_hack = false;  // left out together with the incident
    // venue: until `until`, at these venues
    std::vector<VenueId> venues;
    bool stops_transfers = false;  // balances do not move to or from them
    double load = 1.0;             // times the messages that reach them
    double request_delay_s = 0.0;  // a request waits so much longer in front of them
    // regulatory: from `at` until `until`, to the end of the run where the two are equal; adds to U
    // as well. `venues`: whose fee changes; none named: all.
    double retail_leaves = 0.0;  // share of the crowd's orders and of new leveraged accounts
    double fee_change = 0.0;     // of the taker fee, share of what is traded
    // information: who knows of another event from `at` on has opened by `until` what `sell_usd`
    // says, and closes it after that event (docs/agents.md, "Informed traders"). `venues` as above;
    // none named: all.
    std::string about;                                   // name of the event that they know of
    SimTime about_at;                                    // when it comes
    std::int64_t traders = 8;                            // so many, of equal size
    double leverage_low = 5.0, leverage_high = 10.0;     // size over deposit; uniform over traders
    double close_low_min = 30.0, close_high_min = 60.0;  // time in which one closes; uniform
    double precision = 1.0;  // chance that a trader takes the right side
    // options: open at one strike until `until`, USD at the index when they are first hedged; what
    // hedging dealers hold of it, net, bought above 0; volatility for a year
    double open_usd = 0.0, strike_usd = 0.0, dealers = 0.0, implied_volatility = 0.5;
    // loans: dollars against `coin` outside the venues; loan to value at `at`, even from low to high;
    // the borrower is called at `call`, brings it back to `restore` with the chance `cures`; at `sale`
    // the lender sells
    double loans_usd = 0.0, ltv_low = 0.2, ltv_high = 0.6;
    double ltv_restore = 0.6, ltv_call = 0.75, ltv_sale = 0.85, cures = 0.5;
    std::string source;
    std::string confidence;
};

// Price history before the start, for burn-in, volatility and anchors.
struct HistoryPlan {
    Duration step = minutes(30);
    std::vector<std::vector<double>> price;  // [asset][k], USD, oldest first, the last is the start
    double open_interest_over_mean90 = 1.0;
    double volatility_30d = 0.023;
    double funding_7d = 0.0001;      // per 8 h, fraction
    std::vector<double> fear_greed;  // daily prints known at the start, oldest first
    // Optional, [asset][k] like `price`: lowest and highest price inside the step that ends at k.
    // Where absent, the extremes of a step are its ends, so the grid itself must show the wicks.
    std::vector<std::vector<double>> low, high;
};

struct OutputPlan {
    Duration bar = minutes(1);     // series step of run.db
    Duration depth = seconds(30);  // depth sampling
    Duration map = minutes(60);    // liquidation map
    bool tables = true;
};

// Measured and press figures beside the simulated ones; used by no mechanism.
struct ObservedPlan {
    std::string metric;  // a name of docs/metrics.md
    double value = 0.0;
    double tolerance = 0.0;  // absolute, in the metric's unit
    bool has_value = false;
    std::string article;  // what the press said, as text
    std::string source;
    std::string note;
};
// Values that a key may have and nobody knows better; used by no mechanism, drawn from by whoever asks how much
// an answer hangs on them.
struct RangePlan {
    std::string key;                  // as in --set
    double low = 0.0, high = 0.0;     // in `unit`
    std::string unit;                 // with the space before it, as in " min"
    std::vector<std::string> one_of;  // in place of low and high
    std::string source;
};

struct ObservedPath {  // measured path shown beside the simulated one
    std::string asset;
    std::string source;
    Duration step = hours(1);
    std::vector<double> price;  // USD, close of step k; first covers [start, start+step)
};

// Prices that makers quote around instead of forming one: log return since `from` at each step, of
// every coin (dense, by AssetId; empty = the coin forms its own). A test of everything but price
// formation; no key of a scenario sets it.
struct ImposedPrices {
    Duration from = Duration{};
    Duration step = minutes(1);
    std::vector<std::vector<double>> log_return;
};

// Every figure of the scenario with where it comes from, for the report.
struct InputNote {
    std::string key, value, status, source;  // status: measured, reported, derived, assumed
};

// How much of the market is simulated: everything, alike venues and coins as one
// (docs/reduced-world.md), or a coarse look (plan/world_size.hpp).
enum class WorldSize : std::uint8_t { full, reduced, preview };

struct Plan {
    std::string name, title, about;
    WorldSize size = WorldSize::full;
    std::string scenario_hash;  // of the resolved text
    std::int64_t start_unix_s = 0;
    Duration length = hours(24);
    Duration day_from = Duration{};  // window of the "day" metrics, relative to the start
    Duration day_to = hours(24);
    // > 0: the run ends after so many events, as one that was interrupted there.
    std::int64_t stop_after_events = 0;
    std::uint64_t seed = 1;
    std::int64_t paths = 1;         // worlds of a run: seeds seed .. seed + paths - 1
    std::vector<AssetPlan> assets;  // [0] is BTC
    std::vector<VenuePlan> venues;
    std::vector<InstrumentPlan> instruments;
    PopulationPlan population;
    MarketMakerPlan maker;
    PatientPlan patient;
    NoisePlan noise;
    ArbitragePlan arbitrage;
    TrendPlan trend;
    PanicPlan panic;
    DipBuyerPlan dip_buyer;
    FactorPlan factors;
    DefiPlan defi;
    std::vector<EventPlan> events;  // sorted by (at, order in the file)
    HistoryPlan history;
    double uncertainty = 0.0;  // U at the start
    double season =
        1.0;  // calm-depth multiplier of the hour of day at the start; see season_by_hour
    std::array<double, 24> season_by_hour = {1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1,
                                             1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1};
    Switches switches;
    OutputPlan output;
    std::vector<ObservedPlan> observed;
    std::vector<RangePlan> ranges;
    std::vector<ObservedPath> observed_paths;
    ImposedPrices imposed;
    std::vector<InputNote> inputs;
};

// The asset of that name; invalid when the plan has none.
[[nodiscard]] inline AssetId find_asset(const Plan& plan, std::string_view name) {
    for (std::size_t a = 0; a < plan.assets.size(); ++a) {
        if (plan.assets[a].name == name) {
            return AssetId::from_raw(static_cast<std::uint16_t>(a));
        }
    }
    return AssetId{};
}

}  // namespace margincall::inline plan
