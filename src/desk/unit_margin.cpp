#include "desk/unit_margin.hpp"

#include <algorithm>
#include <cmath>

#include "rules/position_terms.hpp"

namespace margincall::inline desk {
namespace {

// A dollar counts as a dollar and profit joins it at par: then an account with dollars and one
// position is margined like an isolated position.
bool is_plain(const PortfolioRules& rules) {
    const CollateralRule& rule = rules.collateral.front();
    return rules.pnl == PnlIn::at_par && rule.tiers.size() == 1 &&
           rule.tiers.front().ratio == Fraction{1, 1} && rule.liability == Fraction{1, 1} &&
           rule.valuation == CollateralValuation::market;
}

}  // namespace

AccountId account_of(const ClearingHouse& house, const AccountBook& book, std::uint32_t unit) {
    return AccountId::from_raw(
        static_cast<std::uint32_t>(house.account_count() - book.units.size()) + unit);
}

MarginTiers tiers_of(const TierOverride& row) {
    MarginTier tier;
    tier.cap = Money::from_raw(INT64_MAX / 4);
    tier.mmr_ppm = row.maintenance_ppm;
    tier.leverage_max =
        std::max<std::int64_t>(1, 1'000'000 / row.initial_ppm);  // down: less leverage
    return {tier};
}

MarginSchedule schedule_of(const TierOverride& row) {
    MarginSchedule out = rules::schedule_of(tiers_of(row));
    out.tiers.front().initial = from_ppm(row.initial_ppm);
    return out;
}

UnitMargins::UnitMargins(const StressMarket& market, const AccountBook& book)
    : market_(&market), book_(&book) {
    for (const TierOverride& row : book.overrides) {
        override_tiers_.push_back(tiers_of(row));
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

bool UnitMargins::folds(SlotId slot) const {
    const BookPosition& p = book_->positions[slot];
    const std::size_t venue = market_->at(p.instrument).instrument.venue.raw();
    const MarginSchedule& own = market_->venues[venue].margin.schedules[p.instrument.raw()];
    return plain_[venue] != 0 && !tiers(slot).empty() && (p.override_row >= 0 || is_fast(own));
}

const PortfolioAccount& UnitMargins::account(const ClearingHouse& house, std::uint32_t unit) {
    scratch_ = house.portfolio(account_of(house, *book_, unit));
    return scratch_;
}

PortfolioMargin UnitMargins::of(const ClearingHouse& house,
                                std::uint32_t unit,
                                const PortfolioPrices& prices) {
    const MarginUnit& u = book_->units[unit];
    const PortfolioRules& rules = market_->venues[u.venue.raw()].margin;
    const PortfolioAccount& whole = account(house, unit);
    if (u.mode == MarginMode::isolated && !whole.positions.empty()) {
        return isolated_margin(rules, whole.positions.front(), prices);
    }
    if (u.mode == MarginMode::isolated) {
        return {whole.collateral.front().balance, {}, {}};
    }
    return cross_margin(rules, whole, prices);
}

PositionState UnitMargins::folded(const ClearingHouse& house,
                                  std::uint32_t unit,
                                  SlotId slot,
                                  const PortfolioMargin& whole,
                                  const PortfolioPrices& prices) {
    const BookPosition& p = book_->positions[slot];
    const PortfolioRules& rules = market_->venues[book_->units[unit].venue.raw()].margin;
    PositionState state;
    for (const PortfolioPosition& own : account(house, unit).positions) {
        if (own.instrument == p.instrument.raw() && (own.qty.raw() > 0) == (p.side == Side::buy)) {
            PortfolioPosition alone = own;
            alone.margin = Amount{};
            const PortfolioMargin part = isolated_margin(rules, alone, prices);
            state.qty = own.qty;
            state.cost = to_money(own.entry_value);
            state.collateral =
                to_money(whole.equity - part.equity - (whole.maintenance - part.maintenance));
        }
    }
    return state;
}

double UnitMargins::exposure(const ClearingHouse& house,
                             std::uint32_t unit,
                             const PortfolioPrices& prices) {
    double out = 0.0;
    const PortfolioAccount& whole = account(house, unit);
    for (const PortfolioPosition& p : whole.positions) {
        const Instrument& inst = market_->instruments[p.instrument].instrument;
        out += std::fabs(static_cast<double>(p.qty.raw())) *
               static_cast<double>(prices.mark[p.instrument].raw()) *
               static_cast<double>(inst.tick_value.raw());
    }
    for (const CollateralLine& line : whole.collateral) {
        if (line.asset > 0) {
            out += std::fabs(static_cast<double>(line.balance.raw())) *
                   to_double(prices.assets[line.asset].index);
        }
    }
    return out;
}

}  // namespace margincall::inline desk
