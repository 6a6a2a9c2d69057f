// Accounts of lending markets as other programs write them -> lines of a lending book: the Aave v3 subgraph's
// `userReserves`, and a research table of positions with staked ether. What a file is, is seen from its
// content; what a format cannot say is refused or said. Mappings of fields: docs/import.md.
#pragma once

#include <expected>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "desk/lending_book.hpp"
#include "desk/venue_state.hpp"

namespace margincall::inline desk {

struct ImportedLending {
    std::string format;  // "aave-v3", "aave-positions"
    std::vector<LendingLine> lines;
    Errors warnings;  // W631
};

// Is it one of these formats (not a lending book itself)?
[[nodiscard]] bool looks_like_lending_state(std::string_view text);

// One book from all files of one format, in their order. E631 to E635 as import_states; E601 to E603 of the
// table, E618 where its amounts are worth more than it says the account holds.
[[nodiscard]] std::expected<ImportedLending, Errors> import_lending(
    std::span<const StateText> files, const ImportOptions& options);

}  // namespace margincall::inline desk
