#include "base/decimal.hpp"

#include <algorithm>
#include <charconv>

namespace margincall::inline base {
namespace {

constexpr int plain_digits = 18;
constexpr int long_digits = 36;

// value * 10^-places to 10^-wanted.
std::optional<i128> rescale(i128 value, int places, int wanted, Round round) {
    if (places > wanted) {
        return div_round(value, power_of_ten(places - wanted), round);
    }
    i128 out = 0;
    if (wanted - places > long_digits ||
        __builtin_mul_overflow(value, power_of_ten(wanted - places), &out)) {
        return std::nullopt;
    }
    return out;
}

std::optional<std::int64_t> narrowed(std::optional<i128> value) {
    const bool fits = value && *value <= INT64_MAX && *value >= INT64_MIN;
    return fits ? std::optional{static_cast<std::int64_t>(*value)} : std::nullopt;
}

std::optional<Decimal> parse(std::string_view text, int digits_max) {
    const bool negative = text.starts_with('-');
    if (negative || text.starts_with('+')) {
        text.remove_prefix(1);
    }
    Decimal out;
    bool any = false;
    bool point = false;
    int significant = 0;
    for (const char c : text) {
        if (c == '.' && !point) {
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
    out.digits = negative ? -out.digits : out.digits;
    return any ? std::optional{out} : std::nullopt;
}

}  // namespace

double Decimal::value() const {
    // Powers of ten to 10^22 are exact doubles, so this is the nearest double but for one rounding.
    return static_cast<double>(digits) / static_cast<double>(power_of_ten(places));
}

std::optional<Decimal> parse_decimal(std::string_view text) {
    return parse(text, plain_digits);
}

std::optional<Decimal> parse_long_decimal(std::string_view text) {
    const std::size_t mark = text.find_first_of("eE");
    std::optional<Decimal> out = parse(text.substr(0, mark), long_digits);
    if (out && mark != std::string_view::npos) {
        text.remove_prefix(mark + (text.substr(mark + 1).starts_with('+') ? 2 : 1));
        int exponent = 0;
        const auto [end, problem] =
            std::from_chars(text.data(), text.data() + text.size(), exponent);
        if (problem != std::errc{} || end != text.data() + text.size() ||
            exponent < out->places - long_digits || exponent > long_digits) {
            return std::nullopt;
        }
        out->places -= exponent;
    }
    while (out && out->places > 0 && out->digits % 10 == 0) {
        out->digits = div_round(out->digits, 10, Round::down);  // exact
        --out->places;
    }
    if (out && out->places < 0) {
        const std::optional<i128> whole = rescale(out->digits, out->places, 0, Round::down);
        out = whole ? std::optional{Decimal{*whole, 0}} : std::nullopt;
    }
    return out;
}

i128 power_of_ten(int exponent) {
    CHECK(exponent >= 0);
    i128 out = 1;
    for (int n = 0; n < exponent; ++n) {
        out = checked_mul<i128>(out, 10);
    }
    return out;
}

Fraction fraction_power(int exponent) {
    const std::int64_t power = narrow_i64(power_of_ten(exponent < 0 ? -exponent : exponent));
    return exponent < 0 ? Fraction{1, power} : Fraction{power, 1};
}

std::optional<std::int64_t> scaled(const Decimal& value, int places, Round round) {
    return narrowed(rescale(value.digits, value.places, places, round));
}

i128 in_units(const Decimal& value, int places) {
    const std::optional<i128> out = rescale(value.digits, value.places, places, Round::down);
    CHECK(out.has_value());
    return *out;
}

Fraction to_fraction(const Decimal& value) {
    const int places = std::min(value.places, plain_digits);
    return make_fraction(narrow_i64(in_units(value, places)), narrow_i64(power_of_ten(places)));
}

std::optional<Money> product_money(const Decimal& a, const Decimal& b, Round round) {
    const auto raw =
        narrowed(rescale(checked_mul(a.digits, b.digits), a.places + b.places, 6, round));
    return raw ? std::optional{Money::from_raw(*raw)} : std::nullopt;
}

std::string to_text(i128 value) {
    std::string out;
    for (i128 rest = value < 0 ? -value : value; rest > 0 || out.empty();
         rest = div_round(rest, 10, Round::down)) {
        out.push_back(static_cast<char>('0' + static_cast<int>(rest % 10)));
    }
    if (value < 0) {
        out.push_back('-');
    }
    std::reverse(out.begin(), out.end());
    return out;
}

}  // namespace margincall::inline base
