// A list of positions of many Hyperliquid accounts as one table (account, account value, coin, side, size, entry,
// leverage setting, value, profit, liquidation price), as who watches large accounts publishes them. It lacks
// what an account state has: margin mode, equity of the perpetuals alone, highest leverage. What is put in their
// place, and which positions are judged by figures of the list alone: docs/import.md, "Position lists".
#pragma once

#include <expected>
#include <span>
#include <string>
#include <string_view>

#include "desk/market_sheet.hpp"
#include "desk/venue_state.hpp"

namespace margincall::inline desk {

[[nodiscard]] bool is_position_list(std::string_view text);
// E601 to E604, E609 as of every table.
[[nodiscard]] std::expected<ImportedBook, Errors> import_position_list(
    std::string_view text, const std::string& name, std::span<const MarketSheet> sheets);

}  // namespace margincall::inline desk
