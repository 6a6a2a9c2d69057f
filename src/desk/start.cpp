#include <algorithm>
#include <cmath>

#include "desk/run.hpp"

namespace margincall::inline desk {

namespace {

ClearingConfig config_of(const StressMarket& market, const AccountBook& book, bool hedged) {
    ClearingConfig out;
    for (const StressInstrument& row : market.instruments) {
        out.instruments.push_back(row.instrument);
        out.tiers.push_back(row.tiers);
        out.fund_of.push_back(row.pool);
    }
    for (const StressVenue& venue : market.venues) {
        out.venues.push_back(venue.rules);
        out.margin.push_back(venue.margin);
    }
    for (const StressPool& pool : market.pools) {
        out.funds.push_back({pool.venue, pool.balance});
    }
    out.assets = static_cast<std::uint32_t>(market.coins.size());
    out.collateral.assign(market.coins.size(),
                          {.unit = Amount::from_raw(i128{coin_units}), .haircut_ppm = 0});
    for (const TierOverride& row : book.overrides) {
        out.overrides.push_back(schedule_of(row));
    }
    out.hedge_mode = hedged;
    return out;
}

// A unit's lines of one instrument and side, added up.
struct Leg {
    InstrumentId instrument;
    Side side = Side::buy;
    Lots lots;  // signed
    Money cost;
    std::int32_t override_row = -1;
};
std::vector<Leg> legs_of(const AccountBook& book, const MarginUnit& unit) {
    std::vector<Leg> out;
    for (std::uint32_t k = 0; k < unit.positions; ++k) {
        const BookPosition& p = book.positions[unit.first_position + k];
        const auto same = [&](const Leg& leg) {
            return leg.instrument == p.instrument && leg.side == p.side;
        };
        auto at = std::find_if(out.begin(), out.end(), same);
        if (at == out.end()) {
            at = out.insert(at, {p.instrument, p.side, {}, {}, p.override_row});
        }
        at->lots += p.side == Side::buy ? p.lots : -p.lots;
        at->cost += p.cost;
    }
    return out;
}

bool is_hedged(const std::vector<Leg>& legs) {
    for (const Leg& leg : legs) {
        for (const Leg& other : legs) {
            if (leg.instrument == other.instrument && leg.side != other.side) {
                return true;
            }
        }
    }
    return false;
}

ClearingHouse open_house(const StressMarket& market,
                         const AccountBook& book,
                         std::vector<AccountId>& makers) {
    bool hedged = false;
    for (const MarginUnit& unit : book.units) {
        hedged = hedged || is_hedged(legs_of(book, unit));
    }
    ClearingHouse house(config_of(market, book, hedged), 0);
    // Opened with the prices of the book's time.
    for (const StressInstrument& row : market.instruments) {
        house.set_mark(row.instrument.id, row.mark);
    }
    std::vector<AccountId> others;  // the rest of the market, by venue
    for (std::size_t v = 0; v < market.venues.size(); ++v) {
        const VenueId venue = VenueId::of_row(v);
        for (std::size_t c = 0; c < market.coins.size(); ++c) {
            house.set_collateral_price(
                venue, AssetId::of_row(c), collateral_price_of(market.coins[c].price));
        }
        makers.push_back(house.open_agent(venue));
        others.push_back(house.open_agent(venue));
    }
    house.reserve_cross(book.units.size(), 0);
    std::vector<Lots> net(market.instruments.size());
    for (const MarginUnit& unit : book.units) {
        const std::vector<Leg> legs = legs_of(book, unit);
        std::uint8_t kind = is_hedged(legs) ? CrossKind::hedged : std::uint8_t{0};
        kind |= unit.mode == MarginMode::isolated ? CrossKind::isolated : std::uint8_t{0};
        for (const Leg& leg : legs) {
            kind |= leg.override_row >= 0 ? CrossKind::general : std::uint8_t{0};
        }
        for (std::uint32_t k = 0; k < unit.collaterals; ++k) {
            const BookCollateral& line = book.collateral[unit.first_collateral + k];
            kind |= line.coin.valid() && line.amount < 0 ? CrossKind::general : std::uint8_t{0};
        }
        const AccountId account = house.open_cross(unit.venue, 0, 1, {}, kind);
        for (std::uint32_t k = 0; k < unit.collaterals; ++k) {
            const BookCollateral& line = book.collateral[unit.first_collateral + k];
            if (line.coin.valid()) {
                house.deposit_coins(
                    account, line.coin, Amount::from_raw(i128{line.amount}), Reason::deposit);
            } else {
                house.deposit(account, Money::from_raw(line.amount), Reason::deposit);
            }
        }
        for (const Leg& leg : legs) {
            house.open_cross_position(account,
                                      leg.instrument,
                                      leg.lots,
                                      leg.cost,
                                      static_cast<std::uint16_t>(leg.override_row + 1));
            net[leg.instrument.raw()] += leg.lots;
        }
    }
    // The rest of the market holds the other side of what does not net inside the book, at the
    // price of the start.
    for (const StressInstrument& row : market.instruments) {
        const Lots lots = net[row.instrument.id.raw()];
        if (lots.raw() != 0) {
            house.open_agent_position(others[row.instrument.venue.raw()],
                                      row.instrument.id,
                                      lots.raw() > 0 ? Side::sell : Side::buy,
                                      lots.raw() > 0 ? lots : -lots,
                                      row.mark);
        }
    }
    house.finish_opening();
    return house;
}

}  // namespace

Money collateral_price_of(double usd) {
    return Money::from_raw(std::max<std::int64_t>(1, std::llround(usd * 1e6)));
}

StressStart::StressStart(const StressMarket& market, const AccountBook& book)
    : market_(&market), book_(&book), house_(open_house(market, book, makers_)) {
    house_.pop_due_cross(below_);
    for (const StressInstrument& row : market.instruments) {
        prices_.mark.push_back(row.mark);
    }
    prices_.assets.resize(1 + market.coins.size());
    for (std::size_t c = 0; c < market.coins.size(); ++c) {
        prices_.assets[1 + c].index =
            Fraction{collateral_price_of(market.coins[c].price).raw(), coin_units};
    }
    unit_of_.resize(book.positions.size());
    std::vector<double> gross(book.groups.size(), 0.0);
    UnitMargins margins(market, book);
    for (std::uint32_t u = 0; u < book.units.size(); ++u) {
        const MarginUnit& unit = book.units[u];
        for (std::uint32_t k = 0; k < unit.positions; ++k) {
            unit_of_[unit.first_position + k] = u;
        }
        if (unit.positions > 0) {
            gross[book.accounts[unit.account].group] += margins.exposure(house_, u, prices_) * 1e-6;
        }
    }
    for (std::uint32_t g = 0; g < gross.size(); ++g) {
        if (gross[g] > 0.0) {
            groups_.push_back({g, gross[g]});
        }
    }
    std::sort(groups_.begin(), groups_.end(), [](const GroupDefault& a, const GroupDefault& b) {
        return a.notional != b.notional ? a.notional > b.notional : a.group < b.group;
    });
}

}  // namespace margincall::inline desk
