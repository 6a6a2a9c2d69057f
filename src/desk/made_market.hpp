// A market in which a book can be opened: coins and instruments that it lacks are made from what the venue
// publishes (desk/market_sheet.hpp) and from what the book itself says, and where no market was named the
// book's own marks are the prices. What had to be assumed is told, for each instrument of the book its sources
// (docs/stress.md, "Market from the book").
#pragma once

#include <span>
#include <string>
#include <utility>
#include <vector>

#include "base/error.hpp"
#include "desk/book_needs.hpp"
#include "desk/market.hpp"
#include "desk/market_sheet.hpp"

namespace margincall::inline desk {

enum class PricesOf : std::uint8_t {
    market,  // of coins that it has
    book,    // wherever the book says one
};
// The margin table that the shipped rules have for a coin of a venue which the market lacks.
struct ShippedTiers {
    std::string venue, coin;
    MarginTiers tiers;
    MarginSchedule schedule;
    Amount lot;  // 1e-18 coins: what its sizes count, where they do
};
struct MarketRequest {
    const BookNeeds* needs = nullptr;
    std::span<const MarketSheet> sheets = {};
    std::span<const ShippedTiers> shipped = {};
    std::vector<std::pair<std::string, Decimal>> prices = {};  // by coin; go before all others
    PricesOf prices_of = PricesOf::market;
};

inline constexpr const char* price_of_book =
    "book";  // InstrumentSource::price: the book's own marks
// Where each figure of an instrument is from, in words.
struct InstrumentSource {
    std::string instrument;  // "H:PUMP-PERP"
    std::string price, steps, tiers, depth;
    bool tiers_assumed = false;  // from a leverage or from what is asked now
};
struct MarketSources {
    std::vector<InstrumentSource> instruments;  // of the book, in its order
    Errors warnings;                            // W632: what had to be assumed, but for depth
    std::size_t prices_of_book = 0;             // instruments
};

// Coins without a price or tiers stay out and are listed in `market.not_made`; problems of the files are errors
// (E604, E636).
[[nodiscard]] MarketSources complete_market(StressMarket& market,
                                            const MarketRequest& request,
                                            Errors& errors);

// W632 for the instruments whose depth is still assumed once files have given theirs.
[[nodiscard]] Errors depth_warnings(const MarketSources& sources);

}  // namespace margincall::inline desk
