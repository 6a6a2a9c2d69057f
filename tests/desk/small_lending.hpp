// A lending market small enough to reckon by hand: BTC at 100,000 USD, ETH at 4,000 USD, and a book as text.
#pragma once

#include <string>
#include <vector>

#include "desk/lending_book.hpp"
#include "desk/lending_stress.hpp"
#include "small_market.hpp"

namespace margincall {

inline const char* const lending_head =
    "account,market,asset,supplied,as_collateral,owed,emode,reported_health,price,threshold,bonus,"
    "protocol_fee,decimals\n";
// docs/aave-v3.md: 10 WETH at 4,000 against 30,000 USDC, health 1.1067.
inline const char* const lending_ann =
    "ann,core,WETH,10,yes,0,,,4000,83%,5%,10%,18\nann,core,USDC,0,no,30000,,,1,78%,4.5%,10%,6\n";

inline StressMarket two_coins() {
    StressMarket market = hand_market(0, {}, {});
    market.coins.push_back({"ETH", 4'000.0, 1.0});
    return market;
}
inline LendingBook read_lending(const std::string& rows) {
    Errors errors;
    LendingBook book =
        read_lending_book(lending_head + rows, "lending.csv", BadRows::refuse, errors);
    CHECK(errors.empty());
    return book;
}
inline LendingOutcome lending_under(const LendingBook& book,
                                    const std::vector<std::string>& shocks,
                                    const std::vector<std::string>& moves = {}) {
    const StressMarket market = two_coins();
    Errors errors;
    const std::vector<AssetMove> follow = asset_moves(book, market, moves, errors);
    CHECK(errors.empty());
    return run_lending({&book, follow},
                       parse_shock(shocks, market, UnnamedCoins::unchanged).value());
}

}  // namespace margincall
