// Liquidation bonuses that a lending book does not say and the user does (docs/lending-book.md, `--bonus`).
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "base/error.hpp"
#include "desk/lending_book.hpp"

namespace margincall::inline desk {

// Bonuses for rows whose book says none: for all, for one asset, for accounts in an e-mode; a row takes the
// e-mode's where its account is in one, else its asset's, else that of all.
struct LendingBonuses {
    std::optional<std::uint32_t> all_bps, emode_bps;
    std::vector<std::pair<std::string, std::uint32_t>> assets;
};
// From "6%", "wstETH=7%", "emode=1%". E615.
[[nodiscard]] LendingBonuses parse_bonuses(std::span<const std::string> texts, Errors& errors);
// Puts them where the book says none. E610 for each asset that can be seized and has none.
void fill_bonuses(LendingBook& book, const LendingBonuses& bonuses, Errors& errors);

}  // namespace margincall::inline desk
