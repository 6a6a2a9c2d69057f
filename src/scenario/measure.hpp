// Measure: a value with its unit as people write it ("1.2 bn USD", "0.5 bp", "2.2 %/day"), read
// into base units (USD, fraction, seconds, coins) and written back in one canonical form.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace margincall::inline scenario {

// Units a field can have. The base unit that values are kept in is named behind each.
enum class Unit : std::uint8_t {
    text,            // as it is
    choice,          // one of a list of words
    flag,            // true or false
    count,           // whole number
    number,          // pure number
    share,           // fraction; "4 %", "0.5 bp", or a bare fraction
    per_day,         // fraction per day; "2.2 %/day"
    usd,             // USD; "1.2 bn USD"
    usd_per_day,     // USD per day; "60 bn USD/day"
    usd_per_second,  // USD per second; "2.2 m USD/s"
    duration,        // seconds; "250 ms", "8 h", "30 d"
    time,            // a TOML date and time, UTC
    amount,          // "9,000 BTC" or USD: of flows
};
[[nodiscard]] std::string_view unit_name(Unit unit);     // "a share"
[[nodiscard]] std::string_view unit_example(Unit unit);  // "\"4 %\""

enum class Dimension : std::uint8_t {
    none,
    ratio,
    ratio_per_day,
    usd,
    usd_per_day,
    usd_per_second,
    time,
    coins,
};
struct Measure {
    double value = 0.0;  // in base units
    Dimension dimension = Dimension::none;
    std::string coin;  // coins: which
};

struct MeasureResult {
    std::optional<Measure> measure;
    std::string problem;  // when there is none
    std::string hint;
};
[[nodiscard]] MeasureResult parse_measure(std::string_view text);

[[nodiscard]] Dimension dimension_of(Unit unit);
// Canonical text of a value in base units, e.g. "4 %", "1.2 bn USD"; 12 significant digits.
[[nodiscard]] std::string format_measure(double value, Unit unit);
// The same as a TOML value: in quotes unless the unit is a bare number.
[[nodiscard]] std::string format_toml(double value, Unit unit);

// Text as a TOML string.
[[nodiscard]] std::string quote_toml(std::string_view text);

// 2025-11-03T00:00:00Z from seconds since 1970.
[[nodiscard]] std::string iso_utc(std::int64_t unix_s);
// And back; nothing when it is none.
[[nodiscard]] std::optional<std::int64_t> parse_iso_utc(std::string_view text);

}  // namespace margincall::inline scenario
