#include "sim/cross_liquidation.hpp"

#include <algorithm>
#include <cmath>

#include "sim/world.hpp"

namespace margincall {

namespace {
constexpr Duration batch = seconds(1);
constexpr double coin_slice = 0.02;
constexpr double called_below = 0.99;  // the coin itself is what is short: it is sold
constexpr double position_slice = 0.10;

[[nodiscard]] std::int64_t slice_of(std::int64_t all, std::int64_t left, double share) {
    const auto part = static_cast<std::int64_t>(std::ceil(static_cast<double>(all) * share));
    return std::min(left, std::max<std::int64_t>(part, 1));
}
}  // namespace

void CrossLiquidation::enqueue(World& world, AccountId account) {
    const ClearingHouse& house = world.clearing_;
    Case c;
    c.account = account;
    c.equity_usd = to_usd(house.cross_margin(account).equity);
    const InstrumentId spot = world.pegged_spot(house.venue(account));
    c.coin_lots = spot.valid() ? house.position(account, spot).raw() : 0;
    for (const InstrumentId i : world.perps_of_venue_[house.venue(account).raw()]) {
        c.position_lots.push_back(std::abs(house.position(account, i).raw()));
    }
    cases_.push_back(std::move(c));
    ++calls_;
    if (!scheduled_) {
        scheduled_ = true;
        world.queue_.push(world.now_ + batch, Phase::liquidation, EventKind::cross_batch, 0);
    }
}

void CrossLiquidation::on_batch(World& world) {
    scheduled_ = false;
    std::vector<Case> cases;
    cases.swap(cases_);
    for (Case& c : cases) {
        if (work(world, c) == Outcome::waits) {
            cases_.push_back(std::move(c));
        }
    }
    if (!cases_.empty()) {
        scheduled_ = true;
        world.queue_.push(world.now_ + batch, Phase::liquidation, EventKind::cross_batch, 0);
    }
}

CrossLiquidation::Outcome CrossLiquidation::work(World& world, Case& c) {
    ClearingHouse& house = world.clearing_;
    if (!house.cross_liquidatable(c.account)) {
        settle_shortfall(world, c.account);
        house.reopen_cross(c.account);
        return Outcome::done;
    }
    sell_coins(world, c);
    close_positions(world, c);
    return Outcome::waits;
}

void CrossLiquidation::sell_coins(World& world, const Case& c) {
    const InstrumentId spot = world.pegged_spot(world.clearing_.venue(c.account));
    const VenueId venue = world.clearing_.venue(c.account);
    const bool owes = world.clearing_.cash(c.account).raw() < 0;
    if (!spot.valid() || c.coin_lots == 0 ||
        (!owes && world.collateral_usd(venue) >= called_below)) {
        return;
    }
    const std::int64_t left = world.clearing_.position(c.account, spot).raw();
    const std::int64_t lots = slice_of(c.coin_lots, left, coin_slice);
    if (lots <= 0) {
        return;
    }
    const double usd = world.sell_forced(c.account, spot, Side::sell, Lots::from_raw(lots)).usd;
    coins_sold_usd_ += usd;
}

void CrossLiquidation::close_positions(World& world, const Case& c) {
    ClearingHouse& house = world.clearing_;
    const std::vector<InstrumentId>& perps = world.perps_of_venue_[house.venue(c.account).raw()];
    for (std::size_t k = 0; k < perps.size(); ++k) {
        const std::int64_t held = house.position(c.account, perps[k]).raw();
        const std::int64_t lots = slice_of(c.position_lots[k], std::abs(held), position_slice);
        if (lots <= 0) {
            continue;
        }
        const Side side = held > 0 ? Side::sell : Side::buy;
        const World::ForcedFill fill =
            world.sell_forced(c.account, perps[k], side, Lots::from_raw(lots));
        if (fill.lots > 0 && world.recording_.on()) {
            CrossAccount& account = house.cross(c.account);
            const Instrument& inst = world.instrument(perps[k]);
            LiquidationRecord r;
            r.time_ns = world.now_.ns();
            r.instrument = perps[k].raw();
            r.account = c.account.raw();
            r.weight = account.weight;
            r.was_long = held > 0 ? 1 : 0;
            r.first = account.forced_before == 0 ? 1 : 0;
            r.qty = static_cast<double>(fill.lots) * inst.lot_base;
            r.price = fill.usd / r.qty;
            r.notional_usd = fill.usd;
            r.leverage = static_cast<double>(account.leverage_e2) / 100.0;
            r.equity_usd = c.equity_usd;
            world.recording_.liquidation(world, r);
        }
        if (fill.lots > 0) {
            house.cross(c.account).forced_before = 1;
        }
    }
}

// An account without positions and coins that still owes: the fund pays.
void CrossLiquidation::settle_shortfall(World& world, AccountId account) {
    ClearingHouse& house = world.clearing_;
    bool empty = true;
    house.for_each_holding(account, [&](const CrossHolding& h) {
        empty = empty && house.ledger().balance(h.units).raw() == 0;
    });
    const Money owed = -house.cash(account);
    if (!empty || owed.raw() <= 0) {
        return;
    }
    const VenueId venue = house.venue(account);
    const Money fund = house.cash(house.fund(venue));
    if (fund < owed) {
        house.cover_fund(venue, fund.raw() > 0 ? owed - fund : owed);
    }
    house.hand_over_cash(house.fund(venue), account, owed);
}

}  // namespace margincall
