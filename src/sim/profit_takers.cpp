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

Ticks ProfitTakers::wish_price(const Row& row, double entry_usd, bool opened_before) const {
    const PopulationPlan& p = plan_.population;
    Rng rng{plan_.seed, entity_name(profit_family, row.account.raw()), Purpose::price};
    if (row.hedger != 0 || !rng.chance(p.profit_share)) {
        return Ticks{};
    }
    const double away = rng.uniform(p.profit_from, p.profit_to);
    const Instrument& inst = plan_.instruments[row.instrument].instrument;
    const double start = plan_.assets[inst.base.raw()].price;
    const bool is_short = row.side == Side::sell;
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
    places_[moved.account.raw()].at = place.at;
    place.bucket = nowhere;
    --ladder.wishes;
}

void ProfitTakers::follow(const ClearingHouse& house, std::span<const AccountId> changed) {
    if (!started_) {
        started_ = true;
        burn_in_ = house.account_count();
    }
    for (const AccountId account : changed) {
        if (account.raw() >= places_.size()) {
            places_.resize(std::max(std::size_t{account.raw()} + 1, house.account_count()));
        }
        const Row& row = house.row(account);
        const auto i = InstrumentId::from_raw(row.instrument);
        Ladder& ladder = ladders_[ladder_of(i, opposite(row.side))];
        Place& place = places_[account.raw()];
        const PositionState state = house.state(row);
        const Lots lots = row.state == RowState::open ? magnitude(state.qty) : Lots{};
        if (place.bucket != nowhere) {
            Wish& wish = ladder.buckets[place.bucket].wishes[place.at];
            if (lots.raw() > 0) {
                ladder.buckets[place.bucket].lots += (lots - wish.lots).raw();
                wish.lots = lots;
            } else {
                remove(ladder, place);
            }
            continue;
        }
        if (lots.raw() == 0) {
            continue;
        }
        const Instrument& inst = plan_.instruments[row.instrument].instrument;
        const double coins = static_cast<double>(state.qty.raw()) * inst.lot_base;
        const Ticks price = wish_price(row, to_usd(state.cost) / coins, account.raw() < burn_in_);
        if (price.raw() <= 0) {
            continue;
        }
        if (ladder.buckets.empty()) {
            ladder.buckets.resize(buckets);
        }
        place.bucket = bucket_of(i, price);
        Bucket& bucket = ladder.buckets[place.bucket];
        place.at = static_cast<std::uint32_t>(bucket.wishes.size());
        bucket.wishes.push_back({account, price, lots});
        bucket.lots += lots.raw();
        ++ladder.wishes;
    }
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
                CHECK_EQ(takers.places_[wish.account.raw()].bucket, b);
                CHECK_EQ(takers.places_[wish.account.raw()].at, at);
                const Row& row = house.row(wish.account);
                CHECK_EQ(
                    takers.ladder_of(InstrumentId::from_raw(row.instrument), opposite(row.side)),
                    k);
                lots += wish.lots.raw();
                ++count;
            }
            CHECK_EQ(lots, bucket.lots);
        }
        CHECK_EQ(count, takers.ladders_[k].wishes);
    }
}

}  // namespace margincall::inline sim
