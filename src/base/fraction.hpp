// Exact fractions: rates, ratios and prices that a venue prints as decimals or as quotients (1/3),
// kept without rounding until they meet an amount. The division then names its rounding.
#pragma once

#include <cstdint>
#include <numeric>

#include "base/integer.hpp"

namespace margincall::inline base {

// num / den with den > 0. Two fractions of equal value may differ in their terms unless both came
// from `make_fraction`, which reduces.
struct Fraction {
    std::int64_t num = 0;
    std::int64_t den = 1;
};

[[nodiscard]] constexpr Fraction make_fraction(std::int64_t num, std::int64_t den) {
    CHECK(den > 0);
    const std::int64_t divisor = std::gcd(num, den);
    return divisor > 1 ? Fraction{num / divisor, den / divisor} : Fraction{num, den};  // exact
}
// A rate in parts per million.
[[nodiscard]] constexpr Fraction from_ppm(std::int64_t ppm) {
    return make_fraction(ppm, 1'000'000);
}

[[nodiscard]] constexpr bool operator==(Fraction a, Fraction b) {
    return i128{a.num} * b.den == i128{b.num} * a.den;
}
[[nodiscard]] constexpr bool operator<(Fraction a, Fraction b) {
    return i128{a.num} * b.den < i128{b.num} * a.den;
}

// amount * f, rounded once.
[[nodiscard]] constexpr i128 times(i128 amount, Fraction f, Round round) {
    return div_round(checked_mul<i128>(amount, f.num), f.den, round);
}
// f to parts per million, rounded.
[[nodiscard]] constexpr std::int64_t to_ppm(Fraction f, Round round) {
    return narrow_i64(times(1'000'000, f, round));
}
[[nodiscard]] constexpr double to_double(Fraction f) {
    return static_cast<double>(f.num) / static_cast<double>(f.den);
}

}  // namespace margincall::inline base
