#include "base/decimal.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>

#include "base/text.hpp"

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

bool is_digit(char c) {
    return c >= '0' && c <= '9';
}

// Signs that group thousands elsewhere.
bool is_grouping(char c) {
    return c == '_' || c == '\'';
}

bool is_not_finite(std::string_view text) {
    const auto begins_with = [&](std::string_view word) {
        return text.size() >= word.size() &&
               std::equal(word.begin(), word.end(), text.begin(), [](char a, char b) {
                   return a == (b >= 'A' && b <= 'Z' ? static_cast<char>(b - 'A' + 'a') : b);
               });
    };
    return begins_with("nan") || begins_with("inf");
}

// Are the commas those of 1,234,567 or 1,234,567.8?
bool grouped_in_threes(std::string_view body) {
    const std::string_view whole = body.substr(0, body.find('.'));
    const std::size_t first = whole.find(',');
    if (first == 0 || first > 3 || whole.front() == '0' || (whole.size() - first) % 4 != 0) {
        return false;
    }
    for (std::size_t at = 0; at < body.size(); ++at) {
        const bool place_of_comma = at < whole.size() && at >= first && (at - first) % 4 == 0;
        if ((body[at] == ',') != place_of_comma) {
            return false;
        }
    }
    return true;
}

std::string without(std::string_view text, char unwanted) {
    std::string out{text};
    std::erase(out, unwanted);
    return out;
}

// What is wrong with digits, points, commas and other grouping; empty when nothing is.
std::string problem_of_digits(std::string_view body) {
    const auto points = std::count(body.begin(), body.end(), '.');
    const auto commas = std::count(body.begin(), body.end(), ',');
    if (body.find_first_of("_'") != std::string_view::npos) {
        return fmt::format("{} is grouped otherwise than as 1,234,567", in_quotes(body));
    }
    if (commas > 0 && !grouped_in_threes(body)) {
        const std::size_t comma = body.find(',');
        if (commas > 1 || comma + 1 == body.size() || body.find('.', comma) != body.npos) {
            return fmt::format("{} is not grouped in threes, as 1,234,567 is", in_quotes(body));
        }
        std::string meant = without(body, '.');
        meant.replace(meant.find(','), 1, meant.starts_with(',') ? "0." : ".");
        return fmt::format("{} has a decimal comma; write {}", in_quotes(body), meant);
    }
    return points > 1 ? fmt::format("{} has two points; thousands are grouped as in 1,234,567",
                                    in_quotes(body))
                      : std::string{};
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

NumberText number_at_front(std::string_view text) {
    constexpr std::string_view true_minus = "\u2212";
    NumberText out;
    std::size_t at = text.starts_with(true_minus)                     ? true_minus.size()
                     : text.starts_with('-') || text.starts_with('+') ? 1
                                                                      : 0;
    const bool negative = at > 0 && text.front() != '+';
    const std::size_t begin = at;
    while (at < text.size() && (is_digit(text[at]) || (at > begin && is_grouping(text[at])) ||
                                text[at] == '.' || text[at] == ',')) {
        ++at;
    }
    const std::string_view body = text.substr(begin, at - begin);
    if (std::none_of(body.begin(), body.end(), is_digit)) {
        out.problem = is_not_finite(text.substr(begin))
                          ? fmt::format("{} is not a finite number", in_quotes(text))
                          : fmt::format("{} does not begin with a number", in_quotes(text));
        return out;
    }
    out.problem = problem_of_digits(body);
    if (!out.problem.empty()) {
        return out;
    }
    out.plain = (negative ? "-" : "") + without(body, ',');
    // An exponent, where one stands.
    if (at < text.size() && (text[at] == 'e' || text[at] == 'E')) {
        std::size_t end = at + 1;
        end += end < text.size() && (text[end] == '-' || text[end] == '+') ? 1U : 0U;
        const std::size_t digits = end;
        while (end < text.size() && is_digit(text[end])) {
            ++end;
        }
        if (end > digits) {
            const std::size_t value = text[at + 1] == '+' ? digits : at + 1;
            out.plain += 'e';
            out.plain += text.substr(value, end - value);
            at = end;
        }
    }
    out.length = at;
    return out;
}

std::expected<Decimal, std::string> parse_number(std::string_view text) {
    const NumberText number = number_at_front(text);
    if (!number.problem.empty()) {
        return std::unexpected(number.problem);
    }
    if (number.length != text.size()) {
        return std::unexpected(fmt::format("{} is not a number", in_quotes(text)));
    }
    const std::optional<Decimal> value = number.plain.find('e') == std::string::npos
                                             ? parse_decimal(number.plain)
                                             : parse_long_decimal(number.plain);
    const i128 most = power_of_ten(plain_digits);
    if (!value || value->digits >= most || value->digits <= -most || value->places > plain_digits) {
        return std::unexpected(
            fmt::format("{} has more than {} digits", in_quotes(text), plain_digits));
    }
    return *value;
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
