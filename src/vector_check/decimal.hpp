// Decimals as they are printed: read exactly, turned into integers of a chosen unit or into exact
// fractions, so that no number of a vector passes through a binary float on its way to the core.
#pragma once

#include <nlohmann/json.hpp>
#include <string>

#include "base/fraction.hpp"

namespace margincall::inline vector_check {

// mantissa * 10^-places
struct Decimal {
    i128 mantissa = 0;
    int places = 0;
};

// Text such as "-0.0004" or "1.25e-05", or a JSON number. CHECKs that it is one.
[[nodiscard]] Decimal parse_decimal(const std::string& text);
[[nodiscard]] Decimal decimal_of(const nlohmann::json& value);

[[nodiscard]] i128 power_of_ten(int exponent);
// 10^exponent, also below 1.
[[nodiscard]] Fraction fraction_power(int exponent);
// The decimal in units of 10^-places; digits beyond are cut toward minus infinity.
[[nodiscard]] i128 in_units(const Decimal& value, int places);
[[nodiscard]] Fraction to_fraction(const Decimal& value);
[[nodiscard]] long double to_float(const Decimal& value);
[[nodiscard]] std::string to_text(i128 value);

}  // namespace margincall::inline vector_check
