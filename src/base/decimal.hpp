// Decimals as they are printed: read exactly, turned into integers of a chosen unit or into exact
// fractions, so that no number of a file passes through a binary float on its way to the core.
#pragma once

#include <expected>
#include <optional>
#include <string>
#include <string_view>

#include "base/fraction.hpp"
#include "base/strong.hpp"

namespace margincall::inline base {

// digits * 10^-places
struct Decimal {
    i128 digits = 0;
    int places = 0;
    [[nodiscard]] double value() const;
};

// A plain decimal number of at most 18 digits, so that the product of two fits 128 bits; nothing
// for other text ("1e5", "nan", "0x10", "1,000", "").
[[nodiscard]] std::optional<Decimal> parse_decimal(std::string_view text);
// The same with up to 36 digits and an exponent ("1.25e-05"), as JSON prints numbers.
[[nodiscard]] std::optional<Decimal> parse_long_decimal(std::string_view text);

// The number that a text begins with, as people write it: the one rule for scenario values, options
// and tables. A sign (also U+2212), digits, a point, an exponent; thousands either not grouped or
// exactly as in 1,234,567. A decimal comma is not read as grouping: it is a problem that says so.
struct NumberText {
    std::string plain;       // as parse_long_decimal and from_chars read it; empty with a problem
    std::size_t length = 0;  // bytes of the text that it takes
    std::string problem;     // without a number: why
};
[[nodiscard]] NumberText number_at_front(std::string_view text);
// A text that is nothing but such a number, of at most 18 digits; else what is wrong with it.
[[nodiscard]] std::expected<Decimal, std::string> parse_number(std::string_view text);

[[nodiscard]] i128 power_of_ten(int exponent);
// 10^exponent, also below 1.
[[nodiscard]] Fraction fraction_power(int exponent);

// value * 10^places, rounded as named; `scaled` gives nothing when it does not fit, the others
// CHECK that it does.
[[nodiscard]] std::optional<std::int64_t> scaled(const Decimal& value, int places, Round round);
[[nodiscard]] i128 in_units(const Decimal& value, int places);  // rounded down
[[nodiscard]] Fraction to_fraction(const Decimal& value);       // cut after 18 places
// a * b in micro-dollars, rounded once; nothing when it does not fit.
[[nodiscard]] std::optional<Money> product_money(const Decimal& a, const Decimal& b, Round round);

[[nodiscard]] std::string to_text(i128 value);

}  // namespace margincall::inline base
