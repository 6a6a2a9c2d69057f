#include "desk/unit_margin.hpp"

#include <algorithm>
#include <cmath>

#include "rules/reduction.hpp"

namespace margincall::inline desk {
namespace {

constexpr std::uint32_t dollar = 0;

MarginTiers one_tier(const TierOverride& row) {
    MarginTier tier;
    tier.cap = Money::from_raw(INT64_MAX / 4);
    tier.mmr_ppm = row.maintenance_ppm;
    tier.leverage_max =
        std::max<std::int64_t>(1, 1'000'000 / row.initial_ppm);  // down: less leverage
    return {tier};
}

// A dollar counts as a dollar and profit joins it at par: then an account with dollars and one
// position is margined like an isolated position.
bool is_plain(const PortfolioRules& rules) {
    const CollateralRule& rule = rules.collateral[dollar];
    return rules.pnl == PnlIn::at_par && rule.tiers.size() == 1 &&
           rule.tiers.front().ratio == Fraction{1, 1} && rule.liability == Fraction{1, 1} &&
           rule.valuation == CollateralValuation::market;
}

}  // namespace

UnitMargins::UnitMargins(const StressMarket& market, const AccountBook& book)
    : market_(&market), book_(&book) {
    for (const TierOverride& row : book.overrides) {
        override_tiers_.push_back(one_tier(row));
        overrides_.push_back(schedule_of(override_tiers_.back()));
        overrides_.back().tiers.front().initial = from_ppm(row.initial_ppm);
    }
    for (const StressVenue& venue : market.venues) {
        plain_.push_back(is_plain(venue.margin) ? 1 : 0);
    }
}

const MarginTiers& UnitMargins::tiers(SlotId slot) const {
    const BookPosition& p = book_->positions[slot];
    return p.override_row < 0 ? market_->at(p.instrument).tiers
                              : override_tiers_[static_cast<std::size_t>(p.override_row)];
}

PortfolioPosition UnitMargins::position(const StressHouse& house, SlotId slot) const {
    const BookPosition& p = book_->positions[slot];
    PortfolioPosition out;
    out.instrument = p.instrument.raw();
    out.qty = house.lots(slot);
    out.entry_value = to_amount(house.cost(slot));
    out.tier_override =
        p.override_row < 0 ? nullptr : &overrides_[static_cast<std::size_t>(p.override_row)];
    return out;
}

PortfolioMargin UnitMargins::of_position(const StressHouse& house,
                                         SlotId slot,
                                         const PortfolioPrices& prices) const {
    const std::size_t venue = market_->at(book_->positions[slot].instrument).instrument.venue.raw();
    return isolated_margin(market_->venues[venue].margin, position(house, slot), prices);
}

const PortfolioAccount& UnitMargins::account(const StressHouse& house, std::uint32_t unit) {
    const MarginUnit& u = book_->units[unit];
    scratch_.collateral.clear();
    scratch_.positions.clear();
    scratch_.collateral.push_back({dollar, to_amount(house.unit_cash(unit))});
    for (std::uint32_t k = 0; k < u.collaterals; ++k) {
        const std::uint32_t line = u.first_collateral + k;
        const AssetId coin = book_->collateral[line].coin;
        if (coin.valid()) {
            scratch_.collateral.push_back(
                {1U + coin.raw(), Amount::from_raw(i128{house.line_coins(line)})});
        }
    }
    for (std::uint32_t k = 0; k < u.positions; ++k) {
        scratch_.positions.push_back(position(house, u.first_position + k));
        PortfolioPosition& p = scratch_.positions.back();
        if (u.mode == MarginMode::isolated) {
            p.mode = MarginMode::isolated;
            p.margin = to_amount(house.unit_cash(unit));
        }
    }
    return scratch_;
}

PortfolioMargin UnitMargins::of(const StressHouse& house,
                                std::uint32_t unit,
                                const PortfolioPrices& prices) {
    const MarginUnit& u = book_->units[unit];
    const PortfolioRules& rules = market_->venues[u.venue.raw()].margin;
    const bool coins = std::any_of(book_->collateral.begin() + u.first_collateral,
                                   book_->collateral.begin() + u.first_collateral + u.collaterals,
                                   [](const BookCollateral& line) { return line.coin.valid(); });
    if (u.positions == 1 && !coins &&
        (u.mode == MarginMode::isolated || plain_[u.venue.raw()] != 0)) {
        PortfolioPosition p = position(house, u.first_position);
        p.margin = to_amount(house.unit_cash(unit));
        if (p.qty.raw() == 0) {
            return {.equity = p.margin, .initial = Amount{}, .maintenance = Amount{}};
        }
        return isolated_margin(rules, p, prices);
    }
    return cross_margin(rules, account(house, unit), prices);
}

PositionState UnitMargins::folded(const StressHouse& house,
                                  std::uint32_t unit,
                                  SlotId slot,
                                  const PortfolioMargin& whole,
                                  const PortfolioPrices& prices) const {
    PositionState state;
    state.qty = house.lots(slot);
    state.cost = house.cost(slot);
    if (book_->units[unit].positions == 1) {
        const Money profit = house.unrealised(slot, prices.mark[house.instrument(slot).raw()]);
        state.collateral = to_money(whole.equity) - profit;
        return state;
    }
    const PortfolioMargin own = of_position(house, slot, prices);
    state.collateral = to_money(whole.equity - own.equity - (whole.maintenance - own.maintenance));
    return state;
}

Lots UnitMargins::tiers_down(const StressHouse& house,
                             SlotId slot,
                             const PortfolioPrices& prices,
                             std::int64_t tiers) const {
    const std::size_t venue = market_->at(book_->positions[slot].instrument).instrument.venue.raw();
    const PortfolioRules& rules = market_->venues[venue].margin;
    const PortfolioPosition p = position(house, slot);
    const TierStep step = step_down(
        schedule_of(rules, p), margin_base(rules, p, prices), static_cast<std::size_t>(tiers));
    const Lots whole = p.qty.raw() < 0 ? -p.qty : p.qty;
    return step.close.raw() > 0 ? std::min(step.close, whole) : whole;
}

double UnitMargins::exposure(const StressHouse& house,
                             std::uint32_t unit,
                             const PortfolioPrices& prices) const {
    const MarginUnit& u = book_->units[unit];
    double out = 0.0;
    for (std::uint32_t k = 0; k < u.positions; ++k) {
        const SlotId slot = u.first_position + k;
        const Instrument& inst = market_->at(book_->positions[slot].instrument).instrument;
        out += std::fabs(static_cast<double>(house.lots(slot).raw())) *
               static_cast<double>(prices.mark[inst.id.raw()].raw()) *
               static_cast<double>(inst.tick_value.raw());
    }
    for (std::uint32_t k = 0; k < u.collaterals; ++k) {
        const std::uint32_t line = u.first_collateral + k;
        const AssetId coin = book_->collateral[line].coin;
        if (coin.valid()) {
            out += std::fabs(static_cast<double>(house.line_coins(line))) *
                   to_double(prices.assets[1U + coin.raw()].index);
        }
    }
    return out;
}

double PriceLadder::rise(int rung) {
    return rung == 0 ? 0.0 : std::ldexp(1.0, -rung);
}

void PriceLadder::set(const std::vector<Ticks>& marks, const std::vector<double>& index) {
    prices_[0].mark = marks;
    index_ = index;
    made_ = 0;
    make(0);
}

void PriceLadder::make(int rung) const {
    PortfolioPrices& out = prices_[static_cast<std::size_t>(rung)];
    const std::vector<Ticks>& marks = prices_[0].mark;
    const double factor = 1.0 + rise(rung);
    out.mark.resize(marks.size());
    for (std::size_t i = 0; rung > 0 && i < marks.size(); ++i) {
        const double raised = std::ceil(static_cast<double>(marks[i].raw()) * factor);
        out.mark[i] = Ticks::from_raw(static_cast<std::int64_t>(raised) + 1);
    }
    out.assets.resize(1 + index_.size());
    for (std::size_t c = 0; c < index_.size(); ++c) {
        // Micro-dollars per 1e-8 coin: price * 1e6 / 1e8, to a millionth of a dollar.
        const double micro = std::floor(index_[c] * 1e6 * factor + 0.5);
        out.assets[1 + c].index =
            Fraction{std::max<std::int64_t>(1, static_cast<std::int64_t>(micro)), coin_units};
    }
    made_ |= 1U << static_cast<unsigned>(rung);
}

double safe_log_move(UnitMargins& margins,
                     const StressHouse& house,
                     std::uint32_t unit,
                     const PortfolioMargin& margin,
                     const PriceLadder& prices) {
    const auto equity = static_cast<double>(margin.equity.raw());
    const auto maintenance = static_cast<double>(margin.maintenance.raw());
    const double exposed = margins.exposure(house, unit, prices.now());
    if (exposed <= 0.0) {
        return std::log1p(PriceLadder::rise(1));
    }
    // Doubles carry a relative error of 1e-15; a cent and a millionth are far above it.
    const double slack = 1e4 + 1e-6 * exposed;
    const double most = (equity - maintenance) / exposed;
    for (int rung = 1; rung <= PriceLadder::rungs; ++rung) {
        const double rise = PriceLadder::rise(rung);
        if (rise > most) {
            continue;  // requirements only grow with prices
        }
        const PortfolioMargin raised = margins.of(house, unit, prices.raised(rung));
        if (equity - rise * exposed - slack > static_cast<double>(raised.maintenance.raw())) {
            return std::log1p(rise);
        }
    }
    return 0.0;
}

}  // namespace margincall::inline desk
