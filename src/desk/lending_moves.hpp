// Which coin's shock moves the price of a lending market's asset. Oracles price wrapped coins as the coin,
// staked ether as its exchange rate times ether, stable coins as a dollar (docs/aave-v3.md), so that a
// shock moves the first two one for one with their coin and the last not at all. What no rule knows must be
// said by the user: nothing is guessed.
#pragma once

#include <span>
#include <string>
#include <vector>

#include "base/error.hpp"
#include "desk/lending_book.hpp"
#include "desk/market.hpp"

namespace margincall::inline desk {

struct AssetMove {
    AssetId coin;      // invalid = the price stays
    std::string rule;  // in words: "staked coin", "stable coin", "as --moves says"
};

// By asset of the book. `texts` are "ASSET=COIN" or "ASSET=nothing" and win over the rules. E606 an asset
// that no rule knows or a coin that the market lacks, E615 a text that cannot be read or names an asset
// that the book does not have.
[[nodiscard]] std::vector<AssetMove> asset_moves(const LendingBook& book,
                                                 const StressMarket& market,
                                                 std::span<const std::string> texts,
                                                 Errors& errors);

// Assets that are a coin of the market itself, wrapped or not, with a price in the book that is more than
// 1 % from the market's: an account book and this one would be of different days. E618.
void compare_coin_prices(const LendingBook& book,
                         std::span<const AssetMove> moves,
                         const StressMarket& market,
                         Errors& errors);

}  // namespace margincall::inline desk
