// The files of `margincall stress FILE...`: one account book, as a table or as answers of a venue's interface,
// and what the venue publishes about its instruments; a lending book beside it or alone. What a file is, is seen from its content.
#pragma once

#include <expected>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "base/error.hpp"
#include "desk/made_market.hpp"
#include "desk/venue_state.hpp"

namespace margincall::inline cli {

struct BookInputs {
    std::string name;  // of the book, in messages: of the first file that is part of it
    std::string text;  // as a table; empty: there is a lending book alone
    std::vector<std::string> files;  // those that are the book
    std::vector<MarketSheet> sheets;
    ImportedBook imported;  // without lines and format: the book is a table
    BookNeeds needs;
    std::vector<StateText> lending;  // a lending book, or what another program writes of one
};
[[nodiscard]] std::expected<BookInputs, Errors> read_book_inputs(std::span<const std::string> files,
                                                                 const ImportOptions& options);

// --prices FILE: a table of coin and price.
[[nodiscard]] std::expected<std::vector<std::pair<std::string, Decimal>>, Errors> read_price_file(
    const std::string& path);

// Adds the venues of the book that the market lacks and the shipped rules know, without instruments: the rules
// and, for its coins, the shipped margin tables. `texts` gets the text of the rules, for the hash.
[[nodiscard]] std::expected<std::vector<ShippedTiers>, Errors> add_shipped_venues(
    StressMarket& market, const BookNeeds& needs, std::string& texts, Errors& warnings);

}  // namespace margincall::inline cli
