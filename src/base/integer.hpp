// Exact integer arithmetic: checked operations and division that names its rounding.
// Every quantity of money, price or size in the core goes through these.
#pragma once

#include <cstdint>

#include "base/check.hpp"

namespace margincall::inline base {

__extension__ using i128 = __int128;
__extension__ using u128 = unsigned __int128;

// Direction in which a division (or a double -> integer conversion) rounds. `down` is toward minus
// infinity and `up` toward plus infinity, also for negative numbers.
enum class Round : std::uint8_t { down, up };

template <class T>
[[nodiscard]] constexpr T checked_add(T a, T b) {
    T out{};
    CHECK(!__builtin_add_overflow(a, b, &out));
    return out;
}
template <class T>
[[nodiscard]] constexpr T checked_sub(T a, T b) {
    T out{};
    CHECK(!__builtin_sub_overflow(a, b, &out));
    return out;
}
template <class T>
[[nodiscard]] constexpr T checked_mul(T a, T b) {
    T out{};
    CHECK(!__builtin_mul_overflow(a, b, &out));
    return out;
}

template <class T>
[[nodiscard]] constexpr T magnitude(T a) {
    return a < 0 ? checked_sub(T{0}, a) : a;
}

// Quotient with the named rounding in one integer type. denominator > 0.
template <class T>
[[nodiscard]] constexpr T rounded_quotient(T numerator, T denominator, Round round) {
    const T quotient = numerator / denominator;  // toward zero, corrected below
    const T remainder = numerator - quotient * denominator;
    if (remainder == 0) {
        return quotient;
    }
    if (round == Round::up) {
        return remainder > 0 ? quotient + 1 : quotient;
    }
    return remainder < 0 ? quotient - 1 : quotient;
}
// numerator / denominator with the named rounding. denominator > 0. Most amounts fit into 64 bits,
// where the division is one instruction instead of a call.
[[nodiscard]] constexpr i128 div_round(i128 numerator, i128 denominator, Round round) {
    CHECK(denominator > 0);
    const auto short_numerator = static_cast<std::int64_t>(numerator);
    const auto short_denominator = static_cast<std::int64_t>(denominator);
    if (short_numerator == numerator && short_denominator == denominator) {
        return rounded_quotient(short_numerator, short_denominator, round);
    }
    return rounded_quotient(numerator, denominator, round);
}

[[nodiscard]] constexpr std::int64_t narrow_i64(i128 value) {
    CHECK(value <= INT64_MAX && value >= INT64_MIN);
    return static_cast<std::int64_t>(value);
}

// a * b / c with one rounding; the product is taken in 128 bits (two 63-bit factors fit).
[[nodiscard]] constexpr std::int64_t mul_div(std::int64_t a,
                                             std::int64_t b,
                                             std::int64_t c,
                                             Round round) {
    return narrow_i64(div_round(i128{a} * i128{b}, i128{c}, round));
}

}  // namespace margincall::inline base
