// Account states as venues' interfaces (and ccxt) serve them -> lines of an account book. What a file is, is
// seen from its content. What a format cannot say is refused or said, never guessed. Mappings of fields:
// docs/import.md.
#pragma once

#include <cstdint>
#include <expected>
#include <span>
#include <string>
#include <vector>

#include "base/error.hpp"

namespace margincall::inline desk {

// A line of docs/account-book.md, all columns as text; empty = not said.
struct BookLine {
    std::string account, owner_group, venue, instrument, side, size, entry, margin_mode, collateral,
        amount;
    std::string tier_override, reported_equity, reported_margin, reported_liquidation_price, mark;
    // max_leverage: the most that the venue lets this position be levered; empty = not said.
    std::string leverage_max;
    // maintenance_rate: what the venue asks of this position now, share of its value; empty = not said.
    std::string maintenance_rate;
    // No column: what the format does not say of this line, in words; empty = nothing of use.
    std::string unsaid;
};

struct StateText {
    std::string name;  // in messages
    std::string text;
};

struct ImportOptions {
    std::string account = "main";  // where the files carry no name
    std::string venue;             // instead of the format's own; empty: that one
};

// What a liquidation price of a line can be computed from.
enum class LineInput : std::uint8_t {
    complete,  // everything is said
    pin,       // the account's equity was inferred from this very price
    equity,    // the account's value does not explain its prices
    terms,     // an account with margin rates of its own
    none,      // no position, or no price to compare with
};
inline constexpr std::size_t input_kinds = 5;
[[nodiscard]] const char* input_words(LineInput input);

struct ImportedBook {
    std::string format;  // "hyperliquid", "binance", "bybit", "okx", "ccxt", "position list"
    std::vector<BookLine> lines;
    Errors warnings;                // W631: what the files hold and a book cannot
    std::vector<LineInput> inputs;  // by line; empty: all are complete
};

// Is it JSON of an interface rather than a table?
[[nodiscard]] bool looks_like_state(std::string_view text);

// One book from all files of one format, in their order. E631 no JSON, E632 a figure that is missing or no
// number, E633 nothing that is known, E634 a part that is missing or of another format, E635 what a book
// cannot say (portfolio margin, contracts margined in their coin).
[[nodiscard]] std::expected<ImportedBook, Errors> import_states(std::span<const StateText> files,
                                                                const ImportOptions& options);

// The book as text, with the columns in the order of docs/account-book.md; `all` has max_leverage and
// maintenance_rate, too, which only who makes a market reads.
enum class BookText : std::uint8_t { shared, all };
[[nodiscard]] std::string book_text(std::span<const BookLine> lines,
                                    BookText which = BookText::shared);

}  // namespace margincall::inline desk
