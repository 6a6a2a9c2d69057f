#include "cli/moment_option.hpp"

#include <fmt/format.h>

#include <cmath>

#include "scenario/measure.hpp"

namespace margincall::inline cli {
namespace {

std::expected<double, std::string> measured(std::string_view text,
                                            Dimension wanted,
                                            const char* example) {
    const MeasureResult result = parse_measure(text);
    if (!result.measure || result.measure->dimension != wanted ||
        !std::isfinite(result.measure->value)) {
        return std::unexpected(fmt::format("\"{}\" is not like {}", text, example));
    }
    return result.measure->value;
}

}  // namespace

std::expected<SimTime, std::string> parse_moment(std::string_view text, const Plan& plan) {
    double seconds_in = 0.0;
    if (const auto unix_s = parse_iso_utc(text)) {
        seconds_in = static_cast<double>(*unix_s - plan.start_unix_s);
    } else {
        const auto since = measured(
            text, Dimension::time, "\"2025-10-10T20:50:00Z\" or \"45 h\" (since the start)");
        if (!since) {
            return std::unexpected(since.error());
        }
        seconds_in = *since;
    }
    const double length = to_seconds(plan.length);
    if (seconds_in < 0.0 || seconds_in >= length) {
        return std::unexpected(fmt::format("{} lies outside the scenario, which runs from {} to {}",
                                           text,
                                           iso_utc(plan.start_unix_s),
                                           iso_utc(plan.start_unix_s + std::llround(length))));
    }
    return SimTime{} + seconds(std::llround(seconds_in));
}

std::expected<Duration, std::string> parse_length(std::string_view text) {
    const auto value = measured(text, Dimension::time, "\"30 min\"");
    if (!value) {
        return std::unexpected(value.error());
    }
    constexpr double longest = 366.0 * 86'400.0;
    if (*value < 1.0 || *value > longest) {
        return std::unexpected(fmt::format("{} is not between 1 s and a year", text));
    }
    return seconds(std::llround(*value));
}

std::expected<double, std::string> parse_dollars(std::string_view text) {
    const auto value = measured(text, Dimension::usd, "\"200 m USD\"");
    if (!value) {
        return std::unexpected(value.error());
    }
    constexpr double least = 1e3;
    constexpr double most = 1e12;
    if (*value < least || *value > most) {
        return std::unexpected(fmt::format("{} is not between 1 k USD and 1,000 bn USD", text));
    }
    return *value;
}

}  // namespace margincall::inline cli
