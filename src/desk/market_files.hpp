// Files beside the account book: resting depth per instrument, and the balances of the funds. Both
// replace what the market says for the instruments and venues they name. Recorded order books of
// venues: desk/book_snapshot.hpp. Formats:
// docs/account-book.md.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/error.hpp"
#include "desk/market.hpp"

namespace margincall::inline desk {

// venue,instrument,side,distance,depth   cumulative depth in USD within a distance from the mid
// venue,instrument,side,price,size       an order book: price in USD, size in coins
// venue,instrument,volume[,share]        a profile by volume: `share` of a day's volume (1.5 %) within 1 % of the
//                                        mid on each side, growing with distance^0.65 up to 10 %
// E601 to E609; E613 when depth falls with distance or a book is crossed. Instruments whose depth is
// replaced are added to `taken`, if there is one.
void read_depth_file(std::string_view text,
                     const std::string& name,
                     StressMarket& market,
                     Errors& errors,
                     std::vector<InstrumentId>* taken = nullptr);

// venue,pool,instruments,balance         instruments: * or names separated by blanks
// Every instrument of a venue that is named must be in exactly one pool (E614).
void read_fund_file(std::string_view text,
                    const std::string& name,
                    StressMarket& market,
                    Errors& errors);

}  // namespace margincall::inline desk
