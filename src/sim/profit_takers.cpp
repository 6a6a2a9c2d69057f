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
    const double bucket = std::floor(away / width) + 0.5 * bucket_count;
    return static_cast<std::uint32_t>(std::clamp(bucket, 0.0, bucket_count - 1.0));
}

Ticks ProfitTakers::wish_price(const Position& position,
                               double entry_usd,
                               bool opened_before) const {
    const PopulationPlan& p = plan_.population;
    Rng rng{
        plan_.seed, entity_name(profit_family, draw_numbers_.of(position.account)), Purpose::price};
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

void ProfitTakers::count(Ladder& ladder, std::uint32_t bucket, std::int64_t lots, int wishes) {
    ladder.buckets[bucket].lots += lots;
    Block& of = ladder.blocks[bucket / block];
    of.lots += lots;
    of.wishes += static_cast<std::uint32_t>(wishes);
    ladder.wishes += static_cast<std::size_t>(wishes);
}

void ProfitTakers::remove(Ladder& ladder, Place& place) {
    Bucket& bucket = ladder.buckets[place.bucket];
    count(ladder, place.bucket, -bucket.wishes[place.at].lots.raw(), -1);
    const Wish moved = bucket.wishes.back();
    bucket.wishes[place.at] = moved;
    bucket.wishes.pop_back();
    place_of(moved).at = place.at;
    place.bucket = nowhere;
}

void ProfitTakers::open(const ClearingHouse& house,
                        AccountId first_portfolio,
                        std::size_t portfolios,
                        const DrawNumbers& draw_numbers) {
    draw_numbers_ = draw_numbers;
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
            count(ladder, place.bucket, (lots - wish.lots).raw(), 0);
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
        ladder.buckets.resize(bucket_count);
    }
    place.bucket = bucket_of(i, price);
    Bucket& bucket = ladder.buckets[place.bucket];
    place.at = static_cast<std::uint32_t>(bucket.wishes.size());
    bucket.wishes.push_back(wanted);
    bucket.wishes.back().price = price;
    count(ladder, place.bucket, lots.raw(), 1);
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
    for (std::uint32_t n = 0; n < bucket_count; ++n) {
        const std::uint32_t b = order == Side::buy ? bucket_count - 1 - n : n;
        const bool begins_block = b % block == (order == Side::buy ? block - 1 : 0);
        if (begins_block && ladder.blocks[b / block].wishes == 0 && b / block != last / block) {
            n += block - 1;  // nobody in the whole block
            continue;
        }
        const std::vector<Wish>& wishes = ladder.buckets[b].wishes;
        const auto found = std::find_if(wishes.begin(), wishes.end(), meets);
        if (found != wishes.end()) {
            return *found;
        }
        if (b == last) {
            break;
        }
    }
    return std::nullopt;
}

Lots ProfitTakers::wanted(InstrumentId i, Side order, Ticks price) const {
    const Ladder& ladder = ladders_[ladder_of(i, order)];
    if (ladder.wishes == 0) {
        return Lots{};
    }
    std::int64_t lots = 0;
    const std::uint32_t last = bucket_of(i, price);
    const std::uint32_t first = last / block * block;  // of the block in which the price lies
    if (order == Side::buy) {
        for (std::uint32_t b = last + 1; b < first + block; ++b) {
            lots += ladder.buckets[b].lots;
        }
        for (std::size_t k = last / block + 1; k < ladder.blocks.size(); ++k) {
            lots += ladder.blocks[k].lots;
        }
    } else {
        for (std::uint32_t b = first; b < last; ++b) {
            lots += ladder.buckets[b].lots;
        }
        for (std::size_t k = 0; k < last / block; ++k) {
            lots += ladder.blocks[k].lots;
        }
    }
    return Lots::from_raw(lots);
}

void check_profit_takers(const ProfitTakers& takers, const ClearingHouse& house) {
    for (std::size_t k = 0; k < takers.ladders_.size(); ++k) {
        std::size_t seen = 0;
        std::array<std::int64_t, ProfitTakers::bucket_count / ProfitTakers::block> in_block{};
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
                ++seen;
            }
            CHECK_EQ(lots, bucket.lots);
            in_block[b / ProfitTakers::block] += lots;
        }
        CHECK_EQ(seen, takers.ladders_[k].wishes);
        for (std::size_t block = 0; block < in_block.size(); ++block) {
            CHECK_EQ(in_block[block], takers.ladders_[k].blocks[block].lots);
        }
    }
}

}  // namespace margincall::inline sim
