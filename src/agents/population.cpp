#include "agents/population.hpp"

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <numbers>

#include "agents/families.hpp"
#include "agents/portfolios.hpp"
#include "agents/thinned.hpp"
#include "base/check.hpp"
#include "base/integer.hpp"

namespace margincall::inline agents {
namespace {

constexpr std::size_t size_cells = 512;
constexpr double size_smallest = 5.0;  // USD: venues refuse smaller orders
constexpr double ns_per_day = 86'400e9;

double normal_distribution(double z) {
    return 0.5 * std::erfc(-z / std::numbers::sqrt2);
}

// Share of accounts of a kind below a size. Equity has a Pareto tail (5.2 step 3).
double size_distribution(const PopulationPlan& p, OwnerKind kind, double size) {
    if (kind == OwnerKind::isolated) {
        return normal_distribution(std::log(size / p.size_median) / p.size_sigma);
    }
    const auto body = [&](double x) {
        return normal_distribution(std::log(x / p.cross_equity_median) / p.cross_equity_sigma);
    };
    if (size <= p.cross_tail_from) {
        return body(size);
    }
    const double tail = 1.0 - body(p.cross_tail_from);
    return 1.0 - tail * std::pow(p.cross_tail_from / size, p.cross_tail_exponent);
}

const MarginTier& tier_of(const MarginTiers& tiers, double notional_usd) {
    CHECK(!tiers.empty());
    for (const MarginTier& tier : tiers) {
        if (notional_usd <= to_usd(tier.cap)) {
            return tier;
        }
    }
    return tiers.back();
}

// Prices of one asset before the start, arranged so that one account costs a constant number of
// steps: extremes from any step to the start are running minima and maxima from the end.
class BurnInPath {
  public:
    BurnInPath(const Plan& plan, std::size_t asset);

    [[nodiscard]] double start_price() const { return price_.back(); }

    struct Opening {
        double entry = 0.0;      // USD
        double low_after = 0.0;  // extremes of the price after the opening step, the start included
        double high_after = 0.0;
        double step_end = 0.0;  // price at the end of that step
        double variance = 0.0;  // of the log return in what was left of it

        // Whether a trigger on that side of the entry was reached: after the opening step by its
        // extremes, in the rest of the step with the chance that a Brownian bridge from the entry
        // to the step's end touched it (chance_of_touching). `u` is uniform.
        [[nodiscard]] bool reached(Side side, double trigger, double u) const;
    };
    // Opens an account `age ~ Exp(mean_days)` before the start, given that it is inside the
    // history.
    [[nodiscard]] Opening open(double mean_days, Rng& rng) const;

