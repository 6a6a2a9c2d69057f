// The leveraged accounts of a market (docs/population.md; model 5.2-5.5): who holds what, at which
// entry price and leverage, when the run starts, and how owners behave before liquidation.
//
// Accounts are never drawn at the start price. Each one is opened somewhere in the preceding weeks
// of prices and dropped when its stop or liquidation price was crossed since: the population
// remembers what already went through it.
#pragma once

#include <cstdint>
#include <vector>

#include "base/random.hpp"
#include "base/time.hpp"
#include "market/instrument.hpp"
#include "market/order.hpp"
#include "plan/plan.hpp"
#include "rules/rules.hpp"
#include "sim/agent.hpp"

namespace margincall::inline agents {

// Burn-in of every perp of the plan (model 5.2). Rows are grouped by instrument, longs before
// shorts; positions of accounts in several coins follow (portfolios.hpp). Long and short lots of an
// instrument are equal exactly. Every instrument, side and kind of account has its own random
// stream. A plan with an account book gives the book's rows instead.
[[nodiscard]] std::vector<AccountSeed> draw_population(const Plan& plan);

// The population's parameters at a venue: those of the plan with the venue's own leverage.
[[nodiscard]] PopulationPlan owners_at(const Plan& plan, VenueId venue);

// Coins of an instrument's open interest that can be liquidated, one side (5.2 step 5); the size of
// the largest account in USD; and the size from which every account has a row of its own at the
// plan's number of rows (0 = all have).
[[nodiscard]] double liquidatable_coins(const Plan& plan, const InstrumentPlan& instrument);
[[nodiscard]] double account_notional_max(const Plan& plan, const InstrumentPlan& instrument);
[[nodiscard]] double population_full_from(const Plan& plan);

// The rule of model 5.2 step 6: lambda = (OI/mean90)^a * (sigma30/2.3 %)^-b * (1 + c*f/0.01 %)/(1 +
// c). Exponents are assumed, the same for every event. 1 = a market with average open interest, 2.3
// % daily volatility and funding at its resting 0.01 %.
struct LeverageRule {
    double open_interest_power = 0.5;  // a
    double volatility_power = 1.0;     // b: owners who keep their value at risk constant
    double funding_slope = 0.1;        // c
    double volatility_base = 0.023;    // per day
    double funding_base = 0.0001;      // per 8 h
};
[[nodiscard]] double leverage_state(const HistoryPlan& history, const LeverageRule& rule = {});

// Chance that a Brownian bridge in log price from `from` to `to` touches `level` on the way, with
// `variance` of the whole log return: exp(-2 ln(from/level) ln(to/level) / variance). 1 if the level
// lies between them.
[[nodiscard]] double chance_of_touching(double from, double to, double level, double variance);
// Lowest price of such a bridge, by inversion of the same law; u uniform on [0, 1).
[[nodiscard]] double bridge_low(double from, double to, double sigma, double u);

// --- one account: sizes and prices of a single owner, not of a weighted row ---

// Mark price at which equity falls to the maintenance margin, by the tier of the entry notional.
// 0 when a long cannot be liquidated (margin covers everything). All in USD and coins.
struct AccountTerms {
    Side side = Side::buy;
    double qty = 0.0;     // coins
    double entry = 0.0;   // USD per coin
    double margin = 0.0;  // USD
};
[[nodiscard]] double liquidation_price(const AccountTerms& account, const MarginTiers& tiers);
// Highest leverage the tiers allow for a notional.
[[nodiscard]] double leverage_limit(const MarginTiers& tiers, double notional_usd);

// Round price levels that attract stops: the largest 1-2-5 number not above 15 % of the price
// (10,000 at 110,000; 500 at 3,600-4,000).
[[nodiscard]] double round_level_step(double price_usd);
// Stop-market trigger of an isolated account (model 5.4), drawn: 0 ticks = the owner uses none.
[[nodiscard]] Ticks stop_price(const PopulationPlan& population,
                               const Instrument& instrument,
                               Side side,
                               double entry_usd,
                               double liquidation_usd,
                               Rng& rng);

// --- drawing one account, shared by burn-in and intraday openings ---

enum class OwnerKind : std::uint8_t { isolated, cross, hedger };

// Sizes of one kind of account as a table over ln size: an exact share per cell, and rows drawn
// more densely where accounts are large. A row of a cell stands for `weight` accounts.
class SizeTable {
  public:
    // Size: notional at entry (isolated), equity (cross, hedger), USD. Accounts above `full_from`
    // get a row each; below it the number of rows per account falls as the square root of size.
    SizeTable(const PopulationPlan& population, OwnerKind kind, double size_max, double full_from);

    // The same with `full_from` as a notional: equities count with the typical leverage of the
    // kind.
    [[nodiscard]] static SizeTable make(const PopulationPlan& population,
                                        OwnerKind kind,
                                        double notional_max,
                                        double notional_full_from);

    struct Draw {
        double size_usd = 0.0;
        double weight = 1.0;  // >= 1, not yet whole
    };
    [[nodiscard]] Draw draw(double u, double v) const;  // u picks the cell, v the place inside it
    [[nodiscard]] std::size_t cells() const { return share_.size(); }
    [[nodiscard]] double share(std::size_t cell) const { return share_[cell]; }  // of accounts
    [[nodiscard]] double middle(std::size_t cell) const;                         // USD
    [[nodiscard]] double rows_per_account() const { return rows_per_account_; }

  private:
    double ln_low_ = 0.0;
    double ln_step_ = 0.0;
    double rows_per_account_ = 1.0;
    std::vector<double> share_;
    std::vector<double> weight_;
    std::vector<double> cumulative_;    // of rows, last = 1
    std::vector<std::uint32_t> guide_;  // first cell to look at for u in [k, k+1)/size
};

struct OwnerDraw {
    double notional = 0.0;  // USD at entry
    double leverage = 1.0;
};
// Leverage by kind, side and state, truncated at the tier limit; the notional follows from the
// size.
[[nodiscard]] OwnerDraw draw_owner(const PopulationPlan& population,
                                   const MarginTiers& tiers,
                                   OwnerKind kind,
                                   Side side,
                                   double size_usd,
                                   double notional_max,
                                   Rng& rng);

// Burn-in streams use this family of entity names; index = instrument * 8 + component.
inline constexpr std::uint32_t population_family = 50;
inline constexpr std::uint32_t bridge_family = 53;  // of paths before the start; index = asset
inline constexpr std::uint32_t leveraged_flow_family = 52;

}  // namespace margincall::inline agents
