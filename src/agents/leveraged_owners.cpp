#include "agents/leveraged_owners.hpp"

#include <algorithm>
#include <cmath>

#include "agents/families.hpp"
#include "base/check.hpp"

namespace margincall::inline agents {
namespace {

constexpr std::size_t slices_per_tick = 4;  // of each queue of one perp
constexpr std::size_t queue_max =
    2'000;  // a book without depth: owners give up, new ones do not queue

OwnerKind kind_of(std::size_t k) {
    return k == 0 ? OwnerKind::isolated : OwnerKind::cross;
}

}  // namespace

double long_probability(const PopulationPlan& p, double return_7d_sigmas, double return_1h_sigmas) {
    const double logit = p.long_bias + p.long_trend * return_7d_sigmas +
                         p.long_dip * std::max(0.0, -return_1h_sigmas);
    return 1.0 / (1.0 + std::exp(-logit));
}

LeveragedOwners::LeveragedOwners(const Plan& plan) : plan_(plan) {
    const PopulationPlan& p = plan.population;
    perp_of_.assign(plan.instruments.size(), none);

    for (std::size_t k = 0; k < plan.instruments.size(); ++k) {
        const InstrumentPlan& ip = plan.instruments[k];
        const Instrument& inst = ip.instrument;
        if (inst.kind != InstrumentKind::linear_perp) {
            continue;
        }
        const double coins = liquidatable_coins(plan, ip);
        if (!(coins >= inst.lot_base)) {
            continue;
        }
        Perp perp;
        perp.instrument = k;
        perp.notional_max = account_notional_max(plan, ip);
        const std::uint64_t entity = entity_name(leveraged_flow_family, inst.id.raw());
        perp.opening = Rng{plan.seed, entity, Purpose::opening};
        perp.closing = Rng{plan.seed, entity, Purpose::closing};
        perp.deleverage = Rng{plan.seed, entity, Purpose::deleverage};
        const double both_sides = 2.0 * coins * plan.assets[inst.base.raw()].price;
        small_row_usd_ +=
            p.rows > 0 && !p.full ? 0.25 * both_sides / static_cast<double>(p.rows) : 0.0;
        const double rate = p.turnover_per_day * coins / seconds_per_day;
        // A population without openings still closes at some pace.
        perp.ordinary_coins_per_second = std::max(rate, 0.1 * coins / seconds_per_day);
        perp.coins_per_second[0] = rate * p.isolated_share;
        perp.coins_per_second[1] = rate * (1.0 - p.isolated_share);
        for (std::size_t kind = 0; kind < 2; ++kind) {
            // Spread the first arrivals: without this every perp would open a position at the first
            // tick.
            for (double& credit : perp.credit[kind]) {
                credit = -perp.coins_per_second[kind] * 150.0 * perp.opening.uniform();
            }
        }
        const OwnerRoster::Perp here[] = {{.instrument = &inst, .view = perps_.size()}};
        perp.rosters.emplace_back(p, here, Side::buy);
        perp.rosters.emplace_back(p, here, Side::sell);
        perp_of_[k] = perps_.size();
        perps_.push_back(std::move(perp));
    }
    for (std::size_t v = 0; v < plan.venues.size(); ++v) {
        Portfolios all;
        std::vector<OwnerRoster::Perp> here;
        for (std::size_t k = 0; k < perps_.size(); ++k) {
            const Instrument& inst = plan.instruments[perps_[k].instrument].instrument;
            if (inst.venue.raw() == v) {
                all.perps.push_back(k);
                here.push_back({.instrument = &inst, .view = k});
            }
        }
        const std::uint64_t entity =
            entity_name(family_portfolio_flow, static_cast<std::uint32_t>(v));
        all.closing = Rng{plan.seed, entity, Purpose::closing};
        all.deleverage = Rng{plan.seed, entity, Purpose::deleverage};
        all.rosters.emplace_back(p, here, Side::buy);
        all.rosters.emplace_back(p, here, Side::sell);
        portfolios_.push_back(std::move(all));
    }
}

std::vector<InstrumentId> LeveragedOwners::instruments() const {
    std::vector<InstrumentId> out;
    for (const Perp& perp : perps_) {
        out.push_back(plan_.instruments[perp.instrument].instrument.id);
    }
    return out;
}

// Where rows begin to stand for several people takes nearly a tenth of a second to find, and whoever only asks
// for instruments and capital (the compiler of a scenario) never opens a position.
void LeveragedOwners::make_size_tables() {
    const double full_from = population_full_from(plan_);
    for (Perp& perp : perps_) {
        for (std::size_t kind = 0; kind < 2; ++kind) {
            perp.sizes.push_back(
                SizeTable::make(plan_.population, kind_of(kind), perp.notional_max, full_from));
        }
    }
    has_size_tables_ = true;
}

void LeveragedOwners::step(OwnerMarket& market, double clock_s) {
    if (!has_size_tables_) {
        make_size_tables();
    }
    views_.clear();
    for (const Perp& perp : perps_) {
        views_.push_back(market.view(plan_.instruments[perp.instrument].instrument.id));
    }
    follow(market);
    for (Portfolios& portfolios : portfolios_) {
        decide(portfolios, market, clock_s);
    }
    for (std::size_t k = 0; k < perps_.size(); ++k) {
        Perp& perp = perps_[k];
        const OwnerMarket::View& view = views_[k];
        for (OwnerRoster& roster : perp.rosters) {
            roster.move(views_, market);
        }
        if (!(view.mid > 0.0)) {
            continue;
        }
        if (!perp.measured) {
            measure(perp, market);
        }
        arrive(perp, view, clock_s);
        decide(perp, market, view, clock_s);
        send(perp, market, view, clock_s);
    }
}

// Tells the rosters whose position or margin is no longer what it was.
void LeveragedOwners::follow(OwnerMarket& market) {
    for (const AccountId id : market.changed()) {
        const AccountView account = market.account(id);
        OwnerRoster* const roster = roster_of(account);
        if (roster == nullptr) {
            continue;
        }
        if (id.raw() >= place_of_.size()) {
            place_of_.resize(id.raw() + 1, OwnerRoster::nowhere);
        }
        roster->note(place_of_[id.raw()], account, views_);
    }
}

// nullptr: its perp is not traded here.
OwnerRoster* LeveragedOwners::roster_of(const AccountView& account) {
    const std::size_t side = account.side == Side::buy ? 0 : 1;
    if (!account.instrument.valid()) {
        return &portfolios_[account.venue.raw()].rosters[side];
    }
    const std::size_t perp = perp_of_[account.instrument.raw()];
    return perp == none ? nullptr : &perps_[perp].rosters[side];
}

// Coins in one perp times the leverage of those who hold them.
double LeveragedOwners::stock(const OwnerRoster& roster,
                              const Perp& perp,
                              OwnerMarket& market) const {
    const Instrument& inst = plan_.instruments[perp.instrument].instrument;
    double sum = 0.0;
    roster.for_each([&](AccountId id) {
        const AccountView account = market.account(id);
        for (const PositionView& position : account.positions()) {
            if (position.instrument == inst.id) {
                sum += static_cast<double>(position.qty.raw()) * inst.lot_base *
                       stay_factor(account.leverage);
            }
        }
    });
    return sum;
}

// A portfolio closes in all its coins at once, so that its hazard is one for the venue and side: the
// one at which, in dollars of the start, as much is closed as opened in all perps together. What is
// then too much or too little in one of them, its rows make up for.
void LeveragedOwners::measure(Portfolios& portfolios, OwnerMarket& market) {
    const double calm = long_probability(plan_.population, 0.0, 0.0);
    for (std::size_t side = 0; side < 2; ++side) {
        const OwnerRoster& roster = portfolios.rosters[side];
        std::vector<double> stocks;
        double opened_usd = 0.0;
        double stock_usd = 0.0;
        for (const std::size_t k : portfolios.perps) {
            const Perp& perp = perps_[k];
            const Instrument& inst = plan_.instruments[perp.instrument].instrument;
            const double usd = plan_.assets[inst.base.raw()].price;
            stocks.push_back(stock(roster, perp, market));
            opened_usd += usd * (perp.coins_per_second[0] + perp.coins_per_second[1]) *
                          (side == 0 ? calm : 1.0 - calm);
            stock_usd += usd * (stocks.back() + stock(perp.rosters[side], perp, market));
        }
        portfolios.hazard[side] = stock_usd > 0.0 ? opened_usd / stock_usd : 0.0;
        for (std::size_t k = 0; k < portfolios.perps.size(); ++k) {
            perps_[portfolios.perps[k]].by_portfolios[side] = portfolios.hazard[side] * stocks[k];
        }
    }
    portfolios.measured = true;
}

// Sets the closing hazards from the accounts that are there: coins closed per second at zero trend
// equal coins opened, on each side.
void LeveragedOwners::measure(Perp& perp, OwnerMarket& market) {
    const double calm = long_probability(plan_.population, 0.0, 0.0);
    const double opened = perp.coins_per_second[0] + perp.coins_per_second[1];
    for (std::size_t side = 0; side < 2; ++side) {
        const double rows = stock(perp.rosters[side], perp, market);
        const double wanted = opened * (side == 0 ? calm : 1.0 - calm) - perp.by_portfolios[side];
        perp.hazard[side] = rows > 0.0 ? std::max(0.0, wanted) / rows : 0.0;
        perp.measured = perp.measured || perp.rosters[side].accounts() > 0;
    }
}

// New owners: coins accumulate per kind and side and are spent on positions drawn one by one, so
// the opened size meets turnover and long share whatever the tail of sizes.
void LeveragedOwners::arrive(Perp& perp, const OwnerMarket::View& view, double clock_s) {
    const double long_share =
        long_probability(plan_.population, view.return_7d_sigmas, view.return_1h_sigmas);
    for (std::size_t kind = 0; kind < 2; ++kind) {
        for (const Side side : {Side::buy, Side::sell}) {
            double& credit = perp.credit[kind][side == Side::buy ? 0 : 1];
            const double share = side == Side::buy ? long_share : 1.0 - long_share;
            credit += perp.coins_per_second[kind] * view.new_owners * share * clock_s;
            while (credit > 0.0) {
                const Opening o = draw_opening(perp, kind, side);
                credit -= o.left / view.mid;
                if (perp.openings.size() < queue_max) {
                    perp.openings.push_back(o);
                }
            }
        }
    }
}

// The flow of openings is richer in short stays than the stock: candidates are kept in proportion
// to their leverage.
LeveragedOwners::Opening LeveragedOwners::draw_opening(Perp& perp,
                                                       std::size_t kind,
                                                       Side side) const {
    const InstrumentPlan& ip = plan_.instruments[perp.instrument];
    const PopulationPlan owners = owners_at(plan_, ip.instrument.venue);
    while (true) {
        const double u = perp.opening.uniform();
        const auto size = perp.sizes[kind].draw(u, perp.opening.uniform());
        const OwnerDraw owner = draw_owner(
            owners, ip.tiers, kind_of(kind), side, size.size_usd, perp.notional_max, perp.opening);
        const double weight = std::floor(size.weight + perp.opening.uniform());
        if (perp.opening.chance(stay_factor(owner.leverage) / leverage_of_shortest_stay)) {
            return {.kind = kind_of(kind),
                    .side = side,
                    .weight = weight,
                    .notional = owner.notional,
                    .leverage = owner.leverage,
                    .left = weight * owner.notional};
        }
    }
}

void LeveragedOwners::decide(Portfolios& portfolios, OwnerMarket& market, double clock_s) {
    if (!portfolios.measured &&
        portfolios.rosters[0].accounts() + portfolios.rosters[1].accounts() > 0) {
        measure(portfolios, market);
    }
    const bool marked = std::all_of(portfolios.perps.begin(),
                                    portfolios.perps.end(),
                                    [&](std::size_t k) { return views_[k].mark > 0.0; });
    for (std::size_t side = 0; side < 2; ++side) {
        OwnerRoster& roster = portfolios.rosters[side];
        roster.move(views_, market);
        roster.leave(portfolios.hazard[side], clock_s, portfolios.closing, market, who_);
        close(1.0);
        if (marked) {
            roster.reduce(views_, clock_s, portfolios.deleverage, market, who_);
            close(0.5);
        }
    }
}

// Owners who have had enough, whatever their result, and owners who are losing.
void LeveragedOwners::decide(Perp& perp,
                             OwnerMarket& market,
                             const OwnerMarket::View& view,
                             double clock_s) {
    for (std::size_t side = 0; side < 2; ++side) {
        OwnerRoster& roster = perp.rosters[side];
        roster.leave(perp.hazard[side], clock_s, perp.closing, market, who_);
        close(1.0);
        if (view.mark > 0.0) {
            roster.reduce(views_, clock_s, perp.deleverage, market, who_);
            close(0.5);
        }
    }
}

void LeveragedOwners::close(double part) {
    for (const AccountView& account : who_) {
        for (const PositionView& position : account.positions()) {
            Perp& perp = perps_[perp_of_[position.instrument.raw()]];
            const Instrument& inst = plan_.instruments[perp.instrument].instrument;
            if (perp.closings.size() < queue_max) {
                const double qty = static_cast<double>(position.qty.raw()) * inst.lot_base;
                perp.closings.push_back({.account = account.account,
                                         .side = account.side,
                                         .qty = qty,
                                         .left = part * qty});
            }
        }
    }
    who_.clear();
}

AccountSeed LeveragedOwners::make_seed(Perp& perp, const Opening& o, double usd, double mid) const {
    const PopulationPlan& p = plan_.population;
    const InstrumentPlan& ip = plan_.instruments[perp.instrument];
    const Instrument& inst = ip.instrument;
    AccountSeed seed;
    seed.instrument = inst.id;
    seed.side = o.side;
    seed.mode = o.kind == OwnerKind::isolated ? MarginMode::isolated : MarginMode::cross;
    seed.qty = std::max(Lots::from_raw(1), quantize_qty(usd / mid, inst));
    // A slice of one large position counts as one account; a row of many small ones as so many.
    const double accounts = std::clamp(usd / o.notional, 1.0, static_cast<double>(seed.qty.raw()));
    seed.weight = static_cast<std::uint32_t>(std::llround(accounts));
    seed.entry = quantize_price(mid, inst, Round::down).value_or(Ticks{});
    const double spent = static_cast<double>(seed.qty.raw()) * inst.lot_base * mid;
    seed.margin = Money::from_raw(static_cast<std::int64_t>(spent / o.leverage * 1e6));
    seed.leverage_e2 = std::max<std::int64_t>(1, std::llround(o.leverage * 100.0));
    seed.may_top_up = perp.opening.chance(p.top_up_share) ? 1 : 0;
    if (o.kind == OwnerKind::isolated) {
        const double liquidation = liquidation_price({.side = o.side,
                                                      .qty = o.notional / mid,
                                                      .entry = mid,
                                                      .margin = o.notional / o.leverage},
                                                     ip.tiers);
        seed.stop = stop_price(p, inst, o.side, mid, liquidation, perp.opening);
    }
    return seed;
}

void LeveragedOwners::send(Perp& perp,
                           OwnerMarket& market,
                           const OwnerMarket::View& view,
                           double clock_s) {
    const Instrument& inst = plan_.instruments[perp.instrument].instrument;
    if (!(perp.calm_depth > 0.0)) {
        perp.calm_depth = 0.5 * (view.depth_bid + view.depth_ask);
    }
    const auto depth_of = [&](Side taker) {
        return taker == Side::buy ? view.depth_ask : view.depth_bid;
    };
    const auto slice_usd = [&](Side taker) {
        const double depth = depth_of(taker);
        return std::clamp(small_row_usd_, slice_of_depth * depth, slice_of_depth_max * depth);
    };
    const double ordinary = perp.ordinary_coins_per_second * view.mid * clock_s;
    const auto earn = [&](double credit, double pace) {
        // Unused credit of a quiet minute is not saved up beyond one slice.
        const double most = std::max(slice_usd(Side::buy), pace * ordinary);
        return std::min(credit + pace * ordinary, most);
    };
    perp.open_credit = earn(perp.open_credit, opening_pace);
    perp.close_credit = earn(perp.close_credit, closing_pace);
    for (std::size_t k = 0; k < slices_per_tick && perp.open_credit > 0.0 && !perp.openings.empty();
         ++k) {
        Opening o = perp.openings.front();
        perp.openings.pop_front();
        if (depth_of(o.side) < thin_book * perp.calm_depth) {
            perp.openings.push_back(o);  // so thin a book invites nobody; they look again later
            continue;
        }
        const double usd = std::min(o.left, slice_usd(o.side));
        if (usd >= view.mid * inst.lot_base) {
            market.open(make_seed(perp, o, usd, view.mid));
            o.left -= usd;
            perp.open_credit -= usd;
        }
        if (o.left >= view.mid * inst.lot_base) {
            perp.openings.push_back(o);  // the rest waits its turn behind the others
        }
    }
    for (std::size_t k = 0;
         k < slices_per_tick && perp.close_credit > 0.0 && !perp.closings.empty();
         ++k) {
        Closing c = perp.closings.front();
        perp.closings.pop_front();
        const double coins = std::min(c.left, slice_usd(opposite(c.side)) / view.mid);
        if (coins >= inst.lot_base) {
            const double share = std::min(1.0, coins / c.qty);
            market.close(c.account, inst.id, std::max<std::int64_t>(1, std::llround(share * 1e6)));
            c.qty -= coins;
            c.left -= coins;
            perp.close_credit -= coins * view.mid;
        }
        if (c.left >= inst.lot_base && c.qty >= inst.lot_base) {
            perp.closings.push_back(c);
        }
    }
}

}  // namespace margincall::inline agents
