#include "sim/profit_takers.hpp"

#include <algorithm>
#include <cmath>

#include "base/check.hpp"
#include "base/random.hpp"

namespace margincall::inline sim {

namespace {
constexpr std::uint32_t profit_family = 0xACC0'0001;  // of draws, by account
}

ProfitTakers::ProfitTakers(const Plan& plan) : plan_{plan} {
    ladders_.resize(2 * plan.instruments.size());
    for (const InstrumentPlan& p : plan.instruments) {
        const double price = plan.assets[p.instrument.base.raw()].price;
        start_.push_back(std::log(price / p.instrument.tick_usd));
    }
}

std::uint32_t ProfitTakers::bucket_of(InstrumentId i, Ticks price) const {
    const double away = std::log(static_cast<double>(price.raw())) - start_[i.raw()];
    const double bucket = std::floor(away / width) + buckets / 2;
    return static_cast<std::uint32_t>(std::clamp(bucket, 0.0, buckets - 1.0));
}

Ticks ProfitTakers::wish_price(const Position& position,
                               double entry_usd,
                               bool opened_before) const {
    const PopulationPlan& p = plan_.population;
    Rng rng{plan_.seed, entity_name(profit_family, position.account.raw()), Purpose::price};
    if (!rng.chance(p.profit_share)) {
        return Ticks{};
    }
    const double away = rng.uniform(p.profit_from, p.profit_to);
    const Instrument& inst = plan_.instruments[position.instrument.raw()].instrument;
    const double start = plan_.assets[inst.base.raw()].price;
    const bool is_short = position.side == Side::sell;
    double from = entry_usd;
    if (opened_before) {
        from = is_short ? std::min(entry_usd, start) : std::max(entry_usd, start);
    }
    const double price = is_short ? from * (1.0 - away) : from * (1.0 + away);
    return quantize_price(price, inst, is_short ? Round::down : Round::up).value_or(Ticks{});
}

void ProfitTakers::remove(Ladder& ladder, Place& place) {
    Bucket& bucket = ladder.buckets[place.bucket];
    bucket.lots -= bucket.wishes[place.at].lots.raw();
    const Wish moved = bucket.wishes.back();
    bucket.wishes[place.at] = moved;
    bucket.wishes.pop_back();
    place_of(moved).at = place.at;
    place.bucket = nowhere;
    --ladder.wishes;
}

void ProfitTakers::open(const ClearingHouse& house,
                        AccountId first_portfolio,
                        std::size_t portfolios) {
    burn_in_ = house.account_count();
    first_portfolio_ = first_portfolio;
    portfolios_ = static_cast<std::uint32_t>(portfolios);
    for (const CrossHolding& h : house.cross_accounts().holdings()) {
        portfolio_sides_.push_back(h.cost > 0 ? Side::buy : Side::sell);
    }
    portfolio_places_.resize(portfolio_sides_.size());
}

void ProfitTakers::follow(const ClearingHouse& house, std::span<const AccountId> changed) {
    for (const AccountId account : changed) {
        const auto own = [&](Lots lots) {
            return house.is_open(account) ? magnitude(lots) : Lots{};
        };
        if (house.is_row(account)) {
            if (account.raw() >= places_.size()) {
                places_.resize(std::max(std::size_t{account.raw()} + 1, house.account_count()));
            }
            const Row& row = house.row(account);
            const PositionState state = house.state(row);
            if (row.hedger == 0) {
                follow({.account = account,
                        .instrument = InstrumentId::from_raw(row.instrument),
                        .side = row.side},
                       0,
                       own(state.qty),
                       state.cost);
            }
        } else if (is_portfolio(account)) {
            std::uint32_t holding = house.cross(account).first;
            house.for_each_holding(account, [&](const CrossHolding& h) {
                const auto i = InstrumentId::from_raw(h.factor);  // a portfolio holds no coins
                follow({.account = account, .instrument = i, .side = portfolio_sides_[holding]},
                       holding,
                       own(house.position(account, i)),
                       Money::from_raw(h.cost));
                holding = h.next;
            });
        }
    }
}

void ProfitTakers::follow(const Position& position, std::uint32_t holding, Lots lots, Money cost) {
    const InstrumentId i = position.instrument;
    Ladder& ladder = ladders_[ladder_of(i, opposite(position.side))];
    const Wish wanted{.account = position.account, .holding = holding, .price = {}, .lots = lots};
    Place& place = place_of(wanted);
    if (place.bucket != nowhere) {
        Wish& wish = ladder.buckets[place.bucket].wishes[place.at];
        if (lots.raw() > 0) {
            ladder.buckets[place.bucket].lots += (lots - wish.lots).raw();
            wish.lots = lots;
        } else {
            remove(ladder, place);
        }
        return;
    }
    if (lots.raw() == 0) {
        return;
    }
    const Instrument& inst = plan_.instruments[i.raw()].instrument;
    const double coins = static_cast<double>(sign(position.side) * lots.raw()) * inst.lot_base;
    const Ticks price =
        wish_price(position, to_usd(cost) / coins, position.account.raw() < burn_in_);
    if (price.raw() <= 0) {
        return;
    }
    if (ladder.buckets.empty()) {
        ladder.buckets.resize(buckets);
    }
    place.bucket = bucket_of(i, price);
    Bucket& bucket = ladder.buckets[place.bucket];
    place.at = static_cast<std::uint32_t>(bucket.wishes.size());
    bucket.wishes.push_back(wanted);
    bucket.wishes.back().price = price;
    bucket.lots += lots.raw();
    ++ladder.wishes;
}

std::optional<ProfitTakers::Wish> ProfitTakers::first(InstrumentId i,
                                                      Side order,
                                                      Ticks price) const {
    const Ladder& ladder = ladders_[ladder_of(i, order)];
    if (ladder.wishes == 0) {
        return std::nullopt;
    }
    const auto meets = [&](const Wish& w) {
        return order == Side::buy ? w.price >= price : w.price <= price;
    };
    const std::uint32_t last = bucket_of(i, price);
    const std::uint32_t begin = order == Side::buy ? buckets - 1 : 0;
    for (std::uint32_t b = begin;; order == Side::buy ? --b : ++b) {
        const std::vector<Wish>& wishes = ladder.buckets[b].wishes;
        const auto found = std::find_if(wishes.begin(), wishes.end(), meets);
        if (found != wishes.end()) {
            return *found;
        }
        if (b == last) {
            return std::nullopt;
        }
    }
}

Lots ProfitTakers::wanted(InstrumentId i, Side order, Ticks price) const {
    const Ladder& ladder = ladders_[ladder_of(i, order)];
    if (ladder.wishes == 0) {
        return Lots{};
    }
    std::int64_t lots = 0;
    const std::uint32_t last = bucket_of(i, price);
    if (order == Side::buy) {
        for (std::uint32_t b = buckets - 1; b > last; --b) {
            lots += ladder.buckets[b].lots;
        }
    } else {
        for (std::uint32_t b = 0; b < last; ++b) {
            lots += ladder.buckets[b].lots;
        }
    }
    return Lots::from_raw(lots);
}

void check_profit_takers(const ProfitTakers& takers, const ClearingHouse& house) {
    for (std::size_t k = 0; k < takers.ladders_.size(); ++k) {
        std::size_t count = 0;
        for (std::uint32_t b = 0; b < takers.ladders_[k].buckets.size(); ++b) {
            const ProfitTakers::Bucket& bucket = takers.ladders_[k].buckets[b];
            std::int64_t lots = 0;
            for (std::uint32_t at = 0; at < bucket.wishes.size(); ++at) {
                const ProfitTakers::Wish& wish = bucket.wishes[at];
                const bool row = !takers.is_portfolio(wish.account);
                const ProfitTakers::Place& place = row ? takers.places_[wish.account.raw()]
                                                       : takers.portfolio_places_[wish.holding];
                CHECK_EQ(place.bucket, b);
                CHECK_EQ(place.at, at);
                const auto instrument = row ? house.row(wish.account).instrument
                                            : house.cross_accounts().holding(wish.holding).factor;
                const Side side =
                    row ? house.row(wish.account).side : takers.portfolio_sides_[wish.holding];
                CHECK_EQ(takers.ladder_of(InstrumentId::from_raw(instrument), opposite(side)), k);
                lots += wish.lots.raw();
                ++count;
            }
            CHECK_EQ(lots, bucket.lots);
        }
        CHECK_EQ(count, takers.ladders_[k].wishes);
    }
}

}  // namespace margincall::inline sim
