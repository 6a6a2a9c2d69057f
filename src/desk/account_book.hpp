// Account book: who holds what, at which entry, behind which collateral, as a file of one line a
// position or collateral line. Read, checked and kept as flat rows; knows the market's names and
// steps and nothing of prices. The format with examples: docs/account-book.md.
//
// What is margined together is a **unit**: all cross positions of an account at one venue with its
// wallet there, or one isolated position with its own margin.
#pragma once

#include <cstdint>
#include <limits>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.hpp"
#include "desk/market.hpp"
#include "rules/account.hpp"

namespace margincall::inline desk {

inline constexpr double not_reported = std::numeric_limits<double>::quiet_NaN();
// Coins as collateral are counted in units of 1e-8; dollars in micro-dollars.
inline constexpr std::int64_t coin_units = 100'000'000;
// Money is counted in micro-dollars of 64 bits: what one line, and a whole book, may be worth (USD).
inline constexpr std::int64_t countable_raw_max = INT64_MAX / 4;
inline constexpr double countable_usd_max = static_cast<double>(countable_raw_max) * 1e-6;

struct BookPosition {
    InstrumentId instrument;
    Side side = Side::buy;  // buy = long
    Lots lots;              // > 0
    Money cost;             // size * entry, signed like the position; rounded against the account
    std::int32_t override_row = -1;  // of AccountBook::overrides; -1 = the venue's own tiers
    std::uint32_t line = 0;
    double reported_liquidation = not_reported;  // USD per coin
};
struct BookCollateral {
    AssetId coin;             // invalid = dollars
    std::int64_t amount = 0;  // micro-dollars, or 1e-8 coins; negative = owed
    std::uint32_t line = 0;
};
// A maintenance rate (and least initial rate) that an account has by agreement instead of the
// tiers.
struct TierOverride {
    std::int64_t maintenance_ppm = 0;
    std::int64_t initial_ppm = 0;
};
struct MarginUnit {
    std::uint32_t account = 0;  // row of AccountBook::accounts
    VenueId venue;
    MarginMode mode = MarginMode::cross;
    std::uint32_t first_position = 0, positions = 0;
    std::uint32_t first_collateral = 0, collaterals = 0;
    std::uint32_t line = 0;                                                 // of its first row
    double reported_equity = not_reported, reported_margin = not_reported;  // USD
    std::uint32_t reported_line = 0;
};
struct BookAccount {
    std::string id;
    std::uint32_t group = 0;  // row of AccountBook::groups
};

struct AccountBook {
    std::string name;  // file name as given
    std::vector<std::string> groups;
    std::vector<BookAccount> accounts;
    std::vector<MarginUnit> units;  // ordered by account, venue, mode, line
    std::vector<BookPosition> positions;
    std::vector<BookCollateral> collateral;
    std::vector<TierOverride> overrides;
    // Collateral at the market's prices and positions at their entries, all without sign, USD.
    double gross_usd = 0.0;
    Errors notes;          // W631: columns that are not read
    std::size_t rows = 0;  // lines with fields, without the header, kept or not

    // Left out because of errors (only with BadRows::skip); a bad line takes its whole account with
    // it, because half an account has a margin that nobody has.
    std::size_t rows_left_out = 0;
    std::size_t accounts_left_out = 0;
};

// What to do when lines are wrong: nothing is kept, or the accounts they belong to are left out.
enum class BadRows : std::uint8_t { refuse, skip };

// Every problem of the file, in the order of lines, is appended to `errors`. E601 to E611.
[[nodiscard]] AccountBook read_account_book(std::string_view text,
                                            const std::string& name,
                                            const StressMarket& market,
                                            BadRows bad,
                                            Errors& errors);

// By coin of the market: whether somebody has a position in it.
[[nodiscard]] std::vector<bool> held_coins(const AccountBook& book, const StressMarket& market);

}  // namespace margincall::inline desk
