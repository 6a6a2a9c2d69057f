#include "desk/decimal.hpp"

namespace margincall::inline desk {
namespace {

constexpr int digits_max = 18;

i128 power_of_ten(int exponent) {
    i128 out = 1;
    for (int k = 0; k < exponent; ++k) {
        out *= 10;
    }
    return out;
}

// value * 10^-places to 10^-wanted.
std::optional<std::int64_t> rescale(i128 value, int places, int wanted, Round round) {
    i128 out = value;
    if (places > wanted) {
        out = div_round(value, power_of_ten(places - wanted), round);
    } else if (__builtin_mul_overflow(value, power_of_ten(wanted - places), &out)) {
        return std::nullopt;
    }
    if (out > INT64_MAX || out < INT64_MIN) {
        return std::nullopt;
    }
    return static_cast<std::int64_t>(out);
}

}  // namespace

double Decimal::value() const {
    // Powers of ten to 10^22 are exact doubles, so this is the nearest double but for one rounding.
    double scale = 1.0;
    for (int k = 0; k < places; ++k) {
        scale *= 10.0;
    }
    return static_cast<double>(digits) / scale;
}

std::optional<Decimal> parse_decimal(std::string_view text) {
    bool negative = false;
    if (!text.empty() && (text.front() == '-' || text.front() == '+')) {
        negative = text.front() == '-';
        text.remove_prefix(1);
    }
    Decimal out;
    bool any = false;
    bool point = false;
    int significant = 0;
    for (const char c : text) {
        if (c == '.') {
            if (point) {
                return std::nullopt;
            }
            point = true;
            continue;
        }
        if (c < '0' || c > '9') {
            return std::nullopt;
        }
        any = true;
        significant += significant > 0 || c != '0' ? 1 : 0;
        out.places += point ? 1 : 0;
        if (significant > digits_max || out.places > digits_max) {
            return std::nullopt;
        }
        out.digits = out.digits * 10 + (c - '0');
    }
    if (!any) {
        return std::nullopt;
    }
    out.digits = negative ? -out.digits : out.digits;
    return out;
}

std::optional<std::int64_t> scaled(const Decimal& value, int places, Round round) {
    return rescale(value.digits, value.places, places, round);
}

std::optional<Money> product_money(const Decimal& a, const Decimal& b, Round round) {
    const auto raw = rescale(i128{a.digits} * i128{b.digits}, a.places + b.places, 6, round);
    return raw ? std::optional{Money::from_raw(*raw)} : std::nullopt;
}

}  // namespace margincall::inline desk
