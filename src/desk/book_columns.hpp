// The columns of an account book (docs/account-book.md), for those who read it.
#pragma once

#include <array>
#include <cstdint>

#include "desk/csv.hpp"

namespace margincall::inline desk {

struct BookColumns {
    enum Column : std::uint8_t {
        account_id,
        owner_group,
        venue_name,
        instrument_name,
        side_word,
        size_coins,
        entry_price,
        margin_mode,
        collateral_asset,
        amount_held,
        tier_override,
        reported_equity,
        reported_margin,
        reported_liquidation_price,
        mark_price,
        mark_price_long,
        contract_size,
        max_leverage,
        maintenance_rate,
        book_column_count,
    };
};
inline constexpr std::array<CsvColumn, BookColumns::book_column_count> book_columns = {{
    {"account", true},
    {"owner_group", false},
    {"venue", true},
    {"instrument", true},
    {"side", true},
    {"size", true},
    {"entry", true},
    {"margin_mode", false},
    {"collateral", false},
    {"amount", true},
    {"tier_override", false},
    {"reported_equity", false},
    {"reported_margin", false},
    {"reported_liquidation_price", false},
    {"mark", false},
    {"mark_price", false},
    {"contract_size", false},
    {"max_leverage", false},
    {"maintenance_rate", false},
}};

}  // namespace margincall::inline desk
