#include "vector_check/decimal.hpp"

#include <algorithm>
#include <cmath>

namespace margincall::inline vector_check {
namespace {

Decimal shortened(Decimal value) {
    while (value.places > 0 && value.mantissa % 10 == 0) {
        value.mantissa = div_round(value.mantissa, 10, Round::down);  // exact
        --value.places;
    }
    return value;
}

}  // namespace

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

Decimal parse_decimal(const std::string& text) {
    Decimal out;
    std::size_t at = 0;
    const bool negative = !text.empty() && text[0] == '-';
    if (negative || (!text.empty() && text[0] == '+')) {
        ++at;
    }
    bool after_point = false;
    bool any = false;
    for (; at < text.size(); ++at) {
        const char c = text[at];
        if (c >= '0' && c <= '9') {
            out.mantissa = checked_add<i128>(checked_mul<i128>(out.mantissa, 10), c - '0');
            out.places += after_point ? 1 : 0;
            any = true;
        } else if (c == '.' && !after_point) {
            after_point = true;
        } else if (c != '_' && c != ',') {
            break;
        }
    }
    CHECK(any);
    if (at < text.size()) {
        CHECK(text[at] == 'e' || text[at] == 'E');
        out.places -= std::stoi(text.substr(at + 1));
    }
    if (out.places < 0) {
        out.mantissa = checked_mul(out.mantissa, power_of_ten(-out.places));
        out.places = 0;
    }
    if (negative) {
        out.mantissa = -out.mantissa;
    }
    return shortened(out);
}

Decimal decimal_of(const nlohmann::json& value) {
    return parse_decimal(value.is_string() ? value.get<std::string>() : value.dump());
}

i128 in_units(const Decimal& value, int places) {
    if (places >= value.places) {
        return checked_mul(value.mantissa, power_of_ten(places - value.places));
    }
    return div_round(value.mantissa, power_of_ten(value.places - places), Round::down);
}

Fraction to_fraction(const Decimal& value) {
    // More than 18 places do not fit; the last ones are cut.
    const int places = std::min(value.places, 18);
    return make_fraction(narrow_i64(in_units(value, places)), narrow_i64(power_of_ten(places)));
}

long double to_float(const Decimal& value) {
    return static_cast<long double>(value.mantissa) /
           static_cast<long double>(power_of_ten(value.places));
}

std::string to_text(i128 value) {
    if (value == 0) {
        return "0";
    }
    std::string out;
    for (i128 rest = value < 0 ? -value : value; rest > 0;
         rest = div_round(rest, 10, Round::down)) {
        out.push_back(static_cast<char>('0' + static_cast<int>(rest % 10)));
    }
    if (value < 0) {
        out.push_back('-');
    }
    std::reverse(out.begin(), out.end());
    return out;
}

}  // namespace margincall::inline vector_check
