// U256: the unsigned 256-bit integer that the protocols compute with, checked as their compilers
// check it. A sum or product above 2^256 - 1, a difference below zero and a division by zero note a
// revert (revert.hpp) and give zero. `/` is floor division, as on chain; functions that round
// another way say so in their names. The digits are Boost.Multiprecision's fixed-size integers.
#pragma once

#include <boost/multiprecision/cpp_int.hpp>
#include <compare>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/integer.hpp"
#include "base/strong.hpp"
#include "defi/revert.hpp"

namespace margincall::inline defi {

namespace wide {
namespace mp = boost::multiprecision;
template <unsigned bits>
using Unsigned =
    mp::number<mp::cpp_int_backend<bits, bits, mp::unsigned_magnitude, mp::unchecked, void>,
               mp::et_off>;
using U256Digits = Unsigned<256>;
using U512Digits = Unsigned<512>;
}  // namespace wide

class U256 {
  public:
    constexpr U256() = default;
    explicit constexpr U256(std::uint64_t value) : digits_(value) {}
    explicit constexpr U256(const wide::U256Digits& digits) : digits_(digits) {}
    [[nodiscard]] static constexpr U256 from_u128(u128 value) {
        return U256{(wide::U256Digits(static_cast<std::uint64_t>(value >> 64)) << 64) |
                    wide::U256Digits(static_cast<std::uint64_t>(value))};
    }
    [[nodiscard]] static const U256& max();  // 2^256 - 1

    [[nodiscard]] constexpr const wide::U256Digits& digits() const { return digits_; }
    [[nodiscard]] bool is_zero() const { return digits_.is_zero(); }
    // Position of the highest set bit; not for zero.
    [[nodiscard]] unsigned highest_bit() const {
        return static_cast<unsigned>(boost::multiprecision::msb(digits_));
    }
    [[nodiscard]] bool fits_bits(unsigned bits) const { return is_zero() || highest_bit() < bits; }
    // The low words; the caller knows that the value fits (CHECKed).
    [[nodiscard]] std::uint64_t to_u64() const {
        CHECK(fits_bits(64));
        return static_cast<std::uint64_t>(digits_);
    }
    [[nodiscard]] u128 to_u128() const;
    [[nodiscard]] double to_double() const { return static_cast<double>(digits_); }
    [[nodiscard]] std::string to_string() const { return digits_.str(); }

    friend U256 operator+(const U256& a, const U256& b) {
        U256 out{wide::U256Digits(a.digits_ + b.digits_)};
        if (out.digits_ < a.digits_) [[unlikely]] {
            return failed(Revert::add_overflow);
        }
        return out;
    }
    friend U256 operator-(const U256& a, const U256& b) {
        if (a.digits_ < b.digits_) [[unlikely]] {
            return failed(Revert::sub_overflow);
        }
        return U256{wide::U256Digits(a.digits_ - b.digits_)};
    }
    friend U256 operator*(const U256& a, const U256& b) {
        // Limbs are trimmed, so that their counts bound the product: up to four always fit, six
        // never do, five need a look.
        const std::size_t limbs = a.digits_.backend().size() + b.digits_.backend().size();
        if (limbs <= 4) [[likely]] {
            return U256{wide::U256Digits(a.digits_ * b.digits_)};
        }
        return multiply_long(a, b);
    }
    friend U256 operator/(const U256& a, const U256& b) {
        if (b.is_zero()) [[unlikely]] {
            return failed(Revert::zero_division);
        }
        return U256{wide::U256Digits(a.digits_ / b.digits_)};
    }
    friend U256 operator%(const U256& a, const U256& b) {
        if (b.is_zero()) [[unlikely]] {
            return failed(Revert::zero_division);
        }
        return U256{wide::U256Digits(a.digits_ % b.digits_)};
    }
    friend U256 operator+(const U256& a, std::uint64_t b) { return a + U256{b}; }
    friend U256 operator-(const U256& a, std::uint64_t b) { return a - U256{b}; }
    friend U256 operator*(const U256& a, std::uint64_t b) { return a * U256{b}; }
    friend U256 operator/(const U256& a, std::uint64_t b) { return a / U256{b}; }
    friend U256 operator%(const U256& a, std::uint64_t b) { return a % U256{b}; }
    U256& operator+=(const U256& b) { return *this = *this + b; }
    U256& operator-=(const U256& b) { return *this = *this - b; }
    // Shifts lose the bits that leave the word, as on chain.
    friend U256 operator<<(const U256& a, unsigned bits) {
        return U256{wide::U256Digits(a.digits_ << bits)};
    }
    friend U256 operator>>(const U256& a, unsigned bits) {
        return U256{wide::U256Digits(a.digits_ >> bits)};
    }

