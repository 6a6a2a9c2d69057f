#include "defi/uint256.hpp"

namespace margincall::inline defi {

namespace {

using wide::U256Digits;
using wide::U512Digits;

[[nodiscard]] U256 narrow(const U512Digits& value) {
    if (!value.is_zero() && boost::multiprecision::msb(value) >= 256) {
        note_revert(Revert::mul_overflow);
        return U256{};
    }
    return U256{U256Digits(value)};
}

[[nodiscard]] std::optional<unsigned> digit_value(char c, unsigned base) {
    unsigned value = 99;
    if (c >= '0' && c <= '9') {
        value = static_cast<unsigned>(c - '0');
    } else if (c >= 'a' && c <= 'f') {
        value = static_cast<unsigned>(c - 'a') + 10;
    } else if (c >= 'A' && c <= 'F') {
        value = static_cast<unsigned>(c - 'A') + 10;
    }
    return value < base ? std::optional(value) : std::nullopt;
}

}  // namespace

const U256& U256::max() {
    static const U256 value{U256Digits(~U256Digits(0))};
    return value;
}

u128 U256::to_u128() const {
    CHECK(fits_bits(128));
    const auto low = static_cast<std::uint64_t>(digits_ & U256Digits(UINT64_MAX));
    const auto high = static_cast<std::uint64_t>(digits_ >> 64);
    return (u128{high} << 64) | low;
}

U256 U256::multiply_long(const U256& a, const U256& b) {
    return narrow(U512Digits(a.digits_) * U512Digits(b.digits_));
}

U256 mul_div_down(const U256& a, const U256& b, const U256& c) {
    if (c.is_zero()) {
        note_revert(Revert::zero_division);
        return U256{};
    }
    if (a.digits().backend().size() + b.digits().backend().size() <= 4) {
        return U256{U256Digits(a.digits() * b.digits() / c.digits())};
    }
    return narrow(U512Digits(a.digits()) * U512Digits(b.digits()) / U512Digits(c.digits()));
}

U256 mul_div_up(const U256& a, const U256& b, const U256& c) {
    if (c.is_zero()) {
        note_revert(Revert::zero_division);
        return U256{};
    }
    const U512Digits product = U512Digits(a.digits()) * U512Digits(b.digits());
    U512Digits quotient;
    U512Digits remainder;
    boost::multiprecision::divide_qr(product, U512Digits(c.digits()), quotient, remainder);
    if (!remainder.is_zero()) {
        ++quotient;
    }
    return narrow(quotient);
}

std::optional<U256> product_if_fits(const U256& a, const U256& b) {
    const Outcome<U256> product = attempt([&a, &b] { return a * b; });
    return product ? std::optional(*product) : std::nullopt;
}

U256 power_of_ten(unsigned exponent) {
    U256 value{1};
    for (unsigned i = 0; i < exponent; ++i) {
        value = value * 10;
    }
    return value;
}

std::optional<U256> parse_u256(std::string_view text) {
    const bool hexadecimal = text.starts_with("0x") || text.starts_with("0X");
    const unsigned base = hexadecimal ? 16 : 10;
    if (hexadecimal) {
        text.remove_prefix(2);
    }
    if (text.empty()) {
        return std::nullopt;
    }
    const RevertScope scope;
    U256 value;
    for (const char c : text) {
        if (c == '\'') {
            continue;  // digit separators of literals
        }
        const auto digit = digit_value(c, base);
        if (!digit) {
            return std::nullopt;
        }
        value = value * base + *digit;
    }
    return scope.reverted() ? std::nullopt : std::optional(value);
}

U256 operator""_u256(const char* digits) {
    const std::optional<U256> value = parse_u256(digits);
    CHECK(value.has_value());
    return *value;
}

U256 to_u256(Amount amount) {
    CHECK(amount.raw() >= 0);
    return U256::from_u128(static_cast<u128>(amount.raw()));
}

Amount to_ledger(const U256& value) {
    if (!value.fits_bits(127)) {
        note_revert(Revert::amount_overflow);
        return Amount{};
    }
    return Amount::from_raw(static_cast<i128>(value.to_u128()));
}

SignedU256& SignedU256::operator+=(const U256& amount) {
    if (!is_negative()) {
        magnitude += amount;
        sign = Sign::positive;
    } else if (magnitude >= amount) {
        magnitude -= amount;
    } else {
        magnitude = amount - magnitude;
        sign = Sign::positive;
    }
    return *this;
}

SignedU256& SignedU256::operator-=(const U256& amount) {
    if (is_negative() || magnitude.is_zero()) {
        magnitude += amount;
        sign = Sign::negative;
    } else if (magnitude >= amount) {
        magnitude -= amount;
    } else {
        magnitude = amount - magnitude;
        sign = Sign::negative;
    }
    return *this;
}

}  // namespace margincall::inline defi
