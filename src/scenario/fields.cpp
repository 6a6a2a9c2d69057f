#include "scenario/fields.hpp"

#include <algorithm>
#include <cmath>

#include "base/check.hpp"
#include "plan/world_size.hpp"
#include "rules/adl_rank.hpp"

namespace margincall::inline scenario {
namespace {

constexpr std::array<std::string_view, 3> kind_words = {"central-perp", "chain-perp", "spot-only"};
constexpr std::array<std::string_view, 7> mark_words = {
    "median(index+funding, index+average, last)",
    "median(oracle+ema, book, perps)",
    "index+funding",
    "index+average",
    "index+ema",
    "last-in-book",
    "oracle"};
constexpr std::array<std::string_view, 3> weights_words = {"flat", "linear", "moving"};
constexpr std::array<std::string_view, 2> funding_price_words = {"mark", "index"};
constexpr std::array<std::string_view, 7> style_words = {"ioc-to-safety",
                                                         "tier-ladder",
                                                         "market-then-rest",
                                                         "tiers-down",
                                                         "slices",
                                                         "fillable-ioc",
                                                         "liquidator-share"};
constexpr std::array<std::string_view, 5> takeover_words = {"fund-at-bankruptcy",
                                                            "engine-at-bankruptcy",
                                                            "vault-below-share",
                                                            "fund-per-fill",
                                                            "socialise"};
constexpr std::array<std::string_view, 6> adl_trigger_words = {
    "fund-cap", "pool-drawdown", "equity-negative", "average-fall", "fund-empty", "never"};
constexpr std::array<std::string_view, 4> adl_price_words = {
    "bankruptcy", "previous-mark", "mark", "previous-oracle"};
constexpr std::array<std::string_view, 4> margin_style_words = {
    "marginal", "whole-tier", "stepped", "linear-in-size"};
constexpr std::array<std::string_view, 2> measure_words = {"value", "size"};
constexpr std::array<std::string_view, 3> valuation_words = {"mark", "entry", "oracle"};
constexpr std::array<std::string_view, 2> maintenance_words = {"own-rate", "share-of-initial"};
constexpr std::array<std::string_view, 3> close_fee_words = {"none", "maintenance", "both"};
constexpr std::array<std::string_view, 2> profit_words = {"at-par", "in-collateral"};
constexpr std::array<std::string_view, 5> funding_method_words = {
    "impact+damper", "mean-clamp", "continuous", "vote-median", "twap-gap"};
constexpr std::array<std::string_view, 4> band_words = {
    "none", "around-mark", "around-last", "index+premium"};
constexpr std::array<std::string_view, 3> breaker_words = {"none", "mark", "index"};
constexpr std::array<std::string_view, 2> breaker_scope_words = {"coin", "venue"};
constexpr std::array<std::string_view, 2> breaker_reach_words = {"venue", "market"};
constexpr std::array<std::string_view, 2> reopening_words = {"auction", "resume"};
constexpr std::array<std::string_view, 2> shortfall_words = {"bad-debt", "firm"};
constexpr std::array<std::string_view, 3> fund_scope_words = {"venue", "group", "instrument"};
constexpr std::array<std::string_view, 2> order_words = {"bankruptcy-limit", "market"};
constexpr std::array<std::string_view, 2> drawdown_words = {"pool", "symbol"};
constexpr std::array<std::string_view, 2> socialise_words = {"positions", "winners"};
constexpr std::array<std::string_view, 2> oracle_words = {"capped", "market"};
constexpr std::array<std::string_view, 2> rounding_words = {"flawed", "corrected"};
constexpr std::array<std::string_view, 3> value_words = {
    "own-book", "redemption-anchored", "multi-venue-median"};
constexpr std::array<std::string_view, 3> group_kind_words = {"all", "isolated", "cross"};
constexpr std::array<std::string_view, 3> group_side_words = {"both", "long", "short"};
constexpr std::array<std::string_view, 3> feed_words = {"one per second and symbol", "all", "none"};

// The accessors are plain functions, so the table is data: MEMBER names the member of the row `t`.
#define MC_MEMBER(member) (+[](FieldTarget& t) { return &(member); })
#define MC_CHOICE(type, member)                                                         \
    FunctionAccess {                                                                    \
        +[](FieldTarget& t, double k) { t.venue->plan.member = static_cast<type>(k); }, \
            +[](FieldTarget& t) { return static_cast<double>(t.venue->plan.member); }   \
    }

#define MC_GLOBAL_CHOICE(type, member)                                                      \
    FunctionAccess {                                                                        \
        +[](FieldTarget& t, double k) {                                                     \
            t.global->plan.defi.member = static_cast<type>(static_cast<std::uint8_t>(k));   \
        },                                                                                  \
            +[](FieldTarget& t) { return static_cast<double>(t.global->plan.defi.member); } \
    }

#define MC_GROUP_CHOICE(type, member)                                                 \
    FunctionAccess {                                                                  \
        +[](FieldTarget& t, double k) {                                               \
            t.global->plan.population.thinned.member =                                \
                static_cast<type>(static_cast<std::uint8_t>(k));                      \
        },                                                                            \
            +[](FieldTarget& t) {                                                     \
                return static_cast<double>(t.global->plan.population.thinned.member); \
            }                                                                         \
    }

constexpr FunctionAccess seed_access{
    +[](FieldTarget& t, double k) { t.global->plan.seed = static_cast<std::uint64_t>(k); },
    +[](FieldTarget& t) { return static_cast<double>(t.global->plan.seed); }};
constexpr FunctionAccess size_access{
    +[](FieldTarget& t, double k) { t.global->plan.size = static_cast<WorldSize>(k); },
    +[](FieldTarget& t) { return static_cast<double>(t.global->plan.size); }};

// One row a key.
// clang-format off
const std::vector<Field>& field_table() {
    static const std::vector<Field> rows = {
        {Scope::global, "schema", Unit::count, 1, 1, 1.0, false, {}, MC_MEMBER(t.global->schema), "version of the file format", "this program reads format 1"},
        {Scope::global, "world.size", Unit::choice, 1.0, 0.0, 1.0, false, world_size_words, size_access, "how much of the world is simulated; reduced and preview imply other keys, which the scenario may set itself", ""},
        {Scope::global, "meta.name", Unit::text, 1.0, 0.0, 1.0, false, {}, MC_MEMBER(t.global->plan.name), "short name, used for the run folder; the file name when absent", ""},
        {Scope::global, "meta.title", Unit::text, 1.0, 0.0, 1.0, false, {}, MC_MEMBER(t.global->plan.title), "one line for the head of the report", ""},
        {Scope::global, "meta.about", Unit::text, 1.0, 0.0, 1.0, false, {}, MC_MEMBER(t.global->plan.about), "two or three sentences for the report", ""},
        {Scope::global, "clock.start", Unit::time, 1230768000, 4102444800, 1.0, true, {}, MC_MEMBER(t.global->start_unix_s), "first simulated moment, UTC", "2009 to 2100"},
        {Scope::global, "clock.length", Unit::duration, 60, 2678400, 1.0, true, {}, MC_MEMBER(t.global->plan.length), "simulated time", "state and history are those of days, not of months"},
        {Scope::global, "clock.day_from", Unit::duration, 0, 2678400, 1.0, false, {}, MC_MEMBER(t.global->plan.day_from), "start of the window of the day metrics, from clock.start", ""},
        {Scope::global, "clock.day_to", Unit::duration, 0, 2678400, 1.0, false, {}, MC_MEMBER(t.global->plan.day_to), "end of the window of the day metrics, from clock.start", ""},
        {Scope::global, "clock.stop_after_events", Unit::count, 0, 9007199254740992, 1.0, false, {}, MC_MEMBER(t.global->plan.stop_after_events), "ends the run after so many events, as an interrupted run ended; 0 = never", "what resolved.toml of an interrupted run says, so that it can be repeated"},
        {Scope::global, "random.seed", Unit::count, 0, 9007199254740992, 1.0, false, {}, seed_access, "the one seed; every stream of random numbers is derived from it by name", "a whole number below 2^53"},
        {Scope::global, "random.paths", Unit::count, 1, 1000000, 1.0, false, {}, MC_MEMBER(t.global->plan.paths), "number of paths; path k has the seed random.seed + k", "a million worlds"},
        {Scope::global, "market.uncertainty", Unit::number, 0, 10, 1.0, false, {}, MC_MEMBER(t.global->plan.uncertainty), "uncertainty index U at the start (model 8.3): thins books, adds panic, halves dip buyers' capital at 1", ""},
        {Scope::global, "population.size_median", Unit::usd, 1, 1e7, 1.0, false, {}, MC_MEMBER(t.global->plan.population.size_median), "median notional of an isolated position (model 5.2)", ""},
        {Scope::global, "population.size_sigma", Unit::number, 0.1, 4, 1.0, false, {}, MC_MEMBER(t.global->plan.population.size_sigma), "log standard deviation of that notional", ""},
        {Scope::global, "population.leverage_median", Unit::number, 1, 125, 1.0, false, {}, MC_MEMBER(t.global->plan.population.leverage_median), "median leverage of an isolated position at the median size", ""},
        {Scope::global, "population.leverage_slope", Unit::number, 0, 1, 1.0, false, {}, MC_MEMBER(t.global->plan.population.leverage_slope), "how fast leverage falls with size: exponent", ""},
        {Scope::global, "population.leverage_sigma", Unit::number, 0, 2, 1.0, false, {}, MC_MEMBER(t.global->plan.population.leverage_sigma), "log standard deviation of isolated leverage", ""},
        {Scope::global, "population.cross.equity_median", Unit::usd, 1, 1e8, 1.0, false, {}, MC_MEMBER(t.global->plan.population.cross_equity_median), "median equity of a cross account", ""},
        {Scope::global, "population.cross.equity_sigma", Unit::number, 0.1, 4, 1.0, false, {}, MC_MEMBER(t.global->plan.population.cross_equity_sigma), "log standard deviation of cross equity", ""},
        {Scope::global, "population.cross.tail_from", Unit::usd, 1000, 1e9, 1.0, false, {}, MC_MEMBER(t.global->plan.population.cross_tail_from), "cross equity above which the tail is a power law", ""},
        {Scope::global, "population.cross.tail_exponent", Unit::number, 1.01, 4, 1.0, false, {}, MC_MEMBER(t.global->plan.population.cross_tail_exponent), "exponent of that tail", "above 1, else the mean is infinite"},
        {Scope::global, "population.cross.leverage_median", Unit::number, 0.1, 50, 1.0, false, {}, MC_MEMBER(t.global->plan.population.cross_leverage_median), "median effective leverage of a cross account", ""},
        {Scope::global, "population.cross.leverage_sigma", Unit::number, 0, 2, 1.0, false, {}, MC_MEMBER(t.global->plan.population.cross_leverage_sigma), "log standard deviation of cross leverage", ""},
        {Scope::global, "population.holding_days", Unit::number, 0.1, 365, 1.0, false, {}, MC_MEMBER(t.global->plan.population.holding_days), "mean age of a 3x position in days; age ~ Exp(this * 3 / leverage)", ""},
        {Scope::global, "population.liquidatable_share", Unit::share, 0, 1, 1.0, false, {}, MC_MEMBER(t.global->plan.population.liquidatable_share), "share of open interest that can be liquidated; the rest is dated futures, hedged or at most 1x", ""},
        {Scope::global, "population.isolated_share", Unit::share, 0, 1, 1.0, false, {}, MC_MEMBER(t.global->plan.population.isolated_share), "share of the liquidatable open interest in isolated rows", ""},
        {Scope::global, "population.hedged_short_share", Unit::share, 0, 1, 1.0, false, {}, MC_MEMBER(t.global->plan.population.hedged_short_share), "share of shorts that are hedgers or basis traders", ""},
        {Scope::global, "population.short_leverage_factor", Unit::number, 0.1, 5, 1.0, false, {}, MC_MEMBER(t.global->plan.population.short_leverage_factor), "leverage of speculative shorts relative to longs", ""},
        {Scope::global, "population.stops.share", Unit::share, 0, 1, 1.0, false, {}, MC_MEMBER(t.global->plan.population.stop_share), "share of isolated rows with a stop order", ""},
        {Scope::global, "population.stops.low", Unit::share, 0, 1, 1.0, false, {}, MC_MEMBER(t.global->plan.population.stop_low), "nearest stop, as part of the way from entry to liquidation", ""},
        {Scope::global, "population.stops.high", Unit::share, 0, 1, 1.0, false, {}, MC_MEMBER(t.global->plan.population.stop_high), "farthest stop", ""},
        {Scope::global, "population.stops.round_share", Unit::share, 0, 1, 1.0, false, {}, MC_MEMBER(t.global->plan.population.round_level_share), "probability that a stop near a round level is moved beyond it; 0 tests statement S4", ""},
        {Scope::global, "population.stops.round_reach", Unit::share, 0, 1, 1.0, false, {}, MC_MEMBER(t.global->plan.population.round_level_reach), "how near", ""},
        {Scope::global, "population.stops.round_beyond", Unit::share, 0, 1, 1.0, false, {}, MC_MEMBER(t.global->plan.population.round_level_beyond), "how far beyond", ""},
        {Scope::global, "population.top_up.share", Unit::share, 0, 1, 1.0, false, {}, MC_MEMBER(t.global->plan.population.top_up_share), "share of rows that add margin once", ""},
        {Scope::global, "population.top_up.ratio", Unit::share, 0, 1, 1.0, false, {}, MC_MEMBER(t.global->plan.population.top_up_ratio), "margin ratio at which they think of it", ""},
        {Scope::global, "population.top_up.median", Unit::number, 0, 10, 1.0, false, {}, MC_MEMBER(t.global->plan.population.top_up_median), "median amount, in initial margins", ""},
        {Scope::global, "population.top_up.sigma", Unit::number, 0, 3, 1.0, false, {}, MC_MEMBER(t.global->plan.population.top_up_sigma), "log standard deviation of the amount", ""},
        {Scope::global, "population.top_up.delay", Unit::duration, 0, 86400, 1.0 / 60.0, false, {}, MC_MEMBER(t.global->plan.population.top_up_delay_min), "mean delay until it arrives", ""},
        {Scope::global, "population.top_up.awake", Unit::share, 0, 1, 1.0, false, {}, MC_MEMBER(t.global->plan.population.top_up_awake), "probability that the owner reacts by day", ""},
        {Scope::global, "population.top_up.awake_night", Unit::share, 0, 1, 1.0, false, {}, MC_MEMBER(t.global->plan.population.top_up_awake_night), "the same between 22 and 6 o'clock local time", ""},
        {Scope::global, "population.deleverage.hazard", Unit::number, 0, 100, 1.0, false, {}, MC_MEMBER(t.global->plan.population.deleverage_hazard), "voluntary halving: hazard per hour at full loss (h0)", ""},
        {Scope::global, "population.deleverage.from", Unit::share, 0, 1, 1.0, false, {}, MC_MEMBER(t.global->plan.population.deleverage_from), "loss share of margin from which it acts", ""},
        {Scope::global, "population.opening.turnover", Unit::share, 0, 10, 1.0, false, {}, MC_MEMBER(t.global->plan.population.turnover_per_day), "open interest opened and closed per day (model 5.5)", ""},
        {Scope::global, "population.opening.long_bias", Unit::number, -10, 10, 1.0, false, {}, MC_MEMBER(t.global->plan.population.long_bias), "a0 of the probability that an opening is long", ""},
        {Scope::global, "population.opening.long_trend", Unit::number, -10, 10, 1.0, false, {}, MC_MEMBER(t.global->plan.population.long_trend), "a1: weight of the 7 day return", ""},
        {Scope::global, "population.opening.long_dip", Unit::number, -10, 10, 1.0, false, {}, MC_MEMBER(t.global->plan.population.long_dip), "a2: weight of a fall in the last hour", ""},
        {Scope::global, "population.row_cap", Unit::share, 1e-6, 1, 1.0, false, {}, MC_MEMBER(t.global->plan.population.row_cap_share), "largest account, share of its instrument's open interest", ""},
        {Scope::global, "population.coins_max", Unit::count, 1, 6, 1.0, false, {}, MC_MEMBER(t.global->plan.population.coins_max), "coins of a cross account: it wants 1 to so many, all as likely (assumed)", "1 = one coin each; sweep 1, 3, 6"},
        {Scope::global, "population.thinned.kind", Unit::choice, 1.0, 0.0, 1.0, false, group_kind_words, MC_GROUP_CHOICE(GroupKind, kind), "the accounts of which venues.*.thinned_share is not there: all, isolated or cross; never hedgers and basis funds", ""},
        {Scope::global, "population.thinned.side", Unit::choice, 1.0, 0.0, 1.0, false, group_side_words, MC_GROUP_CHOICE(GroupSide, side), "of them longs, shorts or both", ""},
        {Scope::global, "population.thinned.leverage_from", Unit::number, 0, 1000, 1.0, false, {}, MC_MEMBER(t.global->plan.population.thinned.leverage_from), "of them with this leverage at entry or more", ""},
        {Scope::global, "population.thinned.leverage_to", Unit::number, 0, 1000, 1.0, false, {}, MC_MEMBER(t.global->plan.population.thinned.leverage_to), "and with less than this", ""},
        {Scope::global, "population.thinned.size_from", Unit::usd, 0, 1e15, 1.0, false, {}, MC_MEMBER(t.global->plan.population.thinned.size_from), "of them whose positions were worth this a person at entry or more", ""},
        {Scope::global, "population.thinned.size_to", Unit::usd, 0, 1e15, 1.0, false, {}, MC_MEMBER(t.global->plan.population.thinned.size_to), "and less than this", ""},
        {Scope::global, "population.clock", Unit::duration, 0.05, 60, 1.0, false, {}, MC_MEMBER(t.global->plan.population.clock), "step of opening and closing decisions", ""},
        {Scope::global, "population.state.open_interest", Unit::number, -5, 5, 1.0, false, {}, MC_MEMBER(t.global->state_oi), "leverage rule: exponent a of open interest over its 90 day mean (model 5.2 step 6)", ""},
        {Scope::global, "population.take_profit.share", Unit::share, 0, 1, 1.0, false, {}, MC_MEMBER(t.global->plan.population.profit_share), "owners without a hedge who want to close at a profit, through patient orders; 0 = nobody does", "assumed"},
        {Scope::global, "population.take_profit.from", Unit::share, 0, 1, 1.0, false, {}, MC_MEMBER(t.global->plan.population.profit_from), "nearest such price beyond the entry, uniform up to", "assumed"},
        {Scope::global, "population.take_profit.to", Unit::share, 0, 1, 1.0, false, {}, MC_MEMBER(t.global->plan.population.profit_to), "the farthest", "assumed"},
        {Scope::global, "population.state.volatility", Unit::number, -5, 5, 1.0, false, {}, MC_MEMBER(t.global->state_volatility), "leverage rule: exponent -b of 30 day volatility", ""},
        {Scope::global, "population.state.funding", Unit::number, -5, 5, 1.0, false, {}, MC_MEMBER(t.global->state_funding), "leverage rule: weight c of 7 day funding over 0.01 %", ""},
        {Scope::global, "population.state.reference", Unit::per_day, 0.001, 1, 1.0, false, {}, MC_MEMBER(t.global->state_reference), "leverage rule: volatility at which its factor is 1", ""},
        {Scope::global, "agents.market_maker.enabled", Unit::flag, 1.0, 0.0, 1.0, false, {}, MC_MEMBER(t.global->plan.maker.enabled), "whether the family acts at all; off for comparisons (model 14.12)", ""},
        {Scope::global, "agents.market_maker.firms", Unit::count, 1, 200, 1.0, false, {}, MC_MEMBER(t.global->plan.maker.firms), "firms; each quotes on several venues", ""},
        {Scope::global, "agents.market_maker.news_weight", Unit::share, 0, 1, 1.0, false, {}, MC_MEMBER(t.global->plan.maker.news_weight), "w_F: part of declared news that enters quotes without a trade; the rest is learnt", "0 to 0.7 is the prior range"},
        {Scope::global, "agents.market_maker.pass_through", Unit::number, 0, 2, 1.0, false, {}, MC_MEMBER(t.global->plan.maker.pass_through), "chi: how far other coins' quotes follow BTC", ""},
        {Scope::global, "agents.market_maker.fast_delay", Unit::duration, 0, 3600, 1000.0, false, {}, MC_MEMBER(t.global->plan.maker.fast_delay_ms), "news delay of fast firms, median", ""},
        {Scope::global, "agents.market_maker.slow_delay", Unit::duration, 0, 86400, 1.0, false, {}, MC_MEMBER(t.global->plan.maker.slow_delay_s), "news delay of slow firms, median", ""},
        {Scope::global, "agents.market_maker.slow_share", Unit::share, 0, 1, 1.0, false, {}, MC_MEMBER(t.global->plan.maker.slow_share), "share of slow firms", ""},
        {Scope::global, "agents.market_maker.half_spread", Unit::share, 1e-6, 0.05, 10000.0, false, {}, MC_MEMBER(t.global->plan.maker.half_spread_bps), "calm half spread of the BTC perp; other coins by volatility", "spreads of other coins are multiples of it"},
        {Scope::global, "agents.market_maker.inventory_skew", Unit::number, 0, 10, 1.0, false, {}, MC_MEMBER(t.global->plan.maker.inventory_skew), "a_q: how far inventory moves the quotes", ""},
        {Scope::global, "agents.market_maker.withdraw.volatility", Unit::number, 0.1, 1000, 1.0, false, {}, MC_MEMBER(t.global->plan.maker.vol_withdraw), "k of the depth curve (1 + 1/k) / (1 + z/k), z = volatility over its ordinary one; median over firms, and of patient orders", ""},
        {Scope::global, "agents.market_maker.withdraw.sigma", Unit::number, 0, 3, 1.0, false, {}, MC_MEMBER(t.global->plan.maker.vol_withdraw_sigma), "log spread of that over firms", ""},
        {Scope::global, "agents.market_maker.recovery.down", Unit::duration, 0.1, 86400, 1.0, false, {}, MC_MEMBER(t.global->plan.maker.recovery_down_s), "how fast depth goes", ""},
        {Scope::global, "agents.market_maker.recovery.up", Unit::duration, 1, 2592000, 1.0 / 60.0, false, {}, MC_MEMBER(t.global->plan.maker.recovery_up_min), "how fast it comes back", ""},
        {Scope::global, "agents.market_maker.depth_state", Unit::share, 0, 2, 1.0, false, {}, MC_MEMBER(t.global->plan.maker.depth_state), "l0: depth at the start relative to calm depth; 0.7 = books had not recovered from October", ""},
        {Scope::global, "agents.market_maker.learn", Unit::duration, 0, 86400, 1.0 / 60.0, false, {}, MC_MEMBER(t.global->plan.maker.learn_min), "how fast a firm's belief follows traded prices at ordinary volatility; z times as fast otherwise", ""},
        {Scope::global, "agents.market_maker.news_absorb", Unit::duration, 0, 86400, 1.0 / 60.0, false, {}, MC_MEMBER(t.global->plan.maker.news_absorb_min), "how fast the part of news beyond news_weight reaches quotes", ""},
        {Scope::global, "agents.market_maker.revert", Unit::duration, 60, 31536000, 1.0 / 3600.0, false, {}, MC_MEMBER(t.global->plan.maker.revert_hours), "how fast a firm's belief drifts back to fair value at ordinary volatility; z times as fast otherwise", ""},
        {Scope::global, "agents.market_maker.flow_impact", Unit::number, 0, 1000, 1.0, false, {}, MC_MEMBER(t.global->plan.maker.flow_impact), "price move per net taker flow that decays, in sigma per daily volume", ""},
        {Scope::global, "agents.market_maker.flow_permanent", Unit::number, 0, 1000, 1.0, false, {}, MC_MEMBER(t.global->plan.maker.flow_permanent), "price move per net taker flow that stays, in sigma per daily volume", "derived: 15 to 30; docs/agents.md"},
        {Scope::global, "agents.market_maker.flow_decay", Unit::number, 0, 2, 1.0, false, {}, MC_MEMBER(t.global->plan.maker.flow_decay), "impact of a flow decays with time to this power", ""},
        {Scope::global, "agents.market_maker.capital", Unit::usd, 1e5, 1e12, 1.0, false, {}, MC_MEMBER(t.global->plan.maker.capital), "capital of all firms", ""},
        {Scope::global, "agents.market_maker.inventory_max", Unit::share, 0, 1, 1.0, false, {}, MC_MEMBER(t.global->plan.maker.inventory_max_share), "largest inventory of a firm per instrument, share of its capital", ""},
        {Scope::global, "agents.market_maker.hedge.above", Unit::share, 0, 1, 1.0, false, {}, MC_MEMBER(t.global->plan.maker.hedge_above), "inventory, as share of the largest, above which a firm hedges", ""},
        {Scope::global, "agents.market_maker.hedge.participation", Unit::share, 0, 1, 1.0, false, {}, MC_MEMBER(t.global->plan.maker.hedge_participation), "share of traded volume a hedge may be", ""},
        {Scope::global, "agents.market_maker.refill_half_life", Unit::duration, 0.01, 86400, 1.0, false, {}, MC_MEMBER(t.global->plan.maker.refill_half_life_s), "how fast eaten levels come back in calm", ""},
        {Scope::global, "agents.market_maker.levels", Unit::count, 1, 200, 1.0, false, {}, MC_MEMBER(t.global->plan.maker.levels), "ladder levels a side", ""},
        {Scope::global, "agents.market_maker.reach", Unit::share, 0.0001, 0.5, 1.0, false, {}, MC_MEMBER(t.global->plan.maker.reach), "distance of the outermost level", ""},
        {Scope::global, "agents.market_maker.clock", Unit::duration, 0.05, 60, 1.0, false, {}, MC_MEMBER(t.global->plan.maker.clock), "time between two looks at the market", ""},
        {Scope::global, "agents.market_maker.stop.latency", Unit::duration, 0.001, 3600, 1000.0, false, {}, MC_MEMBER(t.global->plan.maker.stop_latency_ms), "a firm leaves a venue in front of which a request waits longer", ""},
        {Scope::global, "agents.market_maker.frozen", Unit::flag, 1.0, 0.0, 1.0, false, {}, MC_MEMBER(t.global->plan.switches.makers_frozen), "depth state never moves (model 11.3: maker withdrawal off)", ""},
        {Scope::global, "agents.patient.enabled", Unit::flag, 1.0, 0.0, 1.0, false, {}, MC_MEMBER(t.global->plan.patient.enabled), "whether the family acts at all; off for comparisons (model 14.12)", ""},
        {Scope::global, "agents.patient.from", Unit::share, 0.0001, 0.049, 1.0, false, {}, MC_MEMBER(t.global->plan.patient.from), "nearest patient order from mid", ""},
        {Scope::global, "agents.patient.to", Unit::share, 0.001, 0.95, 1.0, false, {}, MC_MEMBER(t.global->plan.patient.to), "farthest patient order", ""},
        {Scope::global, "agents.patient.exponent", Unit::number, 0.1, 4, 1.0, false, {}, MC_MEMBER(t.global->plan.patient.exponent), "p: patient depth within x grows as ((x - from) / (5 % - from))^p", ""},
        {Scope::global, "agents.patient.return_half_life", Unit::duration, 1, 2592000, 1.0 / 60.0, false, {}, MC_MEMBER(t.global->plan.patient.return_half_life_min), "how fast consumed patient depth comes back", ""},
        {Scope::global, "agents.patient.orders", Unit::count, 1, 5000, 1.0, false, {}, MC_MEMBER(t.global->plan.patient.orders_per_side), "orders a side and instrument at full strength", ""},
        {Scope::global, "agents.patient.clock", Unit::duration, 0.05, 600, 1.0, false, {}, MC_MEMBER(t.global->plan.patient.clock), "step of its decisions", ""},
        {Scope::global, "agents.noise.enabled", Unit::flag, 1.0, 0.0, 1.0, false, {}, MC_MEMBER(t.global->plan.noise.enabled), "whether the family acts at all; off for comparisons (model 14.12)", ""},
        {Scope::global, "agents.noise.size_tail", Unit::number, 1.05, 5, 1.0, false, {}, MC_MEMBER(t.global->plan.noise.size_tail), "power tail of order sizes", ""},
        {Scope::global, "agents.noise.hurst", Unit::number, 0.5, 0.95, 1.0, false, {}, MC_MEMBER(t.global->plan.noise.hurst), "long memory of signs", ""},
        {Scope::global, "agents.noise.metaorder_mean", Unit::number, 1, 1000, 1.0, false, {}, MC_MEMBER(t.global->plan.noise.metaorder_mean), "mean child orders of a split order", ""},
        {Scope::global, "agents.noise.volume_share", Unit::share, 0, 1, 1.0, false, {}, MC_MEMBER(t.global->plan.noise.volume_share), "share of V that noise takers trade", ""},
        {Scope::global, "agents.noise.orders_per_second", Unit::number, 0.0001, 1000, 1.0, false, {}, MC_MEMBER(t.global->plan.noise.orders_per_second), "orders per second of an average instrument; sizes follow from V", ""},
        {Scope::global, "agents.arbitrage.fund_share", Unit::share, 0, 1, 1.0, false, {}, MC_MEMBER(t.global->plan.arbitrage.fund_share), "share of the hedgers' shorts that basis funds hold and trade", ""},
        {Scope::global, "agents.arbitrage.enabled", Unit::flag, 1.0, 0.0, 1.0, false, {}, MC_MEMBER(t.global->plan.arbitrage.enabled), "whether the family acts at all; off for comparisons (model 14.12)", ""},
        {Scope::global, "agents.arbitrage.capital", Unit::usd, 0, 1e12, 1.0, false, {}, MC_MEMBER(t.global->plan.arbitrage.capital), "cross-venue capital of all arbitrageurs", ""},
        {Scope::global, "agents.arbitrage.threshold", Unit::share, 0, 0.1, 10000.0, false, {}, MC_MEMBER(t.global->plan.arbitrage.threshold_bps), "gap beyond fees that is worth a trade", ""},
        {Scope::global, "agents.arbitrage.volatility_factor", Unit::number, 0, 10, 1.0, false, {}, MC_MEMBER(t.global->plan.arbitrage.vol_factor), "extra threshold per sqrt(latency) of volatility", ""},
        {Scope::global, "agents.arbitrage.transfer.min", Unit::duration, 0, 86400, 1.0 / 60.0, false, {}, MC_MEMBER(t.global->plan.arbitrage.transfer_min), "fastest transfer between venues", ""},
        {Scope::global, "agents.arbitrage.transfer.max", Unit::duration, 0, 86400, 1.0 / 60.0, false, {}, MC_MEMBER(t.global->plan.arbitrage.transfer_max), "slowest transfer", ""},
        {Scope::global, "agents.arbitrage.basis.threshold", Unit::share, 0, 0.1, 10000.0, false, {}, MC_MEMBER(t.global->plan.arbitrage.basis_threshold_bps), "theta0: perp-spot gap left alone in calm", ""},
        {Scope::global, "agents.arbitrage.basis.premium", Unit::share, -0.1, 0.1, 10000.0, false, {}, MC_MEMBER(t.global->plan.arbitrage.basis_premium_bps), "pi0: premium that is fair without inventory", ""},
        {Scope::global, "agents.arbitrage.basis.inventory", Unit::share, 0, 0.1, 10000.0, false, {}, MC_MEMBER(t.global->plan.arbitrage.basis_inventory_bps), "k_pi: how far inventory moves that premium", ""},
        {Scope::global, "agents.arbitrage.basis.capital", Unit::usd, 1, 1e12, 1.0, false, {}, MC_MEMBER(t.global->plan.arbitrage.basis_capital), "I_cap: BTC inventory of basis funds; other coins by open interest", ""},
        {Scope::global, "agents.arbitrage.clock", Unit::duration, 0.05, 60, 1.0, false, {}, MC_MEMBER(t.global->plan.arbitrage.clock), "step of its decisions", ""},
        {Scope::global, "agents.arbitrage.unlimited", Unit::flag, 1.0, 0.0, 1.0, false, {}, MC_MEMBER(t.global->plan.switches.arbitrage_unlimited), "no threshold and no capital limit (model 11.3: arbitrage limits off)", ""},
        {Scope::global, "agents.trend.enabled", Unit::flag, 1.0, 0.0, 1.0, false, {}, MC_MEMBER(t.global->plan.trend.enabled), "whether the family acts at all; off for comparisons (model 14.12)", ""},
        {Scope::global, "agents.trend.rate", Unit::share, 0, 1, 1.0, false, {}, MC_MEMBER(t.global->plan.trend.rate), "rho_T: share of volume rate at full signal", ""},
        {Scope::global, "agents.trend.fast", Unit::duration, 1, 2592000, 1.0 / 60.0, false, {}, MC_MEMBER(t.global->plan.trend.fast_min), "short average", ""},
        {Scope::global, "agents.trend.slow", Unit::duration, 1, 2592000, 1.0 / 60.0, false, {}, MC_MEMBER(t.global->plan.trend.slow_min), "long average", ""},
        {Scope::global, "agents.trend.perp_share", Unit::share, 0, 1, 1.0, false, {}, MC_MEMBER(t.global->plan.trend.perp_share), "share traded on perps", ""},
        {Scope::global, "agents.trend.clock", Unit::duration, 0.05, 600, 1.0, false, {}, MC_MEMBER(t.global->plan.trend.clock), "step of its decisions", ""},
        {Scope::global, "agents.panic.enabled", Unit::flag, 1.0, 0.0, 1.0, false, {}, MC_MEMBER(t.global->plan.panic.enabled), "whether the family acts at all; off for comparisons (model 14.12)", ""},
        {Scope::global, "agents.panic.share", Unit::share, 0, 10, 1.0, false, {}, MC_MEMBER(t.global->plan.panic.share), "p: flow as share of V per sigma beyond the threshold", ""},
        {Scope::global, "agents.panic.threshold", Unit::number, 0, 100, 1.0, false, {}, MC_MEMBER(t.global->plan.panic.threshold), "hourly sigmas of loss at which panic begins", ""},
        {Scope::global, "agents.panic.cap", Unit::number, 0, 1000, 1.0, false, {}, MC_MEMBER(t.global->plan.panic.cap), "largest excess counted", ""},
        {Scope::global, "agents.panic.budget", Unit::share, 0, 10, 1.0, false, {}, MC_MEMBER(t.global->plan.panic.budget), "most they sell, share of V per day", ""},
        {Scope::global, "agents.panic.fear_factor", Unit::number, 0, 100, 1.0, false, {}, MC_MEMBER(t.global->plan.panic.fear_factor), "c_F: weight of the sentiment index", ""},
        {Scope::global, "agents.panic.uncertainty_factor", Unit::number, 0, 100, 1.0, false, {}, MC_MEMBER(t.global->plan.panic.uncertainty_factor), "c_U: weight of uncertainty", ""},
        {Scope::global, "agents.panic.clock", Unit::duration, 0.05, 600, 1.0, false, {}, MC_MEMBER(t.global->plan.panic.clock), "step of its decisions", ""},
        {Scope::global, "agents.dip_buyer.enabled", Unit::flag, 1.0, 0.0, 1.0, false, {}, MC_MEMBER(t.global->plan.dip_buyer.enabled), "whether the family acts at all; off for comparisons (model 14.12)", ""},
        {Scope::global, "agents.dip_buyer.share", Unit::share, 0, 10, 1.0, false, {}, MC_MEMBER(t.global->plan.dip_buyer.share), "d: flow as share of V per squared percent below anchor", ""},
        {Scope::global, "agents.dip_buyer.from", Unit::share, 0, 1, 1.0, false, {}, MC_MEMBER(t.global->plan.dip_buyer.from), "discount at which they begin", ""},
        {Scope::global, "agents.dip_buyer.cap", Unit::number, 0, 10000, 1.0, false, {}, MC_MEMBER(t.global->plan.dip_buyer.cap), "largest squared percentage counted", ""},
        {Scope::global, "agents.dip_buyer.budget", Unit::share, 0, 10, 1.0, false, {}, MC_MEMBER(t.global->plan.dip_buyer.budget), "capital, share of V per day", ""},
        {Scope::global, "agents.dip_buyer.delay", Unit::duration, 0, 86400, 1.0 / 60.0, false, {}, MC_MEMBER(t.global->plan.dip_buyer.delay_min), "reaction delay, median", ""},
        {Scope::global, "agents.dip_buyer.delay_sigma", Unit::number, 0, 3, 1.0, false, {}, MC_MEMBER(t.global->plan.dip_buyer.delay_sigma), "log spread of the delay", ""},
        {Scope::global, "agents.dip_buyer.anchor_days", Unit::number, 0.01, 365, 1.0, false, {}, MC_MEMBER(t.global->plan.dip_buyer.anchor_days), "memory of their estimate of value, days", ""},
        {Scope::global, "agents.dip_buyer.clock", Unit::duration, 0.05, 600, 1.0, false, {}, MC_MEMBER(t.global->plan.dip_buyer.clock), "step of its decisions", ""},
        {Scope::global, "factors.sigma_share", Unit::share, 0, 2, 1.0, false, {}, MC_MEMBER(t.global->plan.factors.sigma_share), "volatility of fair value as share of sigma; the rest comes from flow (model 8.1)", ""},
        {Scope::global, "factors.equities.BTC", Unit::number, -20, 20, 1.0, false, {}, MC_MEMBER(t.global->plan.factors.equities_beta_btc), "BTC per unit of equities", ""},
        {Scope::global, "factors.equities.ETH", Unit::number, -20, 20, 1.0, false, {}, MC_MEMBER(t.global->plan.factors.equities_beta_eth), "ETH per unit of equities", ""},
        {Scope::global, "factors.p_cut", Unit::number, -5, 5, 1.0, false, {}, MC_MEMBER(t.global->plan.factors.p_cut), "BTC per unit of rate-cut probability", ""},
        {Scope::global, "factors.usd", Unit::number, -20, 20, 1.0, false, {}, MC_MEMBER(t.global->plan.factors.usd), "BTC per unit of the dollar", ""},
        {Scope::global, "factors.oil", Unit::number, -20, 20, 1.0, false, {}, MC_MEMBER(t.global->plan.factors.oil), "BTC per unit of oil", ""},
        {Scope::global, "factors.uniform_share", Unit::share, 0, 1, 1.0, false, {}, MC_MEMBER(t.global->plan.factors.uniform_share), "part of a factor event that is spread evenly; the rest comes in jumps", ""},
        {Scope::global, "factors.jumps_per_hour", Unit::number, 0, 1000, 1.0, false, {}, MC_MEMBER(t.global->plan.factors.jumps_per_hour), "jumps per hour of the window", ""},
        {Scope::global, "factors.diffusion", Unit::number, 0, 1, 1.0, false, {}, MC_MEMBER(t.global->plan.factors.diffusion), "small diffusion of the factors, share of sigma", ""},
        {Scope::global, "factors.clock", Unit::duration, 0.05, 60, 1.0, false, {}, MC_MEMBER(t.global->plan.factors.clock), "step of fair value", ""},
        {Scope::global, "mechanisms.forced_orders", Unit::flag, 1.0, 0.0, 1.0, false, {}, MC_MEMBER(t.global->plan.switches.forced_orders), "false: liquidated rows close at mark without an order (model 11.1)", ""},
        {Scope::global, "mechanisms.stops", Unit::flag, 1.0, 0.0, 1.0, false, {}, MC_MEMBER(t.global->plan.switches.stops), "false: no stop orders", ""},
        {Scope::global, "mechanisms.maker_losses", Unit::flag, 1.0, 0.0, 1.0, false, {}, MC_MEMBER(t.global->plan.switches.maker_losses), "false: losses of makers do not shrink the positions they can carry", ""},
        {Scope::global, "mechanisms.overload", Unit::flag, 1.0, 0.0, 1.0, false, {}, MC_MEMBER(t.global->plan.switches.overload), "false: no venue slows down under load", ""},
        {Scope::global, "mechanisms.behaviour", Unit::flag, 1.0, 0.0, 1.0, false, {}, MC_MEMBER(t.global->plan.switches.behaviour), "false: trend followers and panic sellers send no orders (model 11.3: behaviour off)", ""},
        {Scope::global, "mechanisms.off_after", Unit::duration, 0, 31536000, 1.0, false, {}, MC_MEMBER(t.global->plan.switches.off_after), "what is off (mechanisms.*, frozen makers, unlimited arbitrage) works until this long after the start", ""},
        {Scope::global, "history.step", Unit::duration, 60, 86400, 1.0, false, {}, MC_MEMBER(t.global->plan.history.step), "step of the price table before the start", ""},
        {Scope::global, "history.end", Unit::time, 1230768000, 4102444800, 1.0, false, {}, MC_MEMBER(t.global->history_end_unix_s), "moment of the last price of that table; another one than clock.start is warned of", "2009 to 2100"},
        {Scope::global, "history.open_interest_over_mean90", Unit::number, 0.01, 100, 1.0, false, {}, MC_MEMBER(t.global->plan.history.open_interest_over_mean90), "open interest in coins over its trailing 90 day mean", ""},
        {Scope::global, "history.volatility_30d", Unit::per_day, 0.0001, 1, 1.0, false, {}, MC_MEMBER(t.global->plan.history.volatility_30d), "realised volatility of BTC over the 30 days before the start", ""},
        {Scope::global, "history.funding_7d", Unit::share, -0.1, 0.1, 1.0, false, {}, MC_MEMBER(t.global->plan.history.funding_7d), "mean BTC funding per 8 h over the 7 days before the start", ""},
        {Scope::global, "output.every", Unit::duration, 1, 3600, 1.0, false, {}, MC_MEMBER(t.global->plan.output.bar), "step of the recorded series", ""},
        {Scope::global, "output.depth", Unit::duration, 1, 3600, 1.0, false, {}, MC_MEMBER(t.global->plan.output.depth), "step of depth samples", ""},
        {Scope::global, "output.map", Unit::duration, 60, 86400, 1.0, false, {}, MC_MEMBER(t.global->plan.output.map), "step of the liquidation map", ""},
        {Scope::global, "defi.enabled", Unit::flag, 1.0, 0.0, 1.0, false, {}, MC_MEMBER(t.global->plan.defi.enabled), "lending markets, pools and the synthetic dollar run beside the venues", ""},
        {Scope::global, "defi.block", Unit::duration, 1, 3600, 1.0, false, {}, MC_MEMBER(t.global->plan.defi.block), "time between blocks of the chain", ""},
        {Scope::global, "defi.lending.borrowed", Unit::usd, 0, 1000000000000.0, 1.0, false, {}, MC_MEMBER(t.global->plan.defi.lending.borrowed), "borrowings at the start, all large lenders together; 0 = no lending market", ""},
        {Scope::global, "defi.lending.rows", Unit::count, 50, 200000, 1.0, false, {}, MC_MEMBER(t.global->plan.defi.lending.rows), "borrowing accounts drawn", ""},
        {Scope::global, "defi.lending.eth_loops", Unit::number, 0, 1, 1.0, false, {}, MC_MEMBER(t.global->plan.defi.lending.eth_loops), "share of borrowings: staked ether against ether", ""},
        {Scope::global, "defi.lending.dollar_loops", Unit::number, 0, 1, 1.0, false, {}, MC_MEMBER(t.global->plan.defi.lending.dollar_loops), "share of borrowings: synthetic dollar against dollars", ""},
        {Scope::global, "defi.lending.eth_backed", Unit::number, 0, 1, 1.0, false, {}, MC_MEMBER(t.global->plan.defi.lending.eth_backed), "share of borrowings: ether against dollars", ""},
        {Scope::global, "defi.lending.btc_backed", Unit::number, 0, 1, 1.0, false, {}, MC_MEMBER(t.global->plan.defi.lending.btc_backed), "share of borrowings: bitcoin against dollars", ""},
        {Scope::global, "defi.lending.limit_from", Unit::share, 0.05, 0.97, 1.0, false, {}, MC_MEMBER(t.global->plan.defi.lending.limit_from), "loan-to-value over the liquidation limit: lowest (model 9.4)", ""},
        {Scope::global, "defi.lending.limit_to", Unit::share, 0.05, 0.97, 1.0, false, {}, MC_MEMBER(t.global->plan.defi.lending.limit_to), "loan-to-value over the liquidation limit: highest; the density falls towards it", ""},
        {Scope::global, "defi.lending.loop_limit_from", Unit::share, 0.05, 0.97, 1.0, false, {}, MC_MEMBER(t.global->plan.defi.lending.loop_limit_from), "the same for loops, lowest", ""},
        {Scope::global, "defi.lending.loop_limit_to", Unit::share, 0.05, 0.97, 1.0, false, {}, MC_MEMBER(t.global->plan.defi.lending.loop_limit_to), "the same for loops, highest", ""},
        {Scope::global, "defi.lending.size_sigma", Unit::number, 0, 4, 1.0, false, {}, MC_MEMBER(t.global->plan.defi.lending.size_sigma), "log standard deviation of borrowings", ""},
        {Scope::global, "defi.lending.utilisation", Unit::share, 0.05, 0.99, 1.0, false, {}, MC_MEMBER(t.global->plan.defi.lending.usd_utilisation), "borrowed over supplied at the start", ""},
        {Scope::global, "defi.lending.oracle_deviation", Unit::share, 0.0001, 0.5, 1.0, false, {}, MC_MEMBER(t.global->plan.defi.lending.deviation), "move at which an oracle publishes", ""},
        {Scope::global, "defi.lending.oracle_heartbeat", Unit::duration, 1, 604800, 1.0, false, {}, MC_MEMBER(t.global->plan.defi.lending.heartbeat), "time after which it publishes in any case", ""},
        {Scope::global, "defi.lending.oracle_delay", Unit::duration, 0, 86400, 1.0, false, {}, MC_MEMBER(t.global->plan.defi.lending.delay), "time until contracts read the answer", ""},
        {Scope::global, "defi.lending.oracle", Unit::choice, 1.0, 0.0, 1.0, false, oracle_words, MC_GLOBAL_CHOICE(LendingOracle, lending.oracle), "lever: what the synthetic dollar and the share are worth to the lending markets", ""},
        {Scope::global, "defi.lending.cap", Unit::number, 0, 100, 1.0, false, {}, MC_MEMBER(t.global->plan.defi.lending.cap_scale), "lever: supply cap over what is supplied at the start; 0 = none", ""},
        {Scope::global, "defi.lending.borrow_cap", Unit::number, 0, 100, 1.0, false, {}, MC_MEMBER(t.global->plan.defi.lending.borrow_cap_scale), "lever: borrow cap over what is borrowed at the start; 0 = none", ""},
        {Scope::global, "defi.lending.close_factor", Unit::share, 0.01, 1, 1.0, false, {}, MC_MEMBER(t.global->plan.defi.lending.close_factor), "lever: share of a debt that one liquidation may repay while health is above 0.95 and the position is not small", "Aave v3: 50 %"},
        {Scope::global, "defi.lending.bonus", Unit::number, 0, 2, 1.0, false, {}, MC_MEMBER(t.global->plan.defi.lending.bonus_scale), "lever: liquidation bonus of the large lenders over that of their reserves and modes; 1 = as it is", "above 2 a threshold and its bonus could exceed the collateral"},
        {Scope::global, "defi.lending.withdrawal_limit", Unit::usd, 0, 1000000000000.0, 1.0, false, {}, MC_MEMBER(t.global->plan.defi.lending.withdrawal_limit), "lever: withdrawals per hour and market; 0 = no limit", ""},
        {Scope::global, "defi.lending.paused", Unit::flag, 1.0, 0.0, 1.0, false, {}, MC_MEMBER(t.global->plan.defi.lending.paused), "lever: reserves frozen, only ways out", ""},
        {Scope::global, "defi.share_market.borrowed", Unit::usd, 0, 1000000000000.0, 1.0, false, {}, MC_MEMBER(t.global->plan.defi.share_market.borrowed), "loans against a share token; 0 = no such market", ""},
        {Scope::global, "defi.share_market.price", Unit::usd, 0.01, 1000000.0, 1.0, false, {}, MC_MEMBER(t.global->plan.defi.share_market.price), "price of a share at the start", ""},
        {Scope::global, "defi.share_market.loan_to_value", Unit::share, 0.05, 0.95, 1.0, false, {}, MC_MEMBER(t.global->plan.defi.share_market.loan_to_value), "most that may be borrowed", ""},
        {Scope::global, "defi.share_market.limit", Unit::share, 0.05, 0.97, 1.0, false, {}, MC_MEMBER(t.global->plan.defi.share_market.limit), "loan-to-value of liquidation", ""},
        {Scope::global, "defi.share_market.utilisation", Unit::share, 0.05, 0.99, 1.0, false, {}, MC_MEMBER(t.global->plan.defi.share_market.utilisation), "borrowed over supplied at the start", ""},
        {Scope::global, "defi.keepers.firms", Unit::count, 1, 100, 1.0, false, {}, MC_MEMBER(t.global->plan.defi.keeper.firms), "liquidating firms", ""},
        {Scope::global, "defi.keepers.cash", Unit::usd, 0, 100000000000.0, 1.0, false, {}, MC_MEMBER(t.global->plan.defi.keeper.cash), "their dollars on chain, all firms", ""},
        {Scope::global, "defi.keepers.gas", Unit::usd, 0, 100000.0, 1.0, false, {}, MC_MEMBER(t.global->plan.defi.keeper.gas), "gas of one liquidation in a quiet block", ""},
        {Scope::global, "defi.keepers.gas_busy", Unit::number, 0, 10, 1.0, false, {}, MC_MEMBER(t.global->plan.defi.keeper.gas_busy), "relative increase per call that waits", ""},
        {Scope::global, "defi.keepers.delay_min", Unit::count, 1, 1000, 1.0, false, {}, MC_MEMBER(t.global->plan.defi.keeper.delay_min), "fewest blocks from seeing to inclusion", ""},
        {Scope::global, "defi.keepers.delay_max", Unit::count, 1, 1000, 1.0, false, {}, MC_MEMBER(t.global->plan.defi.keeper.delay_max), "most blocks from seeing to inclusion", ""},
        {Scope::global, "defi.keepers.transfer_blocks", Unit::count, 1, 10000, 1.0, false, {}, MC_MEMBER(t.global->plan.defi.keeper.transfer_blocks), "blocks until a venue credits coins, and the reverse", ""},
        {Scope::global, "defi.keepers.participation", Unit::share, 0.0001, 1, 1.0, false, {}, MC_MEMBER(t.global->plan.defi.keeper.participation), "selling of seized coins, share of ordinary volume", ""},
        {Scope::global, "defi.keepers.enabled", Unit::flag, 1.0, 0.0, 1.0, false, {}, MC_MEMBER(t.global->plan.defi.keeper.enabled), "keepers act", ""},
        {Scope::global, "defi.depositors.holders", Unit::count, 1, 1000, 1.0, false, {}, MC_MEMBER(t.global->plan.defi.depositors.holders), "lenders who may leave", ""},
        {Scope::global, "defi.depositors.sensitivity", Unit::number, 0, 100, 1.0, false, {}, MC_MEMBER(t.global->plan.defi.depositors.sensitivity), "share of the deposit withdrawn per unit of U above its start, median", ""},
        {Scope::global, "defi.depositors.sensitivity_sigma", Unit::number, 0, 4, 1.0, false, {}, MC_MEMBER(t.global->plan.defi.depositors.sensitivity_sigma), "log standard deviation of it", ""},
        {Scope::global, "defi.depositors.time", Unit::duration, 60, 2592000, 1.0 / 60.0, false, {}, MC_MEMBER(t.global->plan.defi.depositors.time_min), "time constant of leaving", ""},
        {Scope::global, "defi.depositors.share_time", Unit::duration, 60, 2592000, 1.0 / 60.0, false, {}, MC_MEMBER(t.global->plan.defi.depositors.share_time_min), "time constant of leaving a market whose share token failed", ""},
        {Scope::global, "defi.depositors.return_time", Unit::duration, 3600, 31536000, 1.0 / 3600.0, false, {}, MC_MEMBER(t.global->plan.defi.depositors.return_hours), "time constant of coming back", ""},
        {Scope::global, "defi.depositors.enabled", Unit::flag, 1.0, 0.0, 1.0, false, {}, MC_MEMBER(t.global->plan.defi.depositors.enabled), "lenders move", ""},
        {Scope::global, "defi.balancer.pools", Unit::flag, 1.0, 0.0, 1.0, false, {}, MC_MEMBER(t.global->plan.defi.balancer.pools), "the two composable stable pools of 3 November 2025 stand on the chain", ""},
        {Scope::global, "defi.balancer.rounding", Unit::choice, 1.0, 0.0, 1.0, false, rounding_words, MC_GLOBAL_CHOICE(PoolRounding, balancer.rounding), "rounding of the amount that the pools give out", ""},
        {Scope::global, "defi.balancer.incident", Unit::flag, 1.0, 0.0, 1.0, false, {}, MC_MEMBER(t.global->plan.defi.balancer.incident), "false: no hack event and no row that follows one", ""},
        {Scope::global, "defi.balancer.paused", Unit::flag, 1.0, 0.0, 1.0, false, {}, MC_MEMBER(t.global->plan.defi.balancer.paused), "lever: the pools take no swaps", ""},
        {Scope::global, "defi.usde.asset", Unit::text, 1.0, 0.0, 1.0, false, {}, MC_MEMBER(t.global->plan.defi.usde.asset), "coin among the assets that is the synthetic dollar; none when absent", ""},
        {Scope::global, "defi.usde.book", Unit::usd, 1000, 100000000000.0, 1.0, false, {}, MC_MEMBER(t.global->plan.defi.usde.book), "resting on the deepest venue, both sides, calm", ""},
        {Scope::global, "defi.usde.spread_bps", Unit::number, 0.1, 100, 1.0, false, {}, MC_MEMBER(t.global->plan.defi.usde.spread_bps), "calm spread, bps", ""},
        {Scope::global, "defi.usde.vol_withdraw", Unit::number, 0.5, 100, 1.0, false, {}, MC_MEMBER(t.global->plan.defi.usde.vol_withdraw), "realised over normal volatility of bitcoin that halves the book", ""},
        {Scope::global, "defi.usde.loss_withdraw", Unit::share, 0.0005, 1, 1.0, false, {}, MC_MEMBER(t.global->plan.defi.usde.loss_withdraw), "distance from par that halves the book", ""},
        {Scope::global, "defi.usde.noise_per_day", Unit::usd, 1, 1000000000000.0, 1.0, false, {}, MC_MEMBER(t.global->plan.defi.usde.noise_per_day), "ordinary trading a day, all venues", ""},
        {Scope::global, "defi.usde.holders_share", Unit::share, 0, 1, 1.0, false, {}, MC_MEMBER(t.global->plan.defi.usde.holders_share), "share of cross accounts that pledge it (model 9.3)", ""},
        {Scope::global, "defi.usde.collateral_from", Unit::share, 0, 1, 1.0, false, {}, MC_MEMBER(t.global->plan.defi.usde.collateral_from), "part of their margin, lowest", ""},
        {Scope::global, "defi.usde.collateral_to", Unit::share, 0, 1, 1.0, false, {}, MC_MEMBER(t.global->plan.defi.usde.collateral_to), "part of their margin, highest", ""},
        {Scope::global, "defi.usde.haircut", Unit::share, 0, 0.95, 1.0, false, {}, MC_MEMBER(t.global->plan.defi.usde.haircut), "part of the value that does not count as margin", ""},
        {Scope::global, "defi.usde.first_venue_value", Unit::choice, 1.0, 0.0, 1.0, false, value_words, MC_GLOBAL_CHOICE(CollateralValue, usde.first_venue), "lever: what the first venue takes it for as margin (model 9.2)", ""},
        {Scope::global, "defi.usde.other_venues_value", Unit::choice, 1.0, 0.0, 1.0, false, value_words, MC_GLOBAL_CHOICE(CollateralValue, usde.other_venues), "lever: what the other venues take it for", ""},
        {Scope::global, "defi.usde.arbitrage_cash", Unit::usd, 0, 100000000000.0, 1.0, false, {}, MC_MEMBER(t.global->plan.defi.usde.arbitrage_cash), "capital of those who mint and redeem", ""},
        {Scope::global, "defi.usde.arbitrage_from", Unit::share, 0, 0.5, 1.0, false, {}, MC_MEMBER(t.global->plan.defi.usde.arbitrage_from), "least gap from par they act on", ""},
        {Scope::global, "defi.usde.settle_min", Unit::duration, 0, 604800, 1.0, false, {}, MC_MEMBER(t.global->plan.defi.usde.settle_min), "redemption to payment, shortest", ""},
        {Scope::global, "defi.usde.settle_max", Unit::duration, 0, 604800, 1.0, false, {}, MC_MEMBER(t.global->plan.defi.usde.settle_max), "redemption to payment, longest", ""},
        {Scope::global, "defi.usde.redeem_per_hour", Unit::usd, 0, 1000000000000.0, 1.0, false, {}, MC_MEMBER(t.global->plan.defi.usde.redeem_per_hour), "redemptions taken per hour", ""},
        {Scope::global, "defi.usde.redeem_per_block", Unit::usd, 0, 1000000000000.0, 1.0, false, {}, MC_MEMBER(t.global->plan.defi.usde.redeem_per_block), "redemptions taken per block", ""},
        {Scope::global, "defi.usde.mint_per_block", Unit::usd, 0, 1000000000000.0, 1.0, false, {}, MC_MEMBER(t.global->plan.defi.usde.mint_per_block), "minted per block at most", ""},
        {Scope::global, "defi.usde.supply", Unit::usd, 0, 1000000000000.0, 1.0, false, {}, MC_MEMBER(t.global->plan.defi.usde.supply), "in issue on chain at the start; 0 = what loops and pools hold", ""},
        {Scope::global, "defi.usde.hedged_share", Unit::share, 0, 0.95, 1.0, false, {}, MC_MEMBER(t.global->plan.defi.usde.hedged_share), "part of the backing that is coins with short perpetuals, half bitcoin, half ether; the rest is stablecoins", ""},
        {Scope::global, "defi.usde.reserve", Unit::usd, 0, 1000000000000.0, 1.0, false, {}, MC_MEMBER(t.global->plan.defi.usde.reserve), "reserve fund beside the backing", ""},
        {Scope::global, "defi.usde.yield", Unit::number, -1, 5, 1.0, false, {}, MC_MEMBER(t.global->plan.defi.usde.yield), "of the staked form, fraction per year: what loops earn", ""},
        {Scope::global, "defi.usde.paused", Unit::flag, 1.0, 0.0, 1.0, false, {}, MC_MEMBER(t.global->plan.defi.usde.paused), "lever: no minting, no redemptions", ""},
        {Scope::global, "defi.usde.slow_above", Unit::number, 0.5, 1000, 1.0, false, {}, MC_MEMBER(t.global->plan.defi.usde.slow_above), "withdrawals are slow while bitcoin's realised over normal volatility is above", ""},
        {Scope::global, "defi.usde.enabled", Unit::flag, 1.0, 0.0, 1.0, false, {}, MC_MEMBER(t.global->plan.defi.usde.enabled), "accounts pledge it", ""},
        {Scope::global, "defi.pools.curve", Unit::usd, 0, 1000000000000.0, 1.0, false, {}, MC_MEMBER(t.global->plan.defi.pools.curve), "in the stableswap pool of synthetic dollars and dollars at the start, half of each; 0 = none", ""},
        {Scope::global, "defi.pools.amplification", Unit::number, 1, 100000, 1.0, false, {}, MC_MEMBER(t.global->plan.defi.pools.amplification), "its amplification A", ""},
        {Scope::global, "defi.pools.curve_fee_bps", Unit::number, 0, 100, 1.0, false, {}, MC_MEMBER(t.global->plan.defi.pools.curve_fee_bps), "its fee, bps; half of it leaves the pool", ""},
        {Scope::global, "defi.pools.uniswap", Unit::usd, 0, 1000000000000.0, 1.0, false, {}, MC_MEMBER(t.global->plan.defi.pools.uniswap), "in the pool with price ranges; liquidity by price as measured on 10 October 2025, scaled; 0 = none", ""},
        {Scope::global, "defi.pools.paused", Unit::flag, 1.0, 0.0, 1.0, false, {}, MC_MEMBER(t.global->plan.defi.pools.paused), "lever: the pools take no swaps", ""},
        {Scope::global, "defi.pools.arbitrage", Unit::flag, 1.0, 0.0, 1.0, false, {}, MC_MEMBER(t.global->plan.defi.pools.arbitrage), "pools are traded against the books and each other", ""},
        {Scope::global, "defi.pools.arbitrage_cash", Unit::usd, 0, 100000000000.0, 1.0, false, {}, MC_MEMBER(t.global->plan.defi.pools.arbitrage_cash), "capital of those who do, half on chain", ""},
        {Scope::global, "defi.pools.arbitrage_from", Unit::share, 0, 0.5, 1.0, false, {}, MC_MEMBER(t.global->plan.defi.pools.arbitrage_from), "least gap beyond fees they act on", ""},
        {Scope::global, "defi.pools.gas", Unit::usd, 0, 100000.0, 1.0, false, {}, MC_MEMBER(t.global->plan.defi.pools.gas), "gas of one swap", ""},
        {Scope::global, "defi.loops.horizon", Unit::duration, 3600, 31536000, 1.0 / 86400.0, false, {}, MC_MEMBER(t.global->plan.defi.loops.horizon_days), "loops of synthetic dollars leave when this long of carry costs more than selling loses", ""},
        {Scope::global, "defi.loops.time", Unit::duration, 60, 2592000, 1.0 / 60.0, false, {}, MC_MEMBER(t.global->plan.defi.loops.time_min), "time constant of leaving and of coming back", ""},
        {Scope::global, "defi.loops.enabled", Unit::flag, 1.0, 0.0, 1.0, false, {}, MC_MEMBER(t.global->plan.defi.loops.enabled), "owners of loops act", ""},
        {Scope::asset, "price", Unit::usd, 1e-9, 1e9, 1.0, true, {}, MC_MEMBER(t.asset->plan.price), "price at the start", ""},
        {Scope::asset, "open_interest", Unit::usd, 0, 1e13, 1.0, true, {}, MC_MEMBER(t.asset->plan.open_interest), "open interest of one side, all venues and dated futures", ""},
        {Scope::asset, "volatility", Unit::per_day, 0.0001, 1, 1.0, true, {}, MC_MEMBER(t.asset->plan.volatility), "sigma: standard deviation of daily log returns in normal times", ""},
        {Scope::asset, "beta.BTC", Unit::number, -5, 10, 1.0, false, {}, MC_MEMBER(t.asset->plan.beta), "daily move per move of BTC", ""},
        {Scope::asset, "volume", Unit::usd_per_day, 1, 1e13, 1.0, true, {}, MC_MEMBER(t.asset->plan.volume), "economic volume V, spot and perp, all venues", ""},
        {Scope::asset, "depth_1pct", Unit::usd, 1, 1e12, 1.0, true, {}, MC_MEMBER(t.asset->plan.depth_1pct), "D1: USD resting within 1 % on one side in calm, all venues, spot and perp", ""},
        {Scope::asset, "depth_exponent", Unit::number, 0.1, 2, 1.0, false, {}, MC_MEMBER(t.asset->plan.depth_exponent), "g: maker depth inside 1 % grows with distance^g", ""},
        {Scope::asset, "patient_factor", Unit::number, 0, 20, 1.0, false, {}, MC_MEMBER(t.asset->plan.patient_factor), "f5: patient depth within 5 % in units of D1", ""},
        {Scope::asset, "noise_correlation", Unit::share, 0, 1, 1.0, false, {}, MC_MEMBER(t.asset->plan.noise_correlation), "correlation of its fair-value noise with the common one", ""},
        {Scope::asset, "order_min", Unit::usd, 0, 1e6, 1.0, false, {}, MC_MEMBER(t.asset->plan.size_min), "smallest noise order", ""},
        {Scope::asset, "tail", Unit::flag, 1.0, 0.0, 1.0, false, {}, MC_MEMBER(t.asset->plan.tail), "drawn from the long-tail template: uses the tier table's row \"tail\" and a history made from BTC", ""},
        {Scope::asset, "copies", Unit::count, 1, 100, 1.0, false, {}, MC_MEMBER(t.asset->copies), "coins drawn from this row, named T1, T2, ... after it; open interest, volume and depth are those of all together", ""},
        {Scope::asset, "copies_exponent", Unit::number, 0, 3, 1.0, false, {}, MC_MEMBER(t.asset->copies_exponent), "sizes of the copies fall with their rank to this power", "derived: 0.8, open interest of the 20 coins after the largest on one venue"},
        {Scope::asset, "pegged", Unit::flag, 1.0, 0.0, 1.0, false, {}, MC_MEMBER(t.asset->plan.pegged), "worth a dollar: no perps, traded by its own agents only (defi.usde)", ""},
        {Scope::asset, "spot_volume", Unit::share, 0, 1, 1.0, false, {}, MC_MEMBER(t.asset->spot_volume), "part of V traded on spot", ""},
        {Scope::asset, "spot_depth", Unit::share, 0, 1, 1.0, false, {}, MC_MEMBER(t.asset->spot_depth), "part of D1 on spot", ""},
        {Scope::asset, "perp.tick", Unit::usd, 1e-9, 1e6, 1.0, false, {}, MC_MEMBER(t.asset->perp_tick), "price step of the perp", ""},
        {Scope::asset, "perp.lot", Unit::number, 1e-9, 1e9, 1.0, false, {}, MC_MEMBER(t.asset->perp_lot), "size step of the perp, coins", ""},
        {Scope::asset, "spot.tick", Unit::usd, 1e-9, 1e6, 1.0, false, {}, MC_MEMBER(t.asset->spot_tick), "price step of the spot pair", ""},
        {Scope::asset, "spot.lot", Unit::number, 1e-9, 1e9, 1.0, false, {}, MC_MEMBER(t.asset->spot_lot), "size step of the spot pair, coins", ""},
        {Scope::asset, "merged_from", Unit::text, 1.0, 0.0, 1.0, false, {}, MC_MEMBER(t.asset->merged_from), "written by a reduced world: the coins that this row stands for", ""},
        {Scope::venue, "merged_from", Unit::text, 1.0, 0.0, 1.0, false, {}, MC_MEMBER(t.venue->merged_from), "written by a reduced world: the venues that this row stands for", ""},
        {Scope::venue, "as_of", Unit::text, 1.0, 0.0, 1.0, false, {}, MC_MEMBER(t.venue->rules_as_of), "date of the clearing rules", ""},
        {Scope::venue, "kind", Unit::choice, 1.0, 0.0, 1.0, true, kind_words, MC_CHOICE(VenueKind, kind), "what kind of venue", ""},
        {Scope::venue, "share", Unit::share, 0, 1, 1.0, false, {}, MC_MEMBER(t.venue->plan.oi_share), "share of open interest", ""},
        {Scope::venue, "stands_for", Unit::number, 1, 1000, 1.0, false, {}, MC_MEMBER(t.venue->plan.stands_for), "number of venues that the row stands for: its largest account is that of one of them", ""},
        {Scope::venue, "leverage_max", Unit::count, 1, 1000, 1.0, false, {}, MC_MEMBER(t.venue->plan.leverage_max), "highest leverage of an account, below what the margin tiers allow; 1000 = what they allow", ""},
        {Scope::venue, "account_leverage", Unit::number, 0.1, 10, 1.0, false, {}, MC_MEMBER(t.venue->plan.account_leverage), "leverage of its accounts over the population's", ""},
        {Scope::venue, "thinned_share", Unit::share, 0, 1, 1.0, false, {}, MC_MEMBER(t.venue->plan.thinned_share), "part of the positions of population.thinned that is not there at the start; contracts end against hedgers' shorts", "an experiment: 0 = everybody is there"},
        {Scope::venue, "perp_share", Unit::share, 0, 1, 1.0, false, {}, MC_MEMBER(t.venue->plan.perp_share), "share of perp volume and depth", ""},
        {Scope::venue, "spot_share", Unit::share, 0, 1, 1.0, false, {}, MC_MEMBER(t.venue->plan.spot_share), "share of spot volume and depth; 0 = no spot books", ""},
        {Scope::venue, "index_weight", Unit::number, 0, 1000, 1.0, false, {}, MC_MEMBER(t.venue->plan.index_weight), "weight of its spot books in the index", ""},
        {Scope::venue, "latency.maker", Unit::duration, 0, 3600, 1000.0, false, {}, MC_MEMBER(t.venue->plan.maker_latency_ms), "one way, median, maker", ""},
        {Scope::venue, "latency.maker_sigma", Unit::number, 0, 3, 1.0, false, {}, MC_MEMBER(t.venue->plan.maker_latency_sigma), "its log spread", ""},
        {Scope::venue, "latency.arbitrage", Unit::duration, 0, 3600, 1000.0, false, {}, MC_MEMBER(t.venue->plan.arbitrage_latency_ms), "one way, median, arbitrage", ""},
        {Scope::venue, "latency.arbitrage_sigma", Unit::number, 0, 3, 1.0, false, {}, MC_MEMBER(t.venue->plan.arbitrage_latency_sigma), "its log spread", ""},
        {Scope::venue, "latency.retail", Unit::duration, 0, 3600, 1000.0, false, {}, MC_MEMBER(t.venue->plan.retail_latency_ms), "one way, median, retail", ""},
        {Scope::venue, "latency.retail_sigma", Unit::number, 0, 3, 1.0, false, {}, MC_MEMBER(t.venue->plan.retail_latency_sigma), "its log spread", ""},
        {Scope::venue, "block", Unit::duration, 0, 3600, 1.0, false, {}, MC_MEMBER(t.venue->plan.block), "block time; 0 = commands act when they arrive", ""},
        {Scope::venue, "overload_queue", Unit::count, 0, 1000000000, 1.0, false, {}, MC_MEMBER(t.venue->plan.overload_queue), "messages per second that the venue can take; what comes beyond them waits; 0 = it never slows down", ""},
        {Scope::venue, "calm_messages", Unit::number, 0, 1e9, 1.0, false, {}, MC_MEMBER(t.venue->plan.calm_messages), "messages per second that reach the venue in an ordinary market; times z in a fast one", "assumed: a tenth of what a large venue can take"},
        {Scope::venue, "request_life", Unit::duration, 0, 3600, 1.0, false, {}, MC_MEMBER(t.venue->plan.request_life), "the venue refuses requests older than this, so that nothing waits longer; balances do not move while its queue is full", "5 s: what venues take unless told otherwise"},
        {Scope::venue, "tier_caps", Unit::number, 0.001, 1000, 1.0, false, {}, MC_MEMBER(t.venue->tier_caps), "multiplies floors and caps of the tier table", ""},
        {Scope::venue, "fees.taker", Unit::share, -0.01, 0.05, 1e6, false, {}, MC_MEMBER(t.venue->plan.rules.taker_fee_ppm), "taker fee", ""},
        {Scope::venue, "fees.maker", Unit::share, -0.01, 0.05, 1e6, false, {}, MC_MEMBER(t.venue->plan.rules.maker_fee_ppm), "maker fee; negative = rebate", ""},
        {Scope::venue, "margin.style", Unit::choice, 1.0, 0.0, 1.0, false, margin_style_words, MC_CHOICE(MarginStyle, rules.margin.style), "how the tiers of the table charge a position", ""},
        {Scope::venue, "margin.measure", Unit::choice, 1.0, 0.0, 1.0, false, measure_words, MC_CHOICE(TierMeasure, rules.margin.measure), "what floors and caps of the tiers count", ""},
        {Scope::venue, "margin.valuation", Unit::choice, 1.0, 0.0, 1.0, false, valuation_words, MC_CHOICE(MarginValuation, rules.margin.valuation), "price at which requirements value a position", ""},
        {Scope::venue, "margin.maintenance", Unit::choice, 1.0, 0.0, 1.0, false, maintenance_words, MC_CHOICE(MaintenanceFrom, rules.margin.maintenance_from), "maintenance by its own rate, or as a share of the initial margin", ""},
        {Scope::venue, "margin.close_fee_in", Unit::choice, 1.0, 0.0, 1.0, false, close_fee_words, MC_CHOICE(CloseFeeIn, rules.margin.close_fee_in), "requirements that contain the fee to close", ""},
        {Scope::venue, "margin.close_fee", Unit::share, 0, 0.05, 1e6, false, {}, MC_MEMBER(t.venue->plan.rules.margin.close_fee_ppm), "that fee, share of the value at mark", ""},
        {Scope::venue, "margin.profit", Unit::choice, 1.0, 0.0, 1.0, false, profit_words, MC_CHOICE(PnlIn, rules.margin.pnl), "unrealised profit counts at par or inside the haircuts", ""},
        {Scope::venue, "margin.transfer_floor", Unit::share, 0, 1, 1e6, false, {}, MC_MEMBER(t.venue->plan.rules.margin.transfer_floor_ppm), "least margin that withdrawals leave, share of notional", ""},
        {Scope::venue, "margin.close_out", Unit::share, 0, 1, 1e6, false, {}, MC_MEMBER(t.venue->plan.rules.margin.close_out_ppm), "maintenance is at least this share of the initial margin; 0 = no such rule", ""},
        {Scope::venue, "margin.concentration.from", Unit::share, 0, 1, 1e6, false, {}, MC_MEMBER(t.venue->plan.rules.margin.concentration_from_ppm), "share of the contract's open interest at the start above which a position's margin rates rise; 0 = they do not", "assumed: 0.01 to 1 %"},
        {Scope::venue, "margin.concentration.factor", Unit::number, 1, 20, 1e6, false, {}, MC_MEMBER(t.venue->plan.rules.margin.concentration_factor_ppm), "times as high are the rates above it", "assumed: 1.5 to 4"},
        {Scope::venue, "margin.volatility.cap", Unit::number, 1, 20, 1e6, false, {}, MC_MEMBER(t.venue->plan.rules.margin.volatility_cap_ppm), "margin rates are multiplied by the coin's volatility over that of normal times, at most by this; 1 = they do not follow it", "assumed: 1.5 to 5"},
        {Scope::venue, "margin.volatility.step", Unit::number, 0.01, 10, 1e6, false, {}, MC_MEMBER(t.venue->plan.rules.margin.volatility_step_ppm), "in steps of this, cut", "assumed"},
        {Scope::venue, "margin.volatility.update", Unit::duration, 1, 86400, 1.0, false, {}, MC_MEMBER(t.venue->plan.rules.margin.volatility_update), "how often", "assumed: 1 min to 1 d"},
        {Scope::venue, "band.method", Unit::choice, 1.0, 0.0, 1.0, false, band_words, MC_CHOICE(BandMethod, rules.band.method), "prices at which orders may trade", ""},
        {Scope::venue, "band.down", Unit::share, 0, 1, 1e6, false, {}, MC_MEMBER(t.venue->plan.rules.band.down_ppm), "below the reference", ""},
        {Scope::venue, "band.up", Unit::share, 0, 1, 1e6, false, {}, MC_MEMBER(t.venue->plan.rules.band.up_ppm), "above the reference; index+premium: inner reach", ""},
        {Scope::venue, "band.outer", Unit::share, 0, 1, 1e6, false, {}, MC_MEMBER(t.venue->plan.rules.band.outer_ppm), "index+premium: outer reach", ""},
        {Scope::venue, "circuit_breaker.on", Unit::choice, 1.0, 0.0, 1.0, false, breaker_words, MC_CHOICE(BreakerOn, rules.breaker.on), "price whose move halts the perps of a coin: mark or index; none = no breaker", ""},
        {Scope::venue, "circuit_breaker.fall", Unit::share, 0, 0.99, 1e6, false, {}, MC_MEMBER(t.venue->plan.rules.breaker.fall_ppm), "fall from the highest within the window that halts; 0 = none does", ""},
        {Scope::venue, "circuit_breaker.rise", Unit::share, 0, 10, 1e6, false, {}, MC_MEMBER(t.venue->plan.rules.breaker.rise_ppm), "rise from the lowest within the window that halts; 0 = none does", ""},
        {Scope::venue, "circuit_breaker.window", Unit::duration, 1, 86400, 1.0, false, {}, MC_MEMBER(t.venue->plan.rules.breaker.window), "how far back the move is looked for", "assumed: 1 min to 1 h"},
        {Scope::venue, "circuit_breaker.halt", Unit::duration, 1, 86400, 1.0, false, {}, MC_MEMBER(t.venue->plan.rules.breaker.halt), "how long nothing is matched", "assumed: 5 to 15 min (model 12)"},
        {Scope::venue, "circuit_breaker.scope", Unit::choice, 1.0, 0.0, 1.0, false, breaker_scope_words, MC_CHOICE(BreakerScope, rules.breaker.scope), "perps that halt: those of the coin, or all of the venue", ""},
        {Scope::venue, "circuit_breaker.reach", Unit::choice, 1.0, 0.0, 1.0, false, breaker_reach_words, MC_CHOICE(BreakerReach, rules.breaker.reach), "market: halts together with every other venue that says market", ""},
        {Scope::venue, "circuit_breaker.reopening", Unit::choice, 1.0, 0.0, 1.0, false, reopening_words, MC_CHOICE(Reopening, rules.breaker.reopening), "how any halt ends: one price for all that waits, or order by order", ""},
        {Scope::venue, "halt.from", Unit::duration, 0, 2678400, 1.0, false, {}, MC_MEMBER(t.venue->plan.rules.halt.from), "all books of the venue halt so long after clock.start ...", ""},
        {Scope::venue, "halt.to", Unit::duration, 0, 2678400, 1.0, false, {}, MC_MEMBER(t.venue->plan.rules.halt.to), "... until then; not after `halt.from` = never", ""},
        {Scope::venue, "maker_floor", Unit::share, 0, 1, 1e6, false, {}, MC_MEMBER(t.venue->plan.rules.maker_floor_ppm), "share of calm depth that makers must keep showing in the venue's books, whatever happens; 0 = no obligation", ""},
        {Scope::venue, "mark.method", Unit::choice, 1.0, 0.0, 1.0, false, mark_words, MC_CHOICE(MarkMethod, rules.mark.method), "how the mark price is made", ""},
        {Scope::venue, "mark.update", Unit::duration, 0.01, 3600, 1.0, false, {}, MC_MEMBER(t.venue->plan.rules.mark.update), "how often", ""},
        {Scope::venue, "mark.average", Unit::duration, 0.01, 86400, 1.0, false, {}, MC_MEMBER(t.venue->plan.rules.mark.average), "window of the moving average or time constant of the EMA", ""},
        {Scope::venue, "mark.sample", Unit::duration, 0.01, 3600, 1.0, false, {}, MC_MEMBER(t.venue->plan.rules.mark.sample), "sampling step of the average", ""},
        {Scope::venue, "mark.band", Unit::share, 0, 1, 1e6, false, {}, MC_MEMBER(t.venue->plan.rules.mark.band_ppm), "the mark stays within this share of the index; 0 = no band", ""},
        {Scope::venue, "funding.method", Unit::choice, 1.0, 0.0, 1.0, false, funding_method_words, MC_CHOICE(FundingMethod, rules.funding.method), "how the rate is made", ""},
        {Scope::venue, "funding.interval", Unit::duration, 60, 86400, 1.0, false, {}, MC_MEMBER(t.venue->plan.rules.funding.interval), "time between settlements", ""},
        {Scope::venue, "funding.sample", Unit::duration, 0.1, 3600, 1.0, false, {}, MC_MEMBER(t.venue->plan.rules.funding.sample), "step of premium samples", ""},
        {Scope::venue, "funding.weights", Unit::choice, 1.0, 0.0, 1.0, false, weights_words, MC_CHOICE(FundingWeights, rules.funding.weights), "weights of the samples", ""},
        {Scope::venue, "funding.interest", Unit::share, -0.01, 0.01, 1e9, false, {}, MC_MEMBER(t.venue->plan.rules.funding.interest_ppb), "I, per 8 h", ""},
        {Scope::venue, "funding.clamp", Unit::share, 0, 0.1, 1e9, false, {}, MC_MEMBER(t.venue->plan.rules.funding.clamp_ppb), "damper around I", ""},
        {Scope::venue, "funding.cap", Unit::share, 0, 1, 1e9, false, {}, MC_MEMBER(t.venue->plan.rules.funding.cap_ppb), "largest rate per interval; 0 = 0.75 of the maintenance rate at top leverage", ""},
        {Scope::venue, "funding.price", Unit::choice, 1.0, 0.0, 1.0, false, funding_price_words, MC_CHOICE(FundingPrice, rules.funding.price), "price that the payment uses", ""},
        {Scope::venue, "funding.impact_notional", Unit::usd, 0, 1e9, 1.0, false, {}, MC_MEMBER(t.venue->plan.rules.funding.impact_notional), "size of the impact prices; 0 = 200 USD over the initial margin rate at top leverage", ""},
        {Scope::venue, "funding.clamp_factor", Unit::number, 0, 1000, 1e6, false, {}, MC_MEMBER(t.venue->plan.rules.funding.clamp_factor_ppm), "vote-median: largest rate, times initial minus maintenance rate", ""},
        {Scope::venue, "funding.least_votes", Unit::count, 0, 10000, 1.0, false, {}, MC_MEMBER(t.venue->plan.rules.funding.least_votes), "vote-median: a minute's votes are padded with 0 up to this number", ""},
        {Scope::venue, "liquidation.style", Unit::choice, 1.0, 0.0, 1.0, false, style_words, MC_CHOICE(LiquidationFirstStep, rules.liquidation.first_step), "first step of a liquidation", ""},
        {Scope::venue, "liquidation.takeover", Unit::choice, 1.0, 0.0, 1.0, false, takeover_words, MC_CHOICE(TakeoverMethod, rules.liquidation.takeover), "who takes what the market did not", ""},
        {Scope::venue, "liquidation.fee", Unit::share, 0, 0.1, 1e6, false, {}, MC_MEMBER(t.venue->plan.rules.liquidation.fee_ppm), "fee on the liquidated notional", ""},
        {Scope::venue, "liquidation.batch", Unit::duration, 0.01, 3600, 1.0, false, {}, MC_MEMBER(t.venue->plan.rules.liquidation.batch), "period of the engine", ""},
        {Scope::venue, "liquidation.partial_above", Unit::usd, 0, 1e12, 1.0, false, {}, MC_MEMBER(t.venue->plan.rules.liquidation.partial_above), "notional above which only a part goes first", ""},
        {Scope::venue, "liquidation.partial_share", Unit::share, 0, 1, 1e6, false, {}, MC_MEMBER(t.venue->plan.rules.liquidation.partial_share_ppm), "that part", ""},
        {Scope::venue, "liquidation.cooldown", Unit::duration, 0, 86400, 1.0, false, {}, MC_MEMBER(t.venue->plan.rules.liquidation.cooldown), "after a partial liquidation: time in which orders of the user are for the whole position", ""},
        {Scope::venue, "liquidation.vault_share", Unit::share, 0, 1, 1e6, false, {}, MC_MEMBER(t.venue->plan.rules.liquidation.vault_share_ppm), "the vault takes over below this share of maintenance", ""},
        {Scope::venue, "liquidation.tiers_down", Unit::count, 1, 10, 1.0, false, {}, MC_MEMBER(t.venue->plan.rules.liquidation.tiers_down), "tiers-down: how many tiers one step goes down", ""},
        {Scope::venue, "liquidation.slice", Unit::usd, 0, 1e12, 1.0, false, {}, MC_MEMBER(t.venue->plan.rules.liquidation.slice), "slices: notional of one order", ""},
        {Scope::venue, "liquidation.step_share", Unit::share, 0, 1, 1e6, false, {}, MC_MEMBER(t.venue->plan.rules.liquidation.step_share_ppm), "fillable-ioc: largest part of a position in one step", ""},
        {Scope::venue, "liquidation.step_least", Unit::usd, 0, 1e12, 1.0, false, {}, MC_MEMBER(t.venue->plan.rules.liquidation.step_least), "fillable-ioc: least notional of a step", ""},
        {Scope::venue, "liquidation.step_most", Unit::usd, 0, 1e12, 1.0, false, {}, MC_MEMBER(t.venue->plan.rules.liquidation.step_most), "fillable-ioc: most notional of a step; 0 = no bound", ""},
        {Scope::venue, "liquidation.spread", Unit::share, 0, 10, 1e6, false, {}, MC_MEMBER(t.venue->plan.rules.liquidation.spread_ppm), "fillable-ioc: spread to the maintenance margin ratio", ""},
        {Scope::venue, "liquidation.adjustment", Unit::number, 0, 5000, 1e6, false, {}, MC_MEMBER(t.venue->plan.rules.liquidation.adjustment_ppm), "fillable-ioc: bankruptcy adjustment", ""},
        {Scope::venue, "liquidation.fund_fee_cap", Unit::share, 0, 1, 1e6, false, {}, MC_MEMBER(t.venue->plan.rules.liquidation.fund_fee_cap_ppm), "fund-per-fill: most that a fill pays to the fund", ""},
        {Scope::venue, "liquidation.initial_share", Unit::share, 0, 1, 1e6, false, {}, MC_MEMBER(t.venue->plan.rules.liquidation.initial_share_ppm), "liquidator-share: share of the shortage in the first moment", ""},
        {Scope::venue, "liquidation.share_duration", Unit::duration, 0, 86400, 1.0, false, {}, MC_MEMBER(t.venue->plan.rules.liquidation.share_duration), "liquidator-share: time until the share is everything", ""},
        {Scope::venue, "liquidation.liquidator_fee", Unit::share, 0, 0.5, 1e6, false, {}, MC_MEMBER(t.venue->plan.rules.liquidation.liquidator_fee_ppm), "liquidator-share: discount that an outside liquidator earns at first", ""},
        {Scope::venue, "liquidation.liquidator_fee_max", Unit::share, 0, 0.5, 1e6, false, {}, MC_MEMBER(t.venue->plan.rules.liquidation.liquidator_fee_max_ppm), "liquidator-share: most that the discount grows to", ""},
        {Scope::venue, "liquidation.unwind_outside", Unit::duration, 10, 7200, 1.0, false, {}, MC_MEMBER(t.venue->plan.rules.liquidation.unwind_outside), "liquidator-share: time over which outside liquidators hedge in the book", ""},
        {Scope::venue, "liquidation.order", Unit::choice, 1.0, 0.0, 1.0, false, order_words, MC_CHOICE(bool, rules.liquidation.market_orders), "worst price of a forced order: the bankruptcy price, or any", ""},
        {Scope::venue, "liquidation.at_equality", Unit::flag, 1.0, 0.0, 1.0, false, {}, MC_MEMBER(t.venue->plan.rules.trigger_at_equality), "liquidate at a margin ratio of exactly 100 %, not only beyond", ""},
        {Scope::venue, "insurance_fund", Unit::usd, 0, 1e12, 1.0, false, {}, MC_MEMBER(t.venue->plan.rules.fund.initial), "insurance fund or vault at the start", ""},
        {Scope::venue, "fund.scope", Unit::choice, 1.0, 0.0, 1.0, false, fund_scope_words, MC_CHOICE(FundScope, rules.fund.scope), "what one fund covers", ""},
        {Scope::venue, "fund.socialise_by", Unit::choice, 1.0, 0.0, 1.0, false, socialise_words, MC_CHOICE(SocialiseBy, rules.fund.socialise_by), "socialise: who bears what the fund could not pay", ""},
        {Scope::venue, "fund.shortfall", Unit::choice, 1.0, 0.0, 1.0, false, shortfall_words, MC_CHOICE(ShortfallTo, rules.fund.shortfall_to), "what neither margin nor fund covered: stays as bad debt, or the firm that runs the venue pays it", ""},
        {Scope::venue, "fund.least_balance", Unit::usd, 0, 1e12, 1.0, false, {}, MC_MEMBER(t.venue->plan.rules.fund.least_balance), "pool-drawdown: the fall counts only above this balance", ""},
        {Scope::venue, "fund.position_cap", Unit::share, 0, 10, 1e6, false, {}, MC_MEMBER(t.venue->plan.rules.fund.position_cap_ppm), "net notional the fund may hold, share of its cash", ""},
        {Scope::venue, "fund.unwind", Unit::duration, 10, 7200, 1.0, false, {}, MC_MEMBER(t.venue->plan.rules.fund.unwind), "time over which it sells what it took", ""},
        {Scope::venue, "fund.participation", Unit::share, 0, 1, 1e6, false, {}, MC_MEMBER(t.venue->plan.rules.fund.unwind_participation_ppm), "share of volume its selling may be", ""},
        {Scope::venue, "adl.trigger", Unit::choice, 1.0, 0.0, 1.0, false, adl_trigger_words, MC_CHOICE(AdlTrigger, rules.adl.trigger), "when auto-deleveraging starts", ""},
        {Scope::venue, "adl.drawdown_of", Unit::choice, 1.0, 0.0, 1.0, false, drawdown_words, MC_CHOICE(DrawdownOf, rules.adl.drawdown_of), "pool-drawdown: the fall of the pool, or of one symbol's result", ""},
        {Scope::venue, "adl.rank", Unit::choice, 1.0, 0.0, 1.0, false, adl_rank_words, MC_CHOICE(AdlRank, rules.adl.rank), "order of the queue", ""},
        {Scope::venue, "adl.price", Unit::choice, 1.0, 0.0, 1.0, false, adl_price_words, MC_CHOICE(AdlPrice, rules.adl.price), "price of the closing", ""},
        {Scope::venue, "adl.drawdown", Unit::share, 0, 1, 1e6, false, {}, MC_MEMBER(t.venue->plan.rules.adl.drawdown_ppm), "pool drawdown that starts it", ""},
        {Scope::venue, "adl.drawdown_stop", Unit::share, 0, 1, 1e6, false, {}, MC_MEMBER(t.venue->plan.rules.adl.drawdown_stop_ppm), "pool drawdown that stops it", ""},
        {Scope::venue, "adl.fall_least", Unit::usd, 0, 1e12, 1.0, false, {}, MC_MEMBER(t.venue->plan.rules.adl.fall_least), "average-fall: least fall of the fund that counts", ""},
        {Scope::venue, "adl.delay", Unit::duration, 0, 86400, 1.0, false, {}, MC_MEMBER(t.venue->plan.rules.adl.delay), "least time between a failed takeover and ADL", ""},
        {Scope::venue, "feed.liquidations", Unit::choice, 1.0, 0.0, 1.0, false, feed_words, MC_CHOICE(LiquidationFeed, rules.feed), "what the public liquidation feed shows", ""},
        {Scope::venue, "index.outlier", Unit::share, 0.0001, 1, 1e6, false, {}, MC_MEMBER(t.venue->plan.rules.index_outlier_ppm), "index source further than this from the median is dropped", ""},
        {Scope::venue, "index.stale", Unit::duration, 0.1, 3600, 1.0, false, {}, MC_MEMBER(t.venue->plan.rules.index_stale), "index source older than this is dropped", ""},
        {Scope::event, "name", Unit::text, 1.0, 0.0, 1.0, false, {}, MC_MEMBER(t.event->plan.name), "label in the report; cause and number when absent", ""},
        {Scope::event, "at", Unit::time, 0, 4102444800, 1.0, true, {}, MC_MEMBER(t.event->at_unix_s), "first moment, UTC", ""},
        {Scope::event, "until", Unit::time, 0, 4102444800, 1.0, false, {}, MC_MEMBER(t.event->until_unix_s), "last moment; the same as `at` when absent", ""},
        {Scope::event, "cause", Unit::text, 1.0, 0.0, 1.0, true, {}, MC_MEMBER(t.event->plan.cause), "cause tag: macro, holders, funds, security, regulation, ...", ""},
        {Scope::event, "confidence", Unit::text, 1.0, 0.0, 1.0, false, {}, MC_MEMBER(t.event->plan.confidence), "how sure: high, medium, low", ""},
        {Scope::event, "change.p_cut", Unit::share, -1, 1, 1.0, false, {}, MC_MEMBER(t.event->plan.d_p_cut), "factor: change of the rate-cut probability", ""},
        {Scope::event, "change.usd", Unit::share, -0.5, 0.5, 1.0, false, {}, MC_MEMBER(t.event->plan.d_usd), "factor: change of the dollar", ""},
        {Scope::event, "change.oil", Unit::share, -1, 1, 1.0, false, {}, MC_MEMBER(t.event->plan.d_oil), "factor: change of oil", ""},
        {Scope::event, "change.equities", Unit::share, -0.5, 0.5, 1.0, false, {}, MC_MEMBER(t.event->plan.d_equities), "factor: change of equities (Nasdaq 100)", ""},
        {Scope::event, "scale", Unit::number, 0, 100, 1.0, false, {}, MC_MEMBER(t.event->plan.scale), "of what is declared this many times happens; 0 leaves the event out and every other one as it is (a hack: 0 or 1)", ""},
        {Scope::event, "participation", Unit::share, 0.0001, 1, 1.0, false, {}, MC_MEMBER(t.event->plan.participation), "flow, information, options, loans: largest share of traded volume", ""},
        {Scope::event, "pause_below_1h", Unit::share, -1, 0, 1.0, false, {}, MC_MEMBER(t.event->plan.pause_below_1h), "flow: pauses while the last hour's return is below this; -100 % = never", ""},
        {Scope::event, "last_part_share", Unit::share, 0, 1, 1.0, false, {}, MC_MEMBER(t.event->plan.last_part_share), "flow: share executed in the last part of the window", ""},
        {Scope::event, "last_part", Unit::duration, 0, 2678400, 1.0, false, {}, MC_MEMBER(t.event->plan.last_part), "flow: length of that last part", ""},
        {Scope::event, "perps", Unit::flag, 1.0, 0.0, 1.0, false, {}, MC_MEMBER(t.event->plan.perps), "flow: trade perps instead of spot", ""},
        {Scope::event, "forced", Unit::flag, 1.0, 0.0, 1.0, false, {}, MC_MEMBER(t.event->plan.forced), "flow: market orders at once, without participation, price or depth limit", ""},
        {Scope::event, "trigger.below", Unit::usd, 0, 1e9, 1.0, false, {}, MC_MEMBER(t.event->plan.trigger_below), "flow: begins when the coin's index stands below this inside the window; 0 = with the window", ""},
        {Scope::event, "trigger.over", Unit::duration, 0, 2678400, 1.0, false, {}, MC_MEMBER(t.event->plan.trigger_over), "flow with a trigger: time over which it is traded from then on", ""},
        {Scope::event, "answer.base", Unit::usd, -1e11, 1e11, 1.0, false, {}, MC_MEMBER(t.event->plan.answer_base), "flow that answers to returns: bought on a day without any, below 0 sold", ""},
        {Scope::event, "answer.yesterday", Unit::usd, -1e11, 1e11, 1.0, false, {}, MC_MEMBER(t.event->plan.answer_yesterday), "bought for each percent that the coin rose over the trading day before", ""},
        {Scope::event, "answer.today", Unit::usd, -1e11, 1e11, 1.0, false, {}, MC_MEMBER(t.event->plan.answer_today), "bought for each percent that it has risen since the close before", ""},
        {Scope::event, "answer.noise", Unit::usd, 0, 1e11, 1.0, false, {}, MC_MEMBER(t.event->plan.answer_noise), "standard deviation of what returns do not say", ""},
        {Scope::event, "stops_transfers", Unit::flag, 1.0, 0.0, 1.0, false, {}, MC_MEMBER(t.event->plan.stops_transfers), "venue: balances do not move to or from the venues", ""},
        {Scope::event, "load", Unit::number, 0, 1000, 1.0, false, {}, MC_MEMBER(t.event->plan.load), "venue: times the messages that reach the venues", ""},
        {Scope::event, "about", Unit::text, 1.0, 0.0, 1.0, false, {}, MC_MEMBER(t.event->plan.about), "information: name of the event that the traders know of; they close after it", ""},
        {Scope::event, "traders", Unit::count, 1, 1000, 1.0, false, {}, MC_MEMBER(t.event->plan.traders), "information: so many traders, of equal size", "a thousand accounts a venue"},
        {Scope::event, "leverage.low", Unit::number, 1, 50, 1.0, false, {}, MC_MEMBER(t.event->plan.leverage_low), "information: least leverage of a trader, size over deposit; uniform up to", ""},
        {Scope::event, "leverage.high", Unit::number, 1, 50, 1.0, false, {}, MC_MEMBER(t.event->plan.leverage_high), "information: the largest", ""},
        {Scope::event, "close.low", Unit::duration, 1, 2678400, 1.0 / 60.0, false, {}, MC_MEMBER(t.event->plan.close_low_min), "information: shortest time in which a trader closes after the event; uniform up to", ""},
        {Scope::event, "close.high", Unit::duration, 1, 2678400, 1.0 / 60.0, false, {}, MC_MEMBER(t.event->plan.close_high_min), "information: the longest", ""},
        {Scope::event, "precision", Unit::share, 0, 1, 1.0, false, {}, MC_MEMBER(t.event->plan.precision), "information: chance that a trader takes the side that is declared, else the other", ""},
        {Scope::event, "request_delay", Unit::duration, 0, 3600, 1.0, false, {}, MC_MEMBER(t.event->plan.request_delay_s), "venue: a request waits so much longer in front of the venues", ""},
        {Scope::event, "retail_leaves", Unit::share, 0, 0.9, 1.0, false, {}, MC_MEMBER(t.event->plan.retail_leaves), "regulatory: share of noise takers' orders and of new leveraged accounts that is not there", "a market without its crowd is another one"},
        {Scope::event, "fee_change", Unit::share, -0.001, 0.01, 1.0, false, {}, MC_MEMBER(t.event->plan.fee_change), "regulatory: added to the taker fee", "no fee falls below a rebate of 0.1 %"},
        {Scope::event, "add", Unit::number, -10, 10, 1.0, false, {}, MC_MEMBER(t.event->plan.add_uncertainty), "uncertainty, regulatory: added to U", ""},
        {Scope::event, "half_life", Unit::duration, 0, 31536000, 1.0 / 86400.0, false, {}, MC_MEMBER(t.event->plan.half_life_days), "uncertainty, regulatory: how fast it goes; 0 = it stays", ""},
        {Scope::event, "open", Unit::usd, 0, 1e12, 1.0, false, {}, MC_MEMBER(t.event->plan.open_usd), "options: open at the strike, by what the coins are worth at `at`", ""},
        {Scope::event, "strike", Unit::usd, 0, 1e9, 1.0, false, {}, MC_MEMBER(t.event->plan.strike_usd), "options: the strike", ""},
        {Scope::event, "dealers", Unit::number, -1, 1, 1.0, false, {}, MC_MEMBER(t.event->plan.dealers), "options: what dealers who hedge hold of it, net; above 0 bought: they sell when the coin rises", ""},
        {Scope::event, "implied_volatility", Unit::share, 0.01, 10, 1.0, false, {}, MC_MEMBER(t.event->plan.implied_volatility), "options: volatility by which they hedge, for a year", ""},
        {Scope::event, "borrowed", Unit::usd, 0, 1e12, 1.0, false, {}, MC_MEMBER(t.event->plan.loans_usd), "loans: dollars lent against the coin outside the venues", ""},
        {Scope::event, "ltv.low", Unit::share, 0.01, 0.99, 1.0, false, {}, MC_MEMBER(t.event->plan.ltv_low), "loans: lowest loan to value at `at`; even up to", ""},
        {Scope::event, "ltv.high", Unit::share, 0.01, 0.99, 1.0, false, {}, MC_MEMBER(t.event->plan.ltv_high), "loans: the highest", ""},
        {Scope::event, "ltv.restore", Unit::share, 0.01, 0.99, 1.0, false, {}, MC_MEMBER(t.event->plan.ltv_restore), "loans: what a borrower who answers a call brings it back to", ""},
        {Scope::event, "ltv.call", Unit::share, 0.01, 0.99, 1.0, false, {}, MC_MEMBER(t.event->plan.ltv_call), "loans: margin call", ""},
        {Scope::event, "ltv.sale", Unit::share, 0.01, 1, 1.0, false, {}, MC_MEMBER(t.event->plan.ltv_sale), "loans: the lender sells what repays the loan", ""},
        {Scope::event, "cures", Unit::share, 0, 1, 1.0, false, {}, MC_MEMBER(t.event->plan.cures), "loans: chance that a borrower answers a call", ""},
        {Scope::event, "reported", Unit::usd, 0, 1e11, 1.0, false, {}, MC_MEMBER(t.event->plan.reported_usd), "hack: reported drained in all places; what the pools do not lose is a flow shown apart", ""},
        {Scope::event, "sold_share", Unit::share, 0, 1, 1.0, false, {}, MC_MEMBER(t.event->plan.sold_share), "hack: share of it sold as ether until `until`", ""},
        {Scope::event, "worth", Unit::share, 0, 1, 1.0, false, {}, MC_MEMBER(t.event->plan.collateral_value), "collateral: worth of the share token after, of what it was at the start", ""},
        {Scope::event, "follows_hack", Unit::flag, 1.0, 0.0, 1.0, false, {}, MC_MEMBER(t.event->plan.follows_hack), "happens only if the incident does (defi.balancer.incident)", ""},
    };
    return rows;
}
// clang-format on

#undef MC_MEMBER
#undef MC_CHOICE
#undef MC_GLOBAL_CHOICE

constexpr std::array later = {
    LaterKey{"policies", "policy switches"},
    LaterKey{"sweep", "parameter sweeps"},
    LaterKey{"collateral", "multi-asset collateral"},
    LaterKey{"population.collateral", "multi-asset collateral"},
    LaterKey{"venues.*.multi_assets", "multi-asset collateral"},
    LaterKey{"venues.*.portfolio_margin", "portfolio margin"},
    LaterKey{"venues.*.withdrawals", "withdrawal pauses"},
    LaterKey{"output.tables", "a choice of tables"},
};

constexpr std::array types = {
    EventTypeName{"factor", true},
    EventTypeName{"fair_value", true},
    EventTypeName{"flow", true},
    EventTypeName{"uncertainty", true},
    EventTypeName{"collateral", true},
    EventTypeName{"hack", true},
    EventTypeName{"venue", true},
    EventTypeName{"regulatory", true},
    EventTypeName{"information", true},
    EventTypeName{"options", true},
    EventTypeName{"loans", true},
};

// Edits that turn one word into the other: insert, delete, replace.
std::size_t edit_distance(std::string_view a, std::string_view b) {
    std::vector<std::size_t> row(b.size() + 1);
    for (std::size_t j = 0; j <= b.size(); ++j) {
        row[j] = j;
    }
    for (std::size_t i = 1; i <= a.size(); ++i) {
        std::size_t diagonal = row[0];
        row[0] = i;
        for (std::size_t j = 1; j <= b.size(); ++j) {
            const std::size_t up = row[j];
            const std::size_t change = diagonal + (a[i - 1] == b[j - 1] ? 0 : 1);
            row[j] = std::min({change, up + 1, row[j - 1] + 1});
            diagonal = up;
        }
    }
    return row[b.size()];
}

}  // namespace

std::span<const Field> fields() {
    return field_table();
}

std::string_view scope_prefix(Scope scope) {
    switch (scope) {
        case Scope::global:
            return "";
        case Scope::asset:
            return "assets.*.";
        case Scope::venue:
            return "venues.*.";
        case Scope::event:
            return "events.*.";
    }
    return "";
}

void set_number(const Field& field, FieldTarget& target, double base) {
    const double value = base * field.scale;
    if (const auto* d = std::get_if<double* (*)(FieldTarget&)>(&field.access)) {
        *(*d)(target) = value;
    } else if (const auto* i = std::get_if<std::int64_t* (*)(FieldTarget&)>(&field.access)) {
        *(*i)(target) = static_cast<std::int64_t>(std::llround(value));
    } else if (const auto* b = std::get_if<bool* (*)(FieldTarget&)>(&field.access)) {
        *(*b)(target) = base != 0.0;
    } else if (const auto* t = std::get_if<Duration* (*)(FieldTarget&)>(&field.access)) {
        *(*t)(target) = Duration::from_raw(std::llround(base * 1e9));
    } else if (const auto* m = std::get_if<Money* (*)(FieldTarget&)>(&field.access)) {
        *(*m)(target) = Money::from_raw(std::llround(base * 1e6));
    } else if (const auto* f = std::get_if<FunctionAccess>(&field.access)) {
        f->set(target, base);
    }
}

double get_number(const Field& field, FieldTarget& target) {
    if (const auto* d = std::get_if<double* (*)(FieldTarget&)>(&field.access)) {
        return *(*d)(target) / field.scale;
    }
    if (const auto* i = std::get_if<std::int64_t* (*)(FieldTarget&)>(&field.access)) {
        return static_cast<double>(*(*i)(target)) / field.scale;
    }
    if (const auto* b = std::get_if<bool* (*)(FieldTarget&)>(&field.access)) {
        return *(*b)(target) ? 1.0 : 0.0;
    }
    if (const auto* t = std::get_if<Duration* (*)(FieldTarget&)>(&field.access)) {
        return static_cast<double>((*t)(target)->raw()) * 1e-9;
    }
    if (const auto* m = std::get_if<Money* (*)(FieldTarget&)>(&field.access)) {
        return static_cast<double>((*m)(target)->raw()) * 1e-6;
    }
    if (const auto* f = std::get_if<FunctionAccess>(&field.access)) {
        return f->get(target);
    }
    return 0.0;
}

std::span<const LaterKey> later_keys() {
    return later;
}
std::span<const EventTypeName> event_types() {
    return types;
}

Unit unit_of(MetricUnit unit) {
    switch (unit) {
        case MetricUnit::usd_price:
        case MetricUnit::usd:
            return Unit::usd;
        case MetricUnit::fraction:
        case MetricUnit::rate:
            return Unit::share;
        case MetricUnit::accounts:
        case MetricUnit::steps:
        case MetricUnit::fills:
            return Unit::count;
        case MetricUnit::bps:
        case MetricUnit::index:
        case MetricUnit::ratio:
        case MetricUnit::hours:
        case MetricUnit::minutes:
            return Unit::number;
    }
    return Unit::number;
}

std::string nearest(std::string_view word, std::span<const std::string> known) {
    constexpr std::size_t longest = 64;  // the work grows with the length, and no word is longer
    std::string best;
    if (word.size() > longest) {
        return best;
    }
    std::size_t best_distance = std::max<std::size_t>(2, word.size() / 3) + 1;
    for (const std::string& candidate : known) {
        const std::size_t distance = edit_distance(word, candidate);
        if (distance < best_distance) {
            best_distance = distance;
            best = candidate;
        }
    }
    return best;
}

}  // namespace margincall::inline scenario
