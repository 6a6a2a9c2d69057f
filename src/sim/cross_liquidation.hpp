// Liquidation of cross accounts that pledge a coin (model 9.3): the venue sells the coin in its own
// book and closes the positions, slice by slice, until the account is safe again or empty. So a
// fall of the coin sells the coin. While the venue takes it for a dollar, coins are sold only to
// cover dollars owed; once it takes them for less than 0.99, they are called and sold.
//
// Slices, because venues convert collateral in small orders: each batch sells `coin_slice` of what
// the account held at the first call and closes `position_slice` of each position.
#pragma once

#include <cstdint>
#include <vector>

#include "base/strong.hpp"
#include "base/time.hpp"

namespace margincall {

class World;

class CrossLiquidation {
  public:
    // Takes over accounts that have just become liquidatable.
    void enqueue(World& world, AccountId account);
    // Works on every account under liquidation, in the order of their calls.
    void on_batch(World& world);

    [[nodiscard]] double coins_sold_usd() const { return coins_sold_usd_; }
    [[nodiscard]] std::uint64_t calls() const { return calls_; }

  private:
    struct Case {
        AccountId account;
        std::int64_t coin_lots = 0;               // at the first call
        std::vector<std::int64_t> position_lots;  // by instrument of the venue, magnitude
        double equity_usd = 0.0;
    };
    enum class Outcome : std::uint8_t { done, waits };
    [[nodiscard]] Outcome work(World& world, Case& c);
    void sell_coins(World& world, const Case& c);
    void close_positions(World& world, const Case& c);
    static void settle_shortfall(World& world, AccountId account);

    std::vector<Case> cases_;
    bool scheduled_ = false;
    double coins_sold_usd_ = 0.0;
    std::uint64_t calls_ = 0;
};

}  // namespace margincall
