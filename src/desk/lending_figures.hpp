// The figures of a lending book under a shock, one list for tables, JSON, limits and variations.
#pragma once

#include <cstddef>
#include <span>
#include <string_view>

#include "desk/lending_stress.hpp"

namespace margincall::inline desk {

// In limits: before the name that a figure has in the JSON of a lending book.
inline constexpr std::string_view lending_prefix = "lending.";
[[nodiscard]] inline bool is_of_lending(std::string_view figure) {
    return figure.starts_with(lending_prefix);
}

// One figure of the whole book: dollars with 8 decimals where `base` is set, else a count.
struct LendingItem {
    const char* key;  // "lending.bad_debt_usd"
    const char* label;
    std::size_t (*count)(const LendingBook&, const LendingOutcome&);
    U256 (*base)(const LendingOutcome&);

    [[nodiscard]] const char* short_key() const { return key + lending_prefix.size(); }
};
[[nodiscard]] std::span<const LendingItem> lending_items();
// USD, or a count.
[[nodiscard]] double lending_value(const LendingItem& item,
                                   const LendingBook& book,
                                   const LendingOutcome& outcome);
// The figure of that key; it must be one.
[[nodiscard]] double lending_figure(std::string_view key,
                                    const LendingBook& book,
                                    const LendingOutcome& outcome);
[[nodiscard]] double lending_usd(const U256& base);

}  // namespace margincall::inline desk
