// Numbers as people read them: $1.93 bn, −7.2 %, $98,944, 473,500. One place, so that terminal,
// report and documentation agree. Times are UTC.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "market/order.hpp"
#include "sim/metrics.hpp"

namespace margincall::inline report {

inline constexpr std::string_view no_data = "—";
inline constexpr std::string_view minus_sign = "\u2212";

[[nodiscard]] std::string format_money(double usd);         // $1.93 bn, −$1.20 m, $950
[[nodiscard]] std::string format_price(double usd);         // $98,944, $3,057, $1.26
[[nodiscard]] std::string format_percent(double fraction);  // −7.2 %, 80.3 %
[[nodiscard]] std::string format_rate(double fraction);     // +0.0058 %
[[nodiscard]] std::string format_count(double count);       // 473,500
// As the metric's unit wants it; "—" without a value.
[[nodiscard]] std::string format_metric(const MetricName& metric, std::optional<double> value);

[[nodiscard]] std::string format_utc(std::int64_t unix_s);       // 2025-11-04 21:35 UTC
[[nodiscard]] std::string format_utc_day(std::int64_t unix_s);   // 4 November 2025
[[nodiscard]] std::string format_utc_time(std::int64_t unix_s);  // 21:35

// Of a position: long or short.
[[nodiscard]] constexpr const char* side_word(Side side) {
    return side == Side::buy ? "long" : "short";
}

// Columns of a fixed-width terminal: counts code points, not bytes.
[[nodiscard]] std::size_t display_width(std::string_view text);
[[nodiscard]] std::string pad_left(std::string_view text, std::size_t width);
[[nodiscard]] std::string pad_right(std::string_view text, std::size_t width);

}  // namespace margincall::inline report
