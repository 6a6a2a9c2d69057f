// Which accounts a price move concerns. A health factor h stays at or above one as long as every
// collateral price is above p x 2/(h+1) and every debt price is below p x 2h/(h+1), because then
//     h' >= h x (2/(h+1)) / (2h/(h+1)) = 1.
// So an account is filed once per asset under such a bound, in heaps ordered by price, and a move
// touches only the accounts whose bound it crosses. Touched accounts are evaluated again by the
// owner and filed anew. Accounts that are not touched are healthy: nobody is missed, only some are
// looked at early.
//
// Prices are any positive integers of a fixed unit per asset; for growing balances file the price
// times the index. Health factors are in wad.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "defi/uint256.hpp"

namespace margincall::inline defi {

class HealthWatch {
  public:
    enum class Side : std::uint8_t { collateral, debt };
    struct Exposure {
        std::uint32_t asset = 0;
        Side side = Side::collateral;
    };

    HealthWatch(std::uint32_t assets, std::uint32_t accounts);

    // The present price of an asset, before accounts are filed under it.
    void set_price(std::uint32_t asset, std::uint64_t price);

    // Files an account with health `health_wad`; the bounds it had are forgotten. `slack_ppm`
    // narrows them by the error of the health factor's own rounding, at least one. An account at or
    // below one is touched by every move of its assets.
    void file(std::uint32_t account,
              const U256& health_wad,
              std::span<const Exposure> exposures,
              std::uint32_t slack_ppm = 1);
    void forget(std::uint32_t account) { ++generation_[account]; }

    // Moves a price and appends the accounts whose bound it crosses, each at most once, lowest ids
    // first. They stay unfiled until `file`.
    void move_price(std::uint32_t asset, std::uint64_t price, std::vector<std::uint32_t>& touched);

    [[nodiscard]] std::uint64_t price(std::uint32_t asset) const { return prices_[asset]; }
    [[nodiscard]] std::size_t entries() const;  // filed bounds, stale ones included

  private:
    struct Bound {
        std::uint64_t price;
        std::uint32_t account;
        std::uint32_t generation;
    };
    struct Asset {
        std::vector<Bound> below;  // heap, highest price first: crossed by a fall
        std::vector<Bound> above;  // heap, lowest price first: crossed by a rise
    };
    void push(std::vector<Bound>& heap, const Bound& bound, Side side);
    void compact(std::vector<Bound>& heap, Side side);

    std::vector<Asset> assets_;
    std::vector<std::uint64_t> prices_;
    std::vector<std::uint32_t> generation_;  // by account; older bounds are stale
};

}  // namespace margincall::inline defi
