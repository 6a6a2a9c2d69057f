// How well indicators announce crashes over many runs (docs/warning.md; model 11.4): the area under the ROC curve, how
// long before, and how often for nothing.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "lab/seed_quantiles.hpp"
#include "lab/warning_track.hpp"

namespace margincall::inline lab {

// A minute is positive when a crash begins within the next two hours, and negative when the two hours after it are recorded
// and none does. Minutes from where a crash begins to two hours after its low are neither.
enum class MinuteKind : std::uint8_t { neither, negative, positive };
[[nodiscard]] std::vector<MinuteKind> minute_kinds(const WarningTrack& track,
                                                   std::span<const BigFall> falls);

// An alarm: five minutes in a row beyond the threshold, which is passed by 5 % of the negative minutes. Alarms less than an
// hour apart are one.
inline constexpr double alarm_share = 0.05;
inline constexpr std::size_t alarm_minutes = 5;
inline constexpr std::size_t alarm_apart = 60;
// Of fewer runs with a crash an interval says less than it seems to.
inline constexpr std::size_t interval_runs = 5;

struct IndicatorScore {
    std::size_t positives = 0, negatives = 0;  // minutes with a value
    // Chance that a positive minute shows more of the warning than a negative one, ties half (Mann and Whitney 1947);
    // 90 % interval by drawing runs with replacement, of interval_runs with a crash or more. Nothing without a positive
    // minute.
    std::optional<double> auc, auc_low, auc_high;
    std::optional<double> threshold;
    std::size_t crashes = 0;     // that it has values before
    std::size_t announced = 0;   // of them with an alarm in the two hours before
    SeedQuantiles lead_minutes;  // of these: from the first such alarm to where the crash begins
    std::optional<double> false_alarms_a_week;  // of negative minutes
};
struct WarningScores {
    std::size_t runs = 0, falls = 0, crashes = 0, runs_with_crash = 0;
    std::size_t minutes = 0, positive = 0, negative = 0;
    [[nodiscard]] std::optional<double> base_rate() const {
        return positive + negative > 0 ? std::optional{static_cast<double>(positive) /
                                                       static_cast<double>(positive + negative)}
                                       : std::nullopt;
    }
    std::array<IndicatorScore, warning_indicators.size()> indicators;
};
[[nodiscard]] WarningScores warning_scores(std::span<const WarningTrack> tracks);

[[nodiscard]] std::string warning_csv(const WarningScores& scores);
[[nodiscard]] nlohmann::ordered_json warning_json(const WarningScores& scores);

}  // namespace margincall::inline lab
