#include "defi/balancer_log_exp.hpp"

#include <array>

namespace margincall::balancer {

namespace {

namespace mp = boost::multiprecision;
using I256 = mp::number<mp::cpp_int_backend<256, 256, mp::signed_magnitude, mp::unchecked, void>,
                        mp::et_off>;

[[nodiscard]] I256 number(const char* digits) {
    return I256(digits);
}

struct Constants {
    I256 one18 = number("1000000000000000000");
    I256 one20 = number("100000000000000000000");
    I256 one36 = number("1000000000000000000000000000000000000");
    I256 min_exponent = number("-41000000000000000000");
    I256 max_exponent = number("130000000000000000000");
    // e^128 and e^64 without decimals.
    std::array<I256, 2> large_x = {number("128000000000000000000"), number("64000000000000000000")};
    std::array<I256, 2> large_a = {
        number("38877084059945950922200000000000000000000000000000000000"),
        number("6235149080811616882910000000")};
    // 32, 16, ... 1/16 with 20 decimals, and e to these powers with 20 decimals.
    std::array<I256, 10> x = {number("3200000000000000000000"),
                              number("1600000000000000000000"),
                              number("800000000000000000000"),
                              number("400000000000000000000"),
                              number("200000000000000000000"),
                              number("100000000000000000000"),
                              number("50000000000000000000"),
                              number("25000000000000000000"),
                              number("12500000000000000000"),
                              number("6250000000000000000")};
    std::array<I256, 10> a = {number("7896296018268069516100000000000000"),
                              number("888611052050787263676000000"),
                              number("298095798704172827474000"),
                              number("5459815003314423907810"),
                              number("738905609893065022723"),
                              number("271828182845904523536"),
                              number("164872127070012814685"),
                              number("128402541668774148407"),
                              number("113314845306682631683"),
                              number("106449445891785942956")};
    I256 ln36_low = number("900000000000000000");
    I256 ln36_high = number("1100000000000000000");
};

[[nodiscard]] const Constants& constants() {
    static const Constants all;
    return all;
}

[[nodiscard]] I256 to_signed(const U256& value) {
    return I256(value.digits());
}
[[nodiscard]] U256 to_unsigned(const I256& value) {
    return U256{wide::U256Digits(value)};
}

// z + z^3/3 + z^5/5 + ... with `unit` for 1, up to the power `last`.
[[nodiscard]] I256 odd_series(const I256& z, const I256& unit, unsigned last) {
    const I256 square = z * z / unit;
    I256 term = z;
    I256 sum = term;
    for (unsigned n = 3; n <= last; n += 2) {
        term = term * square / unit;
        sum += term / n;
    }
    return sum;
}

// e^x, 18 decimals; the range was checked.
[[nodiscard]] I256 exp18(I256 x) {
    const Constants& c = constants();
    if (x < 0) {
        return c.one18 * c.one18 / exp18(I256(-x));
    }
    I256 first = 1;
    for (std::size_t k = 0; k < c.large_x.size(); ++k) {
        if (x >= c.large_x[k]) {
            x -= c.large_x[k];
            first = c.large_a[k];
            break;
        }
    }
    x *= 100;
    I256 product = c.one20;
    for (std::size_t k = 0; k < 8; ++k) {
        if (x >= c.x[k]) {
            x -= c.x[k];
            product = product * c.a[k] / c.one20;
        }
    }
    I256 series = c.one20;
    I256 term = x;
    series += term;
    for (unsigned n = 2; n <= 12; ++n) {
        term = term * x / c.one20 / n;
        series += term;
    }
    return product * series / c.one20 * first / 100;
}

// ln a, 18 decimals, a > 0.
[[nodiscard]] I256 ln18(I256 a) {
    const Constants& c = constants();
    if (a < c.one18) {
        return -ln18(I256(c.one18 * c.one18 / a));
    }
    I256 sum = 0;
    for (std::size_t k = 0; k < c.large_a.size(); ++k) {
        if (a >= c.large_a[k] * c.one18) {
            a /= c.large_a[k];
            sum += c.large_x[k];
        }
    }
    sum *= 100;
    a *= 100;
    for (std::size_t k = 0; k < c.a.size(); ++k) {
        if (a >= c.a[k]) {
            a = a * c.one20 / c.a[k];
            sum += c.x[k];
        }
    }
    const I256 z = (a - c.one20) * c.one20 / (a + c.one20);
    return (sum + odd_series(z, c.one20, 11) * 2) / 100;
}

// ln x with 36 decimals, for x (18 decimals) near 1.
[[nodiscard]] I256 ln36(I256 x) {
    const Constants& c = constants();
    x *= c.one18;
    const I256 z = (x - c.one36) * c.one36 / (x + c.one36);
    return odd_series(z, c.one36, 15) * 2;
}

[[nodiscard]] bool near_one(const I256& x) {
    return constants().ln36_low < x && x < constants().ln36_high;
}

[[nodiscard]] SignedU256 to_signed_u256(const I256& value) {
    return {to_unsigned(I256(abs(value))),
            value < 0 ? SignedU256::Sign::negative : SignedU256::Sign::positive};
}

}  // namespace

U256 power(const U256& x, const U256& y) {
    if (y.is_zero()) {
        return U256{1'000'000'000'000'000'000};
    }
    if (x.is_zero()) {
        return U256{};
    }
    static const U256 y_bound = (U256{1} << 254) / 100'000'000'000'000'000'000_u256;
    if (!x.fits_bits(255)) {
        note_revert(Revert::x_out_of_bounds);
        return U256{};
    }
    if (y >= y_bound) {
        note_revert(Revert::y_out_of_bounds);
        return U256{};
    }
    const Constants& c = constants();
    const I256 base = to_signed(x);
    const I256 exponent = to_signed(y);
    I256 product;
    if (near_one(base)) {
        const I256 log = ln36(base);
        product = log / c.one18 * exponent + log % c.one18 * exponent / c.one18;
    } else {
        product = ln18(base) * exponent;
    }
    product /= c.one18;
    if (product < c.min_exponent || product > c.max_exponent) {
        note_revert(Revert::product_out_of_bounds);
        return U256{};
    }
    return to_unsigned(exp18(product));
}

U256 exponential(const SignedU256& x) {
    const Constants& c = constants();
    if (!x.magnitude.fits_bits(128)) {
        note_revert(Revert::invalid_exponent);
        return U256{};
    }
    const I256 magnitude = to_signed(x.magnitude);
    const I256 exponent = x.is_negative() ? I256(-magnitude) : magnitude;
    if (exponent < c.min_exponent || exponent > c.max_exponent) {
        note_revert(Revert::invalid_exponent);
        return U256{};
    }
    return to_unsigned(exp18(exponent));
}

SignedU256 natural_log(const U256& a) {
    if (a.is_zero() || !a.fits_bits(255)) {
        note_revert(Revert::out_of_bounds);
        return {};
    }
    const I256 value = to_signed(a);
    return to_signed_u256(near_one(value) ? I256(ln36(value) / constants().one18) : ln18(value));
}

SignedU256 natural_log_near_one(const U256& a) {
    if (!a.fits_bits(255) || !near_one(to_signed(a))) {
        note_revert(Revert::out_of_bounds);
        return {};
    }
    return to_signed_u256(ln36(to_signed(a)));
}

SignedU256 log_to_base(const U256& argument, const U256& base) {
    const Constants& c = constants();
    if (argument.is_zero() || base.is_zero() || !argument.fits_bits(255) || !base.fits_bits(255)) {
        note_revert(Revert::out_of_bounds);
        return {};
    }
    const auto scaled = [&c](const I256& v) {
        return near_one(v) ? ln36(v) : I256(ln18(v) * c.one18);
    };
    const I256 log_base = scaled(to_signed(base));
    if (log_base == 0) {
        note_revert(Revert::zero_division);
        return {};
    }
    return to_signed_u256(I256(scaled(to_signed(argument)) * c.one18 / log_base));
}

}  // namespace margincall::balancer
