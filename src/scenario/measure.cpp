#include "scenario/measure.hpp"

#include <fmt/format.h>

#include <array>
#include <charconv>
#include <chrono>
#include <cmath>
#include <cstdio>

#include "base/decimal.hpp"

namespace margincall::inline scenario {
namespace {

std::string_view trim(std::string_view text) {
    while (!text.empty() && (text.front() == ' ' || text.front() == '\t')) {
        text.remove_prefix(1);
    }
    while (!text.empty() && (text.back() == ' ' || text.back() == '\t')) {
        text.remove_suffix(1);
    }
    return text;
}

struct UnitWord {
    std::string_view word;
    double factor;
    Dimension dimension;
};
constexpr std::array unit_words = {
    UnitWord{"%", 1e-2, Dimension::ratio},
    UnitWord{"percent", 1e-2, Dimension::ratio},
    UnitWord{"bp", 1e-4, Dimension::ratio},
    UnitWord{"bps", 1e-4, Dimension::ratio},
    UnitWord{"ppm", 1e-6, Dimension::ratio},
    UnitWord{"%/day", 1e-2, Dimension::ratio_per_day},
    UnitWord{"USD", 1.0, Dimension::usd},
    UnitWord{"USD/day", 1.0, Dimension::usd_per_day},
    UnitWord{"USD/s", 1.0, Dimension::usd_per_second},
    UnitWord{"ns", 1e-9, Dimension::time},
    UnitWord{"us", 1e-6, Dimension::time},
    UnitWord{"ms", 1e-3, Dimension::time},
    UnitWord{"s", 1.0, Dimension::time},
    UnitWord{"min", 60.0, Dimension::time},
    UnitWord{"h", 3600.0, Dimension::time},
    UnitWord{"d", 86400.0, Dimension::time},
};
struct Magnitude {
    std::string_view word;
    double factor;
};
constexpr std::array magnitudes = {
    Magnitude{"k", 1e3},
    Magnitude{"m", 1e6},
    Magnitude{"bn", 1e9},
    Magnitude{"tn", 1e12},
};

bool is_coin(std::string_view word) {
    if (word.size() < 2 || word.size() > 12) {
        return false;
    }
    for (const char c : word) {
        if (!((c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9'))) {
            return false;
        }
    }
    return word.front() >= 'A';
}

const UnitWord* find_unit(std::string_view word) {
    for (const UnitWord& unit : unit_words) {
        if (unit.word == word) {
            return &unit;
        }
    }
    return nullptr;
}

// 12 significant digits without an exponent for everyday sizes, thousands grouped.
std::string plain_number(double value) {
    std::string text = fmt::format("{:.12g}", value);
    if (text.find('e') != std::string::npos) {
        return text;
    }
    const std::size_t sign = text.starts_with('-') ? 1 : 0;
    const std::size_t dot = std::min(text.find('.'), text.size());
    for (std::size_t i = dot; i > sign + 3; i -= 3) {
        text.insert(i - 3, ",");
    }
    return text;
}

std::string usd_number(double usd) {
    const double size = std::fabs(usd);
    if (size >= 1e9) {
        return plain_number(usd * 1e-9) + " bn";
    }
    if (size >= 1e6) {
        return plain_number(usd * 1e-6) + " m";
    }
    return plain_number(usd);
}

std::string duration_text(double s) {
    const double size = std::fabs(s);
    const auto whole = [](double x) { return std::fabs(x - std::round(x)) < 1e-9 * std::fabs(x); };
    if (s == 0.0) {
        return "0 s";
    }
    if (size >= 86400.0 && whole(s / 86400.0)) {
        return plain_number(s / 86400.0) + " d";
    }
    if (size >= 3600.0 && whole(s / 3600.0)) {
        return plain_number(s / 3600.0) + " h";
    }
    if (size >= 60.0 && whole(s / 60.0)) {
        return plain_number(s / 60.0) + " min";
    }
    if (size >= 1.0) {
        return plain_number(s) + " s";
    }
    if (size >= 1e-3) {
        return plain_number(s * 1e3) + " ms";
    }
    return plain_number(s * 1e6) + " us";
}

}  // namespace

std::string_view unit_name(Unit unit) {
    switch (unit) {
        case Unit::text:
            return "text";
        case Unit::choice:
            return "a word";
        case Unit::flag:
            return "true or false";
        case Unit::count:
            return "a whole number";
        case Unit::number:
            return "a number";
        case Unit::share:
            return "a share";
        case Unit::per_day:
            return "a share per day";
        case Unit::usd:
            return "an amount in USD";
        case Unit::usd_per_day:
            return "USD per day";
        case Unit::usd_per_second:
            return "USD per second";
        case Unit::duration:
            return "a duration";
        case Unit::time:
            return "a date and time";
        case Unit::amount:
            return "an amount in coins or USD";
    }
    return "a value";
}

std::string_view unit_example(Unit unit) {
    switch (unit) {
        case Unit::text:
            return "\"text\"";
        case Unit::choice:
            return "\"word\"";
        case Unit::flag:
            return "true";
        case Unit::count:
            return "30";
        case Unit::number:
            return "1.5";
        case Unit::share:
            return "\"4 %\"";
        case Unit::per_day:
            return "\"2.2 %/day\"";
        case Unit::usd:
            return "\"1.2 bn USD\"";
        case Unit::usd_per_day:
            return "\"60 bn USD/day\"";
        case Unit::usd_per_second:
            return "\"2.2 m USD/s\"";
        case Unit::duration:
            return "\"250 ms\"";
        case Unit::time:
            return "2025-11-03T00:00:00Z";
        case Unit::amount:
            return "\"9,000 BTC\"";
    }
    return "";
}

Dimension dimension_of(Unit unit) {
    switch (unit) {
        case Unit::share:
            return Dimension::ratio;
        case Unit::per_day:
            return Dimension::ratio_per_day;
        case Unit::usd:
            return Dimension::usd;
        case Unit::usd_per_day:
            return Dimension::usd_per_day;
        case Unit::usd_per_second:
            return Dimension::usd_per_second;
        case Unit::duration:
            return Dimension::time;
        case Unit::amount:
            return Dimension::coins;
        case Unit::text:
        case Unit::choice:
        case Unit::flag:
        case Unit::count:
        case Unit::number:
        case Unit::time:
            return Dimension::none;
    }
    return Dimension::none;
}

MeasureResult parse_measure(std::string_view text) {
    MeasureResult out;
    const std::string_view body = trim(text);
    const NumberText number = number_at_front(body);
    double value = 0.0;
    const auto read =
        std::from_chars(number.plain.data(), number.plain.data() + number.plain.size(), value);
    if (!number.problem.empty() || read.ec != std::errc{} || !std::isfinite(value)) {
        out.problem = number.problem.empty()
                          ? fmt::format("\"{}\" is not a number that can be counted", body)
                          : number.problem;
        return out;
    }
    std::string_view rest = trim(body.substr(number.length));
    Measure measure;
    measure.value = value;
    if (rest.empty()) {
        out.measure = measure;
        return out;
    }
    double factor = 1.0;
    const std::size_t space = rest.find(' ');
    if (space != std::string_view::npos) {
        const std::string_view word = rest.substr(0, space);
        bool known = false;
        for (const Magnitude& magnitude : magnitudes) {
            if (magnitude.word == word) {
                factor = magnitude.factor;
                known = true;
            }
        }
        if (!known) {
            out.problem = fmt::format("\"{}\" is neither k, m, bn nor tn", word);
            return out;
        }
        rest = trim(rest.substr(space));
    }
    if (const UnitWord* const unit = find_unit(rest)) {
        if (factor != 1.0 && unit->dimension != Dimension::usd &&
            unit->dimension != Dimension::usd_per_day &&
            unit->dimension != Dimension::usd_per_second) {
            out.problem =
                fmt::format("k, m, bn and tn go with USD or coins, not with \"{}\"", rest);
            return out;
        }
        // Division keeps "4 %" equal to 0.04, which a product with 0.01 does not promise.
        measure.value = unit->factor < 1.0 ? value / std::round(1.0 / unit->factor)
                                           : value * unit->factor * factor;
        measure.dimension = unit->dimension;
        out.measure = measure;
        return out;
    }
    if (is_coin(rest)) {
        measure.value = value * factor;
        measure.dimension = Dimension::coins;
        measure.coin = std::string{rest};
        out.measure = measure;
        return out;
    }
    out.problem = fmt::format("\"{}\" is not a unit", rest);
    if (rest == "m" || rest == "bn" || rest == "k") {
        out.hint = "minutes are \"min\"; millions are \"m USD\"";
    } else if (rest == "sec" || rest == "second" || rest == "seconds") {
        out.hint = "seconds are \"s\"";
    } else if (rest == "hours" || rest == "hour" || rest == "hr") {
        out.hint = "hours are \"h\"";
    } else if (rest == "days" || rest == "day") {
        out.hint = "days are \"d\"";
    } else if (rest == "$" || rest == "usd" || rest == "dollars") {
        out.hint = "dollars are \"USD\"";
    } else {
        out.hint =
            "units: % bp ppm, ns us ms s min h d, USD (with k m bn tn), %/day, USD/day, USD/s";
    }
    return out;
}

std::string format_measure(double value, Unit unit) {
    switch (unit) {
        case Unit::share:
            if (value != 0.0 && std::fabs(value) < 2e-4) {
                return plain_number(value * 1e4) + " bp";
            }
            return plain_number(value * 1e2) + " %";
        case Unit::per_day:
            return plain_number(value * 1e2) + " %/day";
        case Unit::usd:
            return usd_number(value) + " USD";
        case Unit::usd_per_day:
            return usd_number(value) + " USD/day";
        case Unit::usd_per_second:
            return usd_number(value) + " USD/s";
        case Unit::duration:
            return duration_text(value);
        case Unit::count:
            return fmt::format("{:.0f}", value);
        case Unit::number:
            return fmt::format("{:.12g}", value);
        case Unit::flag:
            return value != 0.0 ? "true" : "false";
        case Unit::time:
            return iso_utc(static_cast<std::int64_t>(value));
        case Unit::text:
        case Unit::choice:
        case Unit::amount:
            break;
    }
    return fmt::format("{:.12g}", value);
}

std::string format_toml(double value, Unit unit) {
    std::string text = format_measure(value, unit);
    switch (unit) {
        case Unit::count:
        case Unit::flag:
        case Unit::time:
        case Unit::number:
            return text;
        case Unit::text:
        case Unit::choice:
        case Unit::share:
        case Unit::per_day:
        case Unit::usd:
        case Unit::usd_per_day:
        case Unit::usd_per_second:
        case Unit::duration:
        case Unit::amount:
            break;
    }
    return "\"" + text + "\"";
}

std::string quote_toml(std::string_view text) {
    std::string out = "\"";
    for (const char c : text) {
        if (c == '"' || c == '\\') {
            out.push_back('\\');
            out.push_back(c);
        } else if (c == '\n') {
            out += "\\n";
        } else if (c == '\t') {
            out += "\\t";
        } else if (static_cast<unsigned char>(c) < 0x20 || c == 0x7F) {
            out += fmt::format("\\u{:04X}", static_cast<unsigned>(static_cast<unsigned char>(c)));
        } else {
            out.push_back(c);
        }
    }
    out.push_back('"');
    return out;
}

std::string iso_utc(std::int64_t unix_s) {
    // Civil date of a day count (Howard Hinnant's public algorithm).
    std::int64_t days = unix_s / 86'400;
    std::int64_t rest = unix_s % 86'400;
    if (rest < 0) {
        rest += 86'400;
        --days;
    }
    days += 719'468;
    const std::int64_t era = (days >= 0 ? days : days - 146'096) / 146'097;
    const std::int64_t doe = days - era * 146'097;
    const std::int64_t yoe = (doe - doe / 1460 + doe / 36'524 - doe / 146'096) / 365;
    const std::int64_t doy = doe - (365 * yoe + yoe / 4 - yoe / 100);
    const std::int64_t mp = (5 * doy + 2) / 153;
    const std::int64_t day = doy - (153 * mp + 2) / 5 + 1;
    const std::int64_t month = mp + (mp < 10 ? 3 : -9);
    const std::int64_t year = yoe + era * 400 + (month <= 2 ? 1 : 0);
    return fmt::format("{:04}-{:02}-{:02}T{:02}:{:02}:{:02}Z",
                       year,
                       month,
                       day,
                       rest / 3600,
                       rest / 60 % 60,
                       rest % 60);
}

std::optional<std::int64_t> parse_iso_utc(std::string_view given) {
    const std::string text{given};
    int year = 0;
    unsigned month = 0;
    unsigned day = 0;
    int hour = 0;
    int minute = 0;
    int second = 0;
    int read = 0;
    // NOLINTNEXTLINE(cert-err34-c): the length read and the ranges below tell whether it is one
    const int fields = std::sscanf(text.c_str(),
                                   "%4d-%2u-%2uT%2d:%2d:%2dZ%n",
                                   &year,
                                   &month,
                                   &day,
                                   &hour,
                                   &minute,
                                   &second,
                                   &read);
    const std::chrono::year_month_day date{
        std::chrono::year{year}, std::chrono::month{month}, std::chrono::day{day}};
    if (fields != 6 || static_cast<std::size_t>(read) != text.size() || !date.ok() || hour < 0 ||
        hour > 23 || minute < 0 || minute > 59 || second < 0 || second > 59) {
        return std::nullopt;
    }
    const auto days = std::chrono::sys_days{date}.time_since_epoch().count();
    return std::int64_t{days} * 86'400 + hour * 3'600 + minute * 60 + second;
}

}  // namespace margincall::inline scenario
