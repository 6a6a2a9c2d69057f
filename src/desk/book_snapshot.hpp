// Resting depth from an order book as a venue's interface answers it: Binance /fapi/v1/depth, Bybit
// /v5/market/orderbook, OKX /api/v5/market/books, Hyperliquid {"type": "l2Book"}.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "desk/market.hpp"
#include "desk/market_sheet.hpp"

namespace margincall::inline desk {

// "A:BTC=depth.json", "BTC=depth.json" or "depth.json"
struct DepthFile {
    std::string venue, coin;  // empty: as the content says
    std::string path;
};
[[nodiscard]] DepthFile depth_file_of(const std::string& argument);

struct SnapshotRequest {
    std::string_view text;
    std::string name;                     // in messages
    std::string venue, coin;              // empty: as the content says
    std::span<const MarketSheet> sheets;  // say what a contract of OKX is
};
// Replaces the depth of the instrument, which is added to `taken`. E606 unknown venue or coin, E613 a crossed or
// one-sided book, E631 to E634 as of account states; W632 where the book reaches less than 1 %.
void read_book_snapshot(const SnapshotRequest& request,
                        StressMarket& market,
                        Errors& errors,
                        Errors& warnings,
                        std::vector<InstrumentId>& taken);

}  // namespace margincall::inline desk
