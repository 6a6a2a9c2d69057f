// Decimal numbers as they stand in a file, kept exactly: "0.5", "-12,000.25" is not one (no
// grouping, because the comma separates columns). No double is involved before the caller asks.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "base/integer.hpp"
#include "base/strong.hpp"

namespace margincall::inline desk {

// digits * 10^-places; at most 18 digits, so that a product of two fits 128 bits.
struct Decimal {
    std::int64_t digits = 0;
    int places = 0;
    [[nodiscard]] double value() const;
};

// Nothing when the text is not a plain decimal number ("1e5", "nan", "0x10", "") or has more than
// 18 significant digits.
[[nodiscard]] std::optional<Decimal> parse_decimal(std::string_view text);

// value * 10^places, rounded as named; nothing when it does not fit.
[[nodiscard]] std::optional<std::int64_t> scaled(const Decimal& value, int places, Round round);
// a * b in micro-dollars, rounded once; nothing when it does not fit.
[[nodiscard]] std::optional<Money> product_money(const Decimal& a, const Decimal& b, Round round);

}  // namespace margincall::inline desk
