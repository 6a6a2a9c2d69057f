// Owners of leveraged accounts who want to close at a profit, by price and without haste: shorts
// that buy back below their entry, longs that sell above it (docs/population.md). Their orders are
// not sent one by one: they are part of what the patient layer shows in their book, and what trades
// there is handed on to them.
//
// Whether an owner has such a wish and how far from the entry is drawn once per account; who opened
// before the start counts from the start price if that is better for the owner. Rows are kept in
// buckets of price, so that the first in line is found without looking at the others.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "base/big_vector.hpp"
#include "clearing/clearing_house.hpp"
#include "plan/plan.hpp"

namespace margincall::inline sim {

class ProfitTakers {
  public:
    explicit ProfitTakers(const Plan& plan);

    struct Wish {
        AccountId account;
        Ticks price;  // the worst at which the owner closes
        Lots lots;    // > 0
    };

    // The rows named as they are now: with their whole position, or gone.
    void follow(const ClearingHouse& house, std::span<const AccountId> changed);
    // Who comes first for an order of that side at `price`: buy orders are of shorts, highest price
    // first, sell orders of longs, lowest first; nobody whose price it does not meet. Within a
    // bucket (0.1 %) in the order of arrival and departure.
    [[nodiscard]] std::optional<Wish> first(InstrumentId i, Side order, Ticks price) const;
    // What all of them want together, at least in whole buckets.
    [[nodiscard]] Lots wanted(InstrumentId i, Side order, Ticks price) const;

    // The price of the wish of one row, drawn; 0 = none. `opened_before`: in the burn-in.
    [[nodiscard]] Ticks wish_price(const Row& row, double entry_usd, bool opened_before) const;
    friend void check_profit_takers(const ProfitTakers& takers, const ClearingHouse& house);

  private:
    static constexpr double width = 0.001;  // of a bucket, log price
    static constexpr std::uint32_t bucket_count =
        2048;                                   // from e^-1 to e^1 of the start price, about
    static constexpr std::uint32_t block = 64;  // buckets that are summed up together
    static constexpr std::uint32_t nowhere = 0xFFFF'FFFF;
    struct Bucket {
        std::vector<Wish> wishes;
        std::int64_t lots = 0;
    };
    struct Block {
        std::int64_t lots = 0;
        std::uint32_t wishes = 0;
    };
    struct Ladder {  // of one instrument and side of its orders
        std::vector<Bucket> buckets;
        std::array<Block, bucket_count / block> blocks{};
        std::size_t wishes = 0;
    };
    struct Place {
        std::uint32_t bucket = nowhere, at = 0;
    };
    [[nodiscard]] std::size_t ladder_of(InstrumentId i, Side order) const {
        return 2 * std::size_t{i.raw()} + (order == Side::buy ? 0 : 1);
    }
    [[nodiscard]] std::uint32_t bucket_of(InstrumentId i, Ticks price) const;
    // Adds to what a bucket and its block hold.
    static void count(Ladder& ladder, std::uint32_t bucket, std::int64_t lots, int wishes);
    void remove(Ladder& ladder, Place& place);

    const Plan& plan_;
    std::vector<Ladder> ladders_;  // [2 * instrument + side of the order]
    std::vector<double> start_;    // per instrument, log of the start price in ticks
    BigVector<Place> places_;      // by account
    std::size_t burn_in_ = 0;      // accounts below were there at the start
    bool started_ = false;
};

}  // namespace margincall::inline sim
