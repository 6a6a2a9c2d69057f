// What a book asks of a market, before it is read with one: venues, coins and their marks, the finest sizes.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/decimal.hpp"

namespace margincall::inline desk {

struct NeededInstrument {
    std::string venue;   // as it is written
    std::string coin;    // without quote and kind of contract
    std::string settle;  // "USDT" of BTCUSDT; "" = not said
    std::size_t lines = 0;
    int size_places = 0;         // most decimals of a size
    std::vector<Decimal> marks;  // as they are written, of all lines that have one
    std::map<std::int64_t, std::size_t> leverages;  // max_leverage -> lines
    std::optional<Decimal> rate;                    // the largest maintenance_rate
};
struct BookNeeds {
    std::vector<std::string> venues;            // in the order of the book
    std::vector<NeededInstrument> instruments;  // likewise
    std::vector<std::string> collateral;        // coins, likewise
};

// Lines that cannot be read ask for nothing; whoever reads the book names their problems.
[[nodiscard]] BookNeeds book_needs(std::string_view text);

}  // namespace margincall::inline desk