    friend bool operator==(const U256& a, const U256& b) { return a.digits_ == b.digits_; }
    friend bool operator==(const U256& a, std::uint64_t b) { return a.digits_ == b; }
    friend std::strong_ordering operator<=>(const U256& a, const U256& b) {
        return a.digits_.compare(b.digits_) <=> 0;
    }
    friend std::strong_ordering operator<=>(const U256& a, std::uint64_t b) {
        return a.digits_.compare(b) <=> 0;
    }

  private:
    [[nodiscard]] static U256 failed(Revert reason) {
        note_revert(reason);
        return U256{};
    }
    [[nodiscard]] static U256 multiply_long(const U256& a, const U256& b);

    wide::U256Digits digits_ = 0;
};

// a * b / c with a product of 512 bits; notes a revert when c is zero or the result does not fit.
[[nodiscard]] U256 mul_div_down(const U256& a, const U256& b, const U256& c);
[[nodiscard]] U256 mul_div_up(const U256& a, const U256& b, const U256& c);

// a / b rounded up, zero for a = 0. Integers, whatever their scale.
[[nodiscard]] inline U256 divide_up(const U256& a, const U256& b) {
    const U256 quotient = a / b;
    return a % b > 0 ? quotient + 1 : quotient;
}
[[nodiscard]] inline const U256& min(const U256& a, const U256& b) {
    return b < a ? b : a;
}
[[nodiscard]] inline const U256& max(const U256& a, const U256& b) {
    return a < b ? b : a;
}
// a - b, or zero where b is larger.
[[nodiscard]] inline U256 difference_or_zero(const U256& a, const U256& b) {
    return a > b ? a - b : U256{};
}
[[nodiscard]] inline U256 distance(const U256& a, const U256& b) {
    return a > b ? a - b : b - a;
}
// Sums and differences modulo 2^256, for counters that are meant to wrap.
[[nodiscard]] inline U256 wrapping_add(const U256& a, const U256& b) {
    return U256{wide::U256Digits(a.digits() + b.digits())};
}
[[nodiscard]] inline U256 wrapping_sub(const U256& a, const U256& b) {
    return U256{wide::U256Digits(a.digits() - b.digits())};
}
// a * b if it fits, noting no revert.
[[nodiscard]] std::optional<U256> product_if_fits(const U256& a, const U256& b);
[[nodiscard]] U256 power_of_ten(unsigned exponent);

// Decimal digits only, or 0x and hexadecimal digits; nothing if it is neither or does not fit.
[[nodiscard]] std::optional<U256> parse_u256(std::string_view text);

// Constants longer than 64 bits, written in full: 1000000000000000000000000000_u256.
[[nodiscard]] U256 operator""_u256(const char* digits);

// Between ledger amounts and the maths. An amount above 2^127 - 1 notes a revert.
[[nodiscard]] U256 to_u256(Amount amount);  // amount >= 0 (CHECKed)
[[nodiscard]] Amount to_ledger(const U256& value);

// A signed amount as the protocols have it: int256 where only the sign of a delta matters.
struct SignedU256 {
    U256 magnitude;
    enum class Sign : std::uint8_t { positive, negative } sign = Sign::positive;

    [[nodiscard]] bool is_negative() const {
        return sign == Sign::negative && !magnitude.is_zero();
    }
    [[nodiscard]] std::string to_string() const {
        return (is_negative() ? "-" : "") + magnitude.to_string();
    }
    SignedU256& operator+=(const U256& amount);
    SignedU256& operator-=(const U256& amount);
};

}  // namespace margincall::inline defi
