// What venues publish about their instruments, as their interfaces serve it: price and size steps, contract
// sizes, margin tiers, for some also marks and volume. Files are recognised by content; one file holds one venue.
// Which fields: docs/import.md.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/decimal.hpp"
#include "base/error.hpp"
#include "desk/json_tree.hpp"

namespace margincall::inline desk {

// One slice: what it begins and ends at, in dollars or contracts; the rates of it.
struct SheetTier {
    Decimal floor;
    std::optional<Decimal> cap;  // none: no end
    Fraction maintenance;
    Fraction initial;                  // 1 / highest leverage
    std::optional<Decimal> deduction;  // as published
};
// Of one instrument, as much as a file says.
struct SheetRow {
    std::string coin, settle;  // "BTC", "USDT"
    std::string file;
    std::optional<Decimal> tick, lot;  // USD; coins
    std::optional<int> size_places;    // Hyperliquid: szDecimals, of which the tick follows
    std::optional<Decimal> contract;   // coins a contract, where sizes count contracts
    std::vector<SheetTier> tiers;      // empty: not said
    bool counts_contracts = false;     // the tiers do
    std::optional<Decimal> mark;
    std::optional<Decimal> volume;  // USD a day
};
struct MarketSheet {
    std::string file;
    std::string venue;  // "A", "B", "H", "O"
    std::vector<SheetRow> rows;
    std::string as_of;  // where the file says it
};

// Is it such a file? An OKX answer of instruments is one and a part of an account state, too.
[[nodiscard]] bool is_market_sheet(const JsonTree& tree);
// E632 a figure that is missing or no number, E636 tiers that leave a gap or fall.
[[nodiscard]] std::expected<MarketSheet, Errors> read_market_sheet(const JsonTree& tree,
                                                                   const std::string& file);

// Is it a price, or a number of coins, that can be reckoned with: 1e-12 to 1e9?
[[nodiscard]] bool is_usable(const Decimal& value);
// "0.25"
[[nodiscard]] std::string decimal_text(const Decimal& value);
// Everything that the files say of an instrument: rows of one venue and coin put together, the first that says
// something wins. `settle` as the book has it; of several the dollar coin that it names, else USDT.
[[nodiscard]] std::optional<SheetRow> find_sheet_row(std::span<const MarketSheet> sheets,
                                                     std::string_view venue,
                                                     std::string_view coin,
                                                     std::string_view settle);

}  // namespace margincall::inline desk
