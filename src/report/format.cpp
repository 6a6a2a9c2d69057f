#include "report/format.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <cmath>

namespace margincall::inline report {
namespace {

std::string with_commas(std::string digits) {
    const std::size_t point = digits.find('.');
    std::size_t end = point == std::string::npos ? digits.size() : point;
    while (end > 3) {
        end -= 3;
        digits.insert(end, ",");
    }
    return digits;
}

// `text` is the magnitude; a value that is shown as zero has no sign.
std::string signed_text(double value, std::string_view text) {
    const bool shows_zero = text.find_first_of("123456789") == std::string_view::npos;
    return fmt::format("{}{}", value < 0 && !shows_zero ? minus_sign : "", text);
}

std::chrono::sys_days day_of(std::int64_t unix_s) {
    return std::chrono::floor<std::chrono::days>(
        std::chrono::sys_seconds{std::chrono::seconds{unix_s}});
}

}  // namespace

std::string format_money(double usd) {
    const double size = std::abs(usd);
    if (!std::isfinite(usd)) {
        return std::string{no_data};
    }
    if (size >= 0.9995e9) {
        return signed_text(usd, fmt::format("${:.2f} bn", size / 1e9));
    }
    if (size >= 0.9995e6) {
        return signed_text(usd, fmt::format("${:.1f} m", size / 1e6));
    }
    return signed_text(usd, "$" + with_commas(fmt::format("{:.0f}", size)));
}

std::string format_price(double usd) {
    if (!std::isfinite(usd)) {
        return std::string{no_data};
    }
    const double size = std::abs(usd);
    const int digits = size >= 1000 ? 0 : size >= 10 ? 2 : 4;
    return signed_text(usd, "$" + with_commas(fmt::format("{:.{}f}", size, digits)));
}

std::string format_percent(double fraction) {
    if (!std::isfinite(fraction)) {
        return std::string{no_data};
    }
    const double size = std::abs(fraction * 100);
    const int digits = size != 0 && size < 0.995 ? 2 : 1;
    return signed_text(fraction, fmt::format("{:.{}f} %", size, digits));
}

std::string format_rate(double fraction) {
    if (!std::isfinite(fraction)) {
        return std::string{no_data};
    }
    const std::string text = fmt::format("{:.4f} %", std::abs(fraction * 100));
    const std::string out = signed_text(fraction, text);
    return out == text && fraction > 0 ? "+" + out : out;
}

std::string format_count(double count) {
    if (!std::isfinite(count)) {
        return std::string{no_data};
    }
    return signed_text(count, with_commas(fmt::format("{:.0f}", std::abs(count))));
}

std::string format_metric(const MetricName& metric, std::optional<double> value) {
    if (!value) {
        return std::string{no_data};
    }
    switch (metric.unit) {
        case MetricUnit::usd_price:
            return format_price(*value);
        case MetricUnit::usd:
            return format_money(*value);
        case MetricUnit::fraction:
            return format_percent(*value);
        case MetricUnit::rate:
            return format_rate(*value);
        case MetricUnit::bps:
            return signed_text(*value, fmt::format("{:.2f} bps", std::abs(*value)));
        case MetricUnit::accounts:
        case MetricUnit::steps:
        case MetricUnit::fills:
            return format_count(*value);
        case MetricUnit::index:
            return fmt::format("{:.0f}", *value);
        case MetricUnit::ratio:
            return signed_text(*value, fmt::format("{:.2f}", std::abs(*value)));
        case MetricUnit::hours:
            return fmt::format("{:.2f} h", *value);
        case MetricUnit::minutes:
            return fmt::format("{:.1f} min", *value);
    }
    return std::string{no_data};
}

std::string format_utc_time(std::int64_t unix_s) {
    const std::int64_t of_day = unix_s - day_of(unix_s).time_since_epoch().count() * 86'400;
    return fmt::format("{:02}:{:02}", of_day / 3600, of_day / 60 % 60);
}

std::string format_utc(std::int64_t unix_s) {
    const std::chrono::year_month_day date{day_of(unix_s)};
    return fmt::format("{:04}-{:02}-{:02} {} UTC",
                       static_cast<int>(date.year()),
                       static_cast<unsigned>(date.month()),
                       static_cast<unsigned>(date.day()),
                       format_utc_time(unix_s));
}

std::string format_utc_day(std::int64_t unix_s) {
    static constexpr std::array<std::string_view, 12> months = {"January",
                                                                "February",
                                                                "March",
                                                                "April",
                                                                "May",
                                                                "June",
                                                                "July",
                                                                "August",
                                                                "September",
                                                                "October",
                                                                "November",
                                                                "December"};
    const std::chrono::year_month_day date{day_of(unix_s)};
    return fmt::format("{} {} {}",
                       static_cast<unsigned>(date.day()),
                       months[static_cast<unsigned>(date.month()) - 1],
                       static_cast<int>(date.year()));
}

std::size_t display_width(std::string_view text) {
    return static_cast<std::size_t>(std::ranges::count_if(
        text, [](char c) { return (static_cast<unsigned char>(c) & 0xC0U) != 0x80U; }));
}

std::string pad_left(std::string_view text, std::size_t width) {
    const std::size_t used = display_width(text);
    return std::string(used < width ? width - used : 0, ' ') + std::string{text};
}

std::string pad_right(std::string_view text, std::size_t width) {
    const std::size_t used = display_width(text);
    return std::string{text} + std::string(used < width ? width - used : 0, ' ');
}

}  // namespace margincall::inline report
