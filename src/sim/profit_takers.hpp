// Owners of leveraged accounts who want to close at a profit, by price and without haste: shorts
// that buy back below their entry, longs that sell above it (docs/population.md). Their orders are
// not sent one by one: they are part of what the patient layer shows in their book, and what trades
// there is handed on to them.
//
// Whether an owner has such a wish and how far from the entry is drawn once per account, for all its
// positions; who opened before the start counts from the start price if that is better for the
// owner. Positions are kept in buckets of price, so that the first in line is found without looking
// at the others.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "base/big_vector.hpp"
#include "clearing/clearing_house.hpp"
#include "plan/plan.hpp"
#include "sim/draw_numbers.hpp"

namespace margincall::inline sim {

class ProfitTakers {
  public:
    explicit ProfitTakers(const Plan& plan);

    struct Wish {
        AccountId account;
        std::uint32_t holding = 0;  // of a portfolio
        Ticks price;                // the worst at which the owner closes
        Lots lots;                  // > 0
    };

    // Before the run: who is there, and which of the cross accounts are portfolios, whose owners act.
    void open(const ClearingHouse& house,
              AccountId first_portfolio,
              std::size_t portfolios,
              const DrawNumbers& draw_numbers);
    // The rows and portfolios named as they are now: with their whole positions, or gone.
    void follow(const ClearingHouse& house, std::span<const AccountId> changed);
    // Who comes first for an order of that side at `price`: buy orders are of shorts, highest price
    // first, sell orders of longs, lowest first; nobody whose price it does not meet. Within a
    // bucket (0.1 %) in the order of arrival and departure.
    [[nodiscard]] std::optional<Wish> first(InstrumentId i, Side order, Ticks price) const;
    // What all of them want together, at least in whole buckets.
    [[nodiscard]] Lots wanted(InstrumentId i, Side order, Ticks price) const;

    // The price of the wish of one position, drawn; 0 = none. `opened_before`: in the burn-in.
    struct Position {
        AccountId account;
        InstrumentId instrument;
        Side side = Side::buy;
    };
    [[nodiscard]] Ticks wish_price(const Position& position,
                                   double entry_usd,
                                   bool opened_before) const;
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
    [[nodiscard]] bool is_portfolio(AccountId a) const {
        return a.raw() - first_portfolio_.raw() < portfolios_;
    }
    [[nodiscard]] Place& place_of(const Wish& wish) {
        return is_portfolio(wish.account) ? portfolio_places_[wish.holding]
                                          : places_[wish.account.raw()];
    }
    // One position as it is now; no lots: it is gone or not its owner's to close.
    void follow(const Position& position, std::uint32_t holding, Lots lots, Money cost);
    void remove(Ladder& ladder, Place& place);

    const Plan& plan_;
    std::vector<Ladder> ladders_;        // [2 * instrument + side of the order]
    std::vector<double> start_;          // per instrument, log of the start price in ticks
    BigVector<Place> places_;            // by account: of rows
    BigVector<Place> portfolio_places_;  // by holding
    BigVector<Side> portfolio_sides_;    // likewise
    std::size_t burn_in_ = 0;            // accounts below were there at the start
    AccountId first_portfolio_;
    std::uint32_t portfolios_ = 0;
    DrawNumbers draw_numbers_;
};

}  // namespace margincall::inline sim
