// Lending book: who has supplied and owes what at lending markets, as a file of one line per account and
// asset. Read, checked and kept in the integers of the lending engine (defi/aave_account.hpp). The format
// with examples: docs/lending-book.md.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.hpp"
#include "defi/aave_pool.hpp"
#include "desk/account_book.hpp"
#include "desk/exact_figure.hpp"

namespace margincall::inline desk {

// A line, all columns as text; empty = not said.
struct LendingLine {
    std::string account, market, asset, supplied, as_collateral, owed, emode, reported_health;
    std::string price, threshold, bonus, protocol_fee, decimals;
};
// The book as text, columns in the order of docs/lending-book.md.
[[nodiscard]] std::string lending_book_text(std::span<const LendingLine> lines);

// Of one market.
struct LendingAsset {
    std::string market, name;
    unsigned decimals = 18;
    U256 price;                          // dollars with 8 decimals per token
    std::uint32_t protocol_fee_bps = 0;  // share of the bonus
    std::uint32_t line = 0;              // of its first row
    [[nodiscard]] U256 unit() const { return power_of_ten(decimals); }
};
struct LendingRow {
    std::uint32_t asset = 0;  // of LendingBook::assets
    U256 supplied, owed;      // units of 10^-decimals
    aave::CollateralUse use = aave::CollateralUse::enabled;
    std::uint32_t threshold_bps = 0;
    std::optional<std::uint32_t> bonus_bps;  // of the bonus alone; nothing = not said
    std::uint32_t line = 0;
};
// An account at one market: what one health factor is of.
struct LendingAccount {
    std::string id, market;
    std::string emode;  // as the book has it; empty = none
    std::uint32_t first_row = 0, rows = 0;
    std::optional<U256> reported_health;  // wad
    std::uint32_t line = 0;               // of the reported health, else of its first row
};

struct LendingBook {
    std::string name;                      // file name as given
    std::vector<LendingAsset> assets;      // in the order of the file
    std::vector<LendingAccount> accounts;  // likewise
    std::vector<LendingRow> rows;          // by account, then as in the file
    std::size_t lines = 0;                 // with fields, without the header, kept or not
    std::size_t lines_left_out = 0, accounts_left_out = 0;

    [[nodiscard]] std::span<const LendingRow> rows_of(const LendingAccount& account) const {
        return std::span{rows}.subspan(account.first_row, account.rows);
    }
    [[nodiscard]] std::size_t markets() const;
};

// Does the first line name the columns of a lending book?
[[nodiscard]] bool looks_like_lending_book(std::string_view text);

// Every problem of the file, in the order of lines, is appended to `errors`. A bad line takes its whole
// account with it. E601 to E605, E607, E609, E610, E618.
[[nodiscard]] LendingBook read_lending_book(std::string_view text,
                                            const std::string& name,
                                            BadRows bad,
                                            Errors& errors);

inline constexpr unsigned lending_decimals_max = 18;  // of tokens
inline constexpr int base_decimals = 8;               // of prices and values
inline constexpr int health_decimals = 18;            // of health factors

// A figure in units of 10^-places, or nothing where it is negative or has more decimals.
[[nodiscard]] std::optional<U256> units_of(const ExactFigure& figure, int places);
// The same number as a decimal, every digit: "0.5", "120".
[[nodiscard]] std::string decimal_text(const U256& units, int places);
// 500 -> "5%".
[[nodiscard]] std::string percent_text(std::uint32_t bps);

}  // namespace margincall::inline desk