  private:
    double days_ = 0.0;  // length of the history
    double step_days_ = 0.0;
    std::vector<double> price_;      // per step, the last is the start
    std::vector<double> sigma_;      // of the log return inside step (k, k+1)
    std::vector<double> low_after_;  // lowest price from the end of step k (inclusive) to the start
    std::vector<double> high_after_;
};

BurnInPath::BurnInPath(const Plan& plan, std::size_t asset) {
    const HistoryPlan& history = plan.history;
    const AssetPlan& a = plan.assets[asset];
    CHECK(a.price > 0.0);
    if (asset < history.price.size() && history.price[asset].size() >= 2) {
        price_ = history.price[asset];
    } else {
        price_ = {a.price, a.price};  // no history: everybody opened near the start price
    }
    step_days_ = static_cast<double>(history.step.raw()) / ns_per_day;
    const std::size_t n = price_.size();
    days_ = step_days_ * static_cast<double>(n - 1);
    const double scale = a.price / price_.back();  // the last point is the start, exactly
    for (double& price : price_) {
        CHECK(price > 0.0);
        price *= scale;
    }

    // Local volatility of a step: root mean square of the returns around it, never below a third of
    // the asset's usual one.
    const double usual = a.volatility * std::sqrt(step_days_);
    sigma_.resize(n - 1);
    std::vector<double> square(n - 1);
    for (std::size_t k = 0; k + 1 < n; ++k) {
        const double r = std::log(price_[k + 1] / price_[k]);
        square[k] = r * r;
    }
    for (std::size_t k = 0; k + 1 < n; ++k) {
        const std::size_t from = k < 3 ? 0 : k - 3;
        const std::size_t to = std::min(n - 1, k + 4);
        double sum = 0.0;
        for (std::size_t j = from; j < to; ++j) {
            sum += square[j];
        }
        sigma_[k] = std::max(usual / 3.0, std::sqrt(sum / static_cast<double>(to - from)));
    }

    // Extremes of each step: as measured where the history has them, else those of a Brownian bridge
    // between its ends, drawn once for all accounts.
    const auto measured = [&](const std::vector<std::vector<double>>& rows) {
        return asset < rows.size() && rows[asset].size() == n ? &rows[asset] : nullptr;
    };
    const auto* lows = measured(history.low);
    const auto* highs = measured(history.high);
    low_after_.assign(n, price_.back());
    high_after_.assign(n, price_.back());
    Rng rng{
        plan.seed, entity_name(bridge_family, static_cast<std::uint32_t>(asset)), Purpose::burn_in};
    for (std::size_t k = n - 1; k-- > 0;) {
        const double u_low = rng.uniform();
        const double u_high = rng.uniform();
        double low = lows != nullptr ? (*lows)[k + 1] * scale
                                     : bridge_low(price_[k], price_[k + 1], sigma_[k], u_low);
        double high =
            highs != nullptr
                ? (*highs)[k + 1] * scale
                : 1.0 / bridge_low(1.0 / price_[k], 1.0 / price_[k + 1], sigma_[k], u_high);
        low = std::min({low, price_[k], price_[k + 1]});
        high = std::max({high, price_[k], price_[k + 1]});
        low_after_[k] = std::min(low_after_[k + 1], low);
        high_after_[k] = std::max(high_after_[k + 1], high);
    }
}

BurnInPath::Opening BurnInPath::open(double mean_days, Rng& rng) const {
    const double inside = -std::expm1(-days_ / mean_days);  // P(age < length of the history)
    const double age = std::min(days_, -mean_days * std::log1p(-rng.uniform() * inside));
    const double position = (days_ - age) / step_days_;
    const std::size_t k = std::min(static_cast<std::size_t>(position), price_.size() - 2);
    const double part = std::clamp(position - static_cast<double>(k), 0.0, 1.0);
    const double noise = sigma_[k] * std::sqrt(part * (1.0 - part)) * rng.normal();

    Opening out;
    out.entry = price_[k] * std::pow(price_[k + 1] / price_[k], part) * std::exp(noise);
    out.low_after = low_after_[k + 1];
    out.high_after = high_after_[k + 1];
    out.step_end = price_[k + 1];
    out.variance = sigma_[k] * sigma_[k] * (1.0 - part);
    return out;
}

bool BurnInPath::Opening::reached(Side side, double trigger, double u) const {
    if (trigger <= 0.0) {
        return false;
    }
    if (side == Side::buy ? low_after <= trigger : high_after >= trigger) {
        return true;
    }
    return u < chance_of_touching(entry, step_end, trigger, variance);
}

// One part of the population: an instrument, a side and a kind of account, with its size in lots.
struct Component {
    const InstrumentPlan* instrument = nullptr;
    const BurnInPath* path = nullptr;
    Side side = Side::buy;
    OwnerKind kind = OwnerKind::isolated;
    Lots target;
    double notional_max = 0.0;
    std::uint64_t entity = 0;
    bool basis_fund = false;  // one unlevered position, for the agent that trades it
};

struct Account {
    OwnerDraw owner;
    double entry = 0.0;
    Ticks stop;
    bool alive = false;
};

// Owners at a component's venue: the population with the venue's own leverage.
PopulationPlan owners_of(const Plan& plan, const Component& c) {
    return owners_at(plan, c.instrument->instrument.venue);
}

// One candidate: opened in the past, alive or not at the start.
Account draw_account(const PopulationPlan& p, const Component& c, double size_usd, Rng& rng) {
    const Instrument& inst = c.instrument->instrument;
    Account out;
    out.owner = draw_owner(p, c.instrument->tiers, c.kind, c.side, size_usd, c.notional_max, rng);
    const auto opening = c.path->open(p.holding_days * 3.0 / out.owner.leverage, rng);
    out.entry = opening.entry;
    const double qty = out.owner.notional / out.entry;
    const double liquidation =
        liquidation_price({.side = c.side,
                           .qty = qty,
                           .entry = out.entry,
                           .margin = out.owner.notional / out.owner.leverage},
                          c.instrument->tiers);
    double trigger = liquidation;
    if (c.kind == OwnerKind::isolated) {
        out.stop = stop_price(p, inst, c.side, out.entry, liquidation, rng);
        if (out.stop.raw() > 0) {
            trigger = to_usd(inst, out.stop);
        }
    }
    // A path that was drawn wildly may have been where the book has no prices.
    const bool survived = !opening.reached(c.side, trigger, rng.uniform());
    out.alive = survived && quantize_price(out.entry, inst, Round::down).has_value();
    return out;
}

// Equity sizes become comparable with notionals through the typical leverage of the kind.
double size_scale(const PopulationPlan& p, OwnerKind kind) {
    switch (kind) {
        case OwnerKind::isolated:
            return 1.0;
        case OwnerKind::cross:
            return p.cross_leverage_median;
        case OwnerKind::hedger:
            return 1.5;
    }
    return 1.0;
}

// What a component needs in accounts, estimated cell by cell of its size table (so that the heavy
// tail is integrated, not sampled). `alive[cell]` = accounts of the cell that are alive at the
// start.
struct Estimate {
    std::vector<double> alive;
    std::vector<double> notional;  // per account of the cell, in the kind's comparable size
};

Estimate estimate(const Plan& plan, const Component& c) {
    constexpr int draws = 2;
    const PopulationPlan p = owners_of(plan, c);
    const SizeTable table{p, c.kind, c.notional_max, 0.0};
    Rng rng{plan.seed, c.entity, Purpose::parameter};
    Estimate out;
    double mean = 0.0;  // notional at the start per candidate account
    for (std::size_t cell = 0; cell < table.cells(); ++cell) {
        const double size = table.middle(cell);
        double alive = 0.0;
        for (int k = 0; k < draws; ++k) {
            const Account a = draw_account(p, c, size, rng);
            if (a.alive) {
                alive += 1.0;
                mean +=
                    table.share(cell) * a.owner.notional / a.entry * c.path->start_price() / draws;
            }
        }
        out.alive.push_back(table.share(cell) * alive / draws);
        out.notional.push_back(size * size_scale(p, c.kind));
    }
    CHECK(mean > 0.0);
    const Instrument& inst = c.instrument->instrument;
    const double target =
        static_cast<double>(c.target.raw()) * inst.lot_base * c.path->start_price();
    for (double& accounts : out.alive) {
        accounts *= target / mean;
    }
    return out;
}

double rows_needed(const std::vector<Estimate>& estimates, double full_from) {
    double rows = 0.0;
    for (const Estimate& e : estimates) {
        for (std::size_t cell = 0; cell < e.alive.size(); ++cell) {
            const double density =
                e.notional[cell] >= full_from ? 1.0 : std::sqrt(e.notional[cell] / full_from);
            rows += e.alive[cell] * density;
        }
    }
    return rows;
}

// The size from which every account has a row of its own, so that the whole population has `rows`
// rows.
double solve_full_from(const std::vector<Estimate>& estimates, double rows) {
    if (rows_needed(estimates, 1.0) <= rows) {
        return 0.0;  // enough rows for everybody
    }
    double low = 0.0;
    double high = std::log(1e15);
    for (int k = 0; k < 60; ++k) {
        const double middle = 0.5 * (low + high);
        (rows_needed(estimates, std::exp(middle)) > rows ? low : high) = middle;
    }
    return std::exp(high);
}

Money money_of(double usd) {
    return Money::from_raw(static_cast<std::int64_t>(usd * 1e6));
}

// What basis funds hold: one unlevered short at the start price.
AccountSeed fund_position(const Component& c) {
    const Instrument& inst = c.instrument->instrument;
    const auto entry = quantize_price(c.path->start_price(), inst, Round::down);
    CHECK(entry.has_value());
    AccountSeed row;
    row.instrument = inst.id;
    row.side = c.side;
    row.mode = MarginMode::cross;
    row.hedger = 1;
    row.basis_fund = 1;
    row.qty = c.target;
    row.entry = *entry;
    row.margin = notional(inst, *entry, c.target);
    return row;
}

// Draws one component until its lots are reached exactly; the last row is cut to fit.
void fill_component(const Plan& plan,
                    const Component& c,
                    double full_from,
                    std::vector<AccountSeed>& rows) {
    constexpr int give_up_after = 2'000;  // misses in a row: a history that kills everybody
    constexpr double golden = 0.61803398874989484820;
    const PopulationPlan p = owners_of(plan, c);
    const Instrument& inst = c.instrument->instrument;
    const SizeTable table = SizeTable::make(p, c.kind, c.notional_max, full_from);
    Rng rng{plan.seed, c.entity, Purpose::burn_in};
    double u =
        rng.uniform();  // sizes come from a golden-ratio sequence: evenly spread, not clumped
    std::int64_t left = c.target.raw();
    int misses = 0;
    while (left > 0) {
        u += golden;
        u -= std::floor(u);
        const auto size = table.draw(u, rng.uniform());
        Account a = draw_account(p, c, size.size_usd, rng);
        const double weight_fraction = rng.uniform();
        const bool may_top_up = rng.chance(p.top_up_share);
        if (!a.alive) {
            if (++misses < give_up_after) {
                continue;
            }
            a.entry = c.path->start_price();
            a.stop = Ticks{};
        }
        misses = 0;
        const auto entry = quantize_price(a.entry, inst, Round::down);
        CHECK(entry.has_value());
        auto weight = static_cast<std::int64_t>(size.weight + weight_fraction);
        const double lots =
            static_cast<double>(weight) * a.owner.notional / a.entry / inst.lot_base;
        std::int64_t qty = std::max<std::int64_t>(1, static_cast<std::int64_t>(lots));
        if (qty > left) {
            // Rounded up, so that no account becomes larger than it was drawn.
            weight = narrow_i64(div_round(i128{weight} * i128{left}, i128{qty}, Round::up));
            qty = left;
        }
        weight = std::clamp<std::int64_t>(weight, 1, qty);  // a person holds at least one lot
        left -= qty;

        AccountSeed row;
        row.instrument = inst.id;
        row.side = c.side;
        row.mode = c.kind == OwnerKind::isolated ? MarginMode::isolated : MarginMode::cross;
        row.hedger = c.kind == OwnerKind::hedger ? 1 : 0;
        row.may_top_up = c.kind != OwnerKind::hedger && may_top_up ? 1 : 0;
        row.weight = static_cast<std::uint32_t>(weight);
        row.qty = Lots::from_raw(qty);
        row.entry = *entry;
        row.margin = money_of(static_cast<double>(qty) * inst.lot_base * to_usd(inst, *entry) /
                              a.owner.leverage);
        row.leverage_e2 = std::max<std::int64_t>(1, std::llround(a.owner.leverage * 100.0));
        row.stop = a.stop;
        rows.push_back(row);
    }
}

std::vector<Component> components_of(const Plan& plan, const std::vector<BurnInPath>& paths) {
    const PopulationPlan& p = plan.population;
    std::vector<Component> out;
    for (const InstrumentPlan& ip : plan.instruments) {
        const Instrument& inst = ip.instrument;
        if (inst.kind != InstrumentKind::linear_perp) {
            continue;
        }
        const double lots = liquidatable_coins(plan, ip) / inst.lot_base;
        if (!(lots >= 1.0)) {
            continue;
        }
        const auto total = static_cast<std::int64_t>(lots);
        const auto part = [&](double share) {
            return static_cast<std::int64_t>(static_cast<double>(total) * share);
        };
        const std::int64_t all_hedged = part(p.hedged_short_share);
        const auto funds =
            static_cast<std::int64_t>(plan.arbitrage.fund_share * static_cast<double>(all_hedged));
        const std::int64_t hedged = all_hedged - funds;
        const std::int64_t isolated_short = part((1.0 - p.hedged_short_share) * p.isolated_share);
        const std::int64_t isolated_long = part(p.isolated_share);
        const auto add = [&](std::uint32_t index, Side side, OwnerKind kind, std::int64_t size) {
            out.push_back({.instrument = &ip,
                           .path = &paths[inst.base.raw()],
                           .side = side,
                           .kind = kind,
                           .target = Lots::from_raw(size),
                           .notional_max = account_notional_max(plan, ip),
                           .entity = entity_name(population_family, inst.id.raw() * 8 + index)});
        };
        add(0, Side::buy, OwnerKind::isolated, isolated_long);
        add(1, Side::buy, OwnerKind::cross, total - isolated_long);
        add(2, Side::sell, OwnerKind::isolated, isolated_short);
        add(3, Side::sell, OwnerKind::cross, total - all_hedged - isolated_short);
        add(4, Side::sell, OwnerKind::hedger, hedged);
        add(5, Side::sell, OwnerKind::hedger, funds);
        out.back().basis_fund = true;
    }
    std::erase_if(out, [](const Component& c) { return c.target.raw() <= 0; });
    return out;
}

// Everything that must be known before the first row is drawn.
struct SamplePlan {
    std::vector<BurnInPath> paths;  // the components point into it
    std::vector<Component> components;
    double full_from = 0.0;
    double rows = 0.0;  // expected
};

SamplePlan sample_plan(const Plan& plan) {
    SamplePlan out;
    for (std::size_t asset = 0; asset < plan.assets.size(); ++asset) {
        out.paths.emplace_back(plan, asset);
    }
    out.components = components_of(plan, out.paths);
    std::vector<Estimate> estimates;
    for (const Component& c : out.components) {
        if (!c.basis_fund) {
            estimates.push_back(estimate(plan, c));
        }
    }
    if (!plan.population.full && plan.population.rows > 0) {
        out.full_from = solve_full_from(estimates, static_cast<double>(plan.population.rows));
    }
    out.rows = rows_needed(estimates, std::max(out.full_from, 1e-9));
    return out;
}

}  // namespace

PopulationPlan owners_at(const Plan& plan, VenueId venue) {
    PopulationPlan owners = plan.population;
    const double factor = plan.venues[venue.raw()].account_leverage;
    owners.leverage_median *= factor;
    owners.cross_leverage_median *= factor;
    return owners;
}

double liquidatable_coins(const Plan& plan, const InstrumentPlan& ip) {
    const AssetPlan& asset = plan.assets[ip.instrument.base.raw()];
    const VenuePlan& venue = plan.venues[ip.instrument.venue.raw()];
    return plan.population.liquidatable_share * asset.open_interest * venue.oi_share / asset.price;
}

double account_notional_max(const Plan& plan, const InstrumentPlan& ip) {
    CHECK(!ip.tiers.empty());
    const VenuePlan& venue = plan.venues[ip.instrument.venue.raw()];
    const double open_interest =
        plan.assets[ip.instrument.base.raw()].open_interest * venue.oi_share / venue.stands_for;
    const double largest =
        std::min(plan.population.row_cap_share * open_interest, to_usd(ip.tiers.back().cap));
    return std::max(largest, 10.0 * size_smallest);
}

double population_full_from(const Plan& plan) {
    return sample_plan(plan).full_from;
}

namespace {
// Model 9.3: some cross accounts pledge the synthetic dollar as part of their margin. Those of the
// first venue only, which had campaigned for it; how much lay elsewhere is not known.
void pledge_synthetic_dollars(const Plan& plan, std::vector<AccountSeed>& rows) {
    const SyntheticDollarPlan& p = plan.defi.usde;
    if (!plan.defi.enabled || !p.enabled || p.asset.empty()) {
        return;
    }
    for (std::size_t k = 0; k < rows.size(); ++k) {
        AccountSeed& row = rows[k];
        const VenueId venue = plan.instruments[row.instrument.raw()].instrument.venue;
        if (venue.raw() != 0 || row.mode != MarginMode::cross || row.hedger != 0 ||
            row.basis_fund != 0) {
            continue;
        }
        Rng rng{
            plan.seed, entity_name(family_pledge, static_cast<std::uint32_t>(k)), Purpose::choice};
        if (rng.chance(p.holders_share)) {
            row.collateral_ppm =
                static_cast<std::uint32_t>(1e6 * rng.uniform(p.collateral_from, p.collateral_to));
        }
    }
}
}  // namespace

std::vector<AccountSeed> draw_population(const Plan& plan) {
    if (!plan.population.book.empty()) {
        return plan.population.book;
    }
    const SamplePlan sample = sample_plan(plan);
    std::vector<AccountSeed> rows;
    rows.reserve(static_cast<std::size_t>(sample.rows * 1.05) + 16 * sample.components.size());
    for (const Component& c : sample.components) {
        if (c.basis_fund) {
            rows.push_back(fund_position(c));
        } else {
            fill_component(plan, c, sample.full_from, rows);
        }
    }
    pledge_synthetic_dollars(plan, rows);
    join_portfolios(plan, rows);
    thin_owners(plan, rows);
    return rows;
}

double chance_of_touching(double from, double to, double level, double variance) {
    const double product = std::log(from / level) * std::log(to / level);
    if (product <= 0.0) {
        return 1.0;  // the level lies between, or at one of them
    }
    return variance > 0.0 ? std::exp(-2.0 * product / variance) : 0.0;
}

double bridge_low(double from, double to, double sigma, double u) {
    const double step = std::log(to / from);
    const double below = std::sqrt(step * step - 2.0 * sigma * sigma * std::log(1.0 - u));
    return from * std::exp(0.5 * (step - below));
}

double leverage_state(const HistoryPlan& history, const LeverageRule& rule) {
    const double interest = std::max(0.1, history.open_interest_over_mean90);
    const double volatility = std::max(0.1 * rule.volatility_base, history.volatility_30d);
    const double crowding = 1.0 + rule.funding_slope * history.funding_7d / rule.funding_base;
    return std::pow(interest, rule.open_interest_power) *
           std::pow(volatility / rule.volatility_base, -rule.volatility_power) *
           std::max(0.1, crowding) / (1.0 + rule.funding_slope);
}

double liquidation_price(const AccountTerms& a, const MarginTiers& tiers) {
    CHECK(a.qty > 0.0);
    const MarginTier& tier = tier_of(tiers, a.qty * a.entry);
    const double rate = static_cast<double>(tier.mmr_ppm) * 1e-6;
    const double cushion = (a.margin + to_usd(tier.deduction)) / a.qty;
    if (a.side == Side::buy) {
        return std::max(0.0, (a.entry - cushion) / (1.0 - rate));
    }
    return (a.entry + cushion) / (1.0 + rate);
}

double leverage_limit(const MarginTiers& tiers, double notional_usd) {
    return static_cast<double>(tier_of(tiers, notional_usd).leverage_max);
}

double round_level_step(double price_usd) {
    const double limit = 0.15 * price_usd;
    const double decade = std::pow(10.0, std::floor(std::log10(limit)));
    const double digit = limit / decade;
    return decade * (digit >= 5.0 ? 5.0 : digit >= 2.0 ? 2.0 : 1.0);
}

Ticks stop_price(const PopulationPlan& p,
                 const Instrument& inst,
                 Side side,
                 double entry_usd,
                 double liquidation_usd,
                 Rng& rng) {
    // Always the same number of draws, so that a changed share shifts nothing else.
    const bool uses = rng.chance(p.stop_share);
    const double way = rng.uniform(p.stop_low, p.stop_high);
    const bool follows_level = rng.chance(p.round_level_share);
    if (!uses) {
        return Ticks{};
    }
    double stop = entry_usd + way * (liquidation_usd - entry_usd);
    const double step = round_level_step(entry_usd);
    const double level = std::round(stop / step) * step;
    if (follows_level && level > 0.0 && std::fabs(stop - level) <= p.round_level_reach * level) {
        const double beyond =
            level * (side == Side::buy ? 1.0 - p.round_level_beyond : 1.0 + p.round_level_beyond);
        // Only between entry and liquidation: elsewhere it would fire at once or never.
        const bool inside = side == Side::buy ? beyond < entry_usd && beyond > liquidation_usd
                                              : beyond > entry_usd && beyond < liquidation_usd;
        stop = inside ? beyond : stop;
    }
    return quantize_price(stop, inst, side == Side::buy ? Round::down : Round::up)
        .value_or(Ticks{});
}

SizeTable::SizeTable(const PopulationPlan& p, OwnerKind kind, double size_max, double full_from) {
    CHECK(size_max > size_smallest);
    ln_low_ = std::log(size_smallest);
    ln_step_ = (std::log(size_max) - ln_low_) / static_cast<double>(size_cells);
    const double below = size_distribution(p, kind, size_smallest);
    const double inside = size_distribution(p, kind, size_max) - below;
    CHECK(inside > 0.0);
    double previous = below;
    double rows = 0.0;
    for (std::size_t cell = 0; cell < size_cells; ++cell) {
        const double end = std::exp(ln_low_ + ln_step_ * static_cast<double>(cell + 1));
        const double up_to = size_distribution(p, kind, end);
        share_.push_back(std::max(0.0, up_to - previous) / inside);
        previous = up_to;
        weight_.push_back(std::max(1.0, std::sqrt(full_from / middle(cell))));
        rows += share_[cell] / weight_[cell];
        cumulative_.push_back(rows);
    }
    rows_per_account_ = rows;
    for (double& c : cumulative_) {
        c /= rows;
    }
    std::size_t cell = 0;
    for (std::size_t k = 0; k < size_cells; ++k) {
        while (cell + 1 < size_cells &&
               cumulative_[cell] < static_cast<double>(k) / static_cast<double>(size_cells)) {
            ++cell;
        }
        guide_.push_back(static_cast<std::uint32_t>(cell));
    }
    cumulative_.back() = 1.0;
}

SizeTable SizeTable::make(const PopulationPlan& p,
                          OwnerKind kind,
                          double notional_max,
                          double notional_full_from) {
    return SizeTable{p, kind, notional_max, notional_full_from / size_scale(p, kind)};
}

double SizeTable::middle(std::size_t cell) const {
    return std::exp(ln_low_ + ln_step_ * (static_cast<double>(cell) + 0.5));
}

SizeTable::Draw SizeTable::draw(double u, double v) const {
    std::size_t cell = guide_[static_cast<std::size_t>(u * static_cast<double>(size_cells))];
    while (cell + 1 < cumulative_.size() && cumulative_[cell] < u) {
        ++cell;
    }
    return {.size_usd = std::exp(ln_low_ + ln_step_ * (static_cast<double>(cell) + v)),
            .weight = weight_[cell]};
}

OwnerDraw draw_owner(const PopulationPlan& p,
                     const MarginTiers& tiers,
                     OwnerKind kind,
                     Side side,
                     double size_usd,
                     double notional_max,
                     Rng& rng) {
    const double z = rng.normal();
    const double side_factor = side == Side::sell ? p.short_leverage_factor : 1.0;
    OwnerDraw out;
    switch (kind) {
        case OwnerKind::isolated:
            out.notional = std::min(size_usd, notional_max);
            out.leverage = p.leverage_median * side_factor * std::sqrt(p.leverage_state) *
                           std::pow(out.notional / p.size_median, -p.leverage_slope) *
                           std::exp(p.leverage_sigma * z);
            out.leverage = std::clamp(out.leverage, 1.0, leverage_limit(tiers, out.notional));
            return out;
        case OwnerKind::cross:
            out.leverage = p.cross_leverage_median * side_factor * p.leverage_state *
                           std::exp(p.cross_leverage_sigma * z);
            break;
        case OwnerKind::hedger:
            out.leverage = 1.0 + normal_distribution(z);  // uniform on 1-2
            break;
    }
    // Equity is given; the tier of the resulting notional limits both.
    out.notional = std::min(size_usd * out.leverage, notional_max);
    out.notional = std::min(out.notional, size_usd * leverage_limit(tiers, out.notional));
    out.leverage = out.notional / size_usd;
    return out;
}

}  // namespace margincall::inline agents
