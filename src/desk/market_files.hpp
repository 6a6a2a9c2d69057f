// Files beside the account book: resting depth per instrument, and the balances of the funds. Both
// replace what the market says for the instruments and venues they name. Formats:
// docs/account-book.md.
#pragma once

#include <string>
#include <string_view>

#include "base/error.hpp"
#include "desk/market.hpp"

namespace margincall::inline desk {

// venue,instrument,side,distance,depth   cumulative depth in USD within a distance from the mid
// venue,instrument,side,price,size       an order book: price in USD, size in coins
// E601 to E609; E613 when depth falls with distance or a book is crossed.
void read_depth_file(std::string_view text,
                     const std::string& name,
                     StressMarket& market,
                     Errors& errors);

// venue,pool,instruments,balance         instruments: * or names separated by blanks
// Every instrument of a venue that is named must be in exactly one pool (E614).
void read_fund_file(std::string_view text,
                    const std::string& name,
                    StressMarket& market,
                    Errors& errors);

}  // namespace margincall::inline desk
