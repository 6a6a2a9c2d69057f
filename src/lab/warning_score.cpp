#include "lab/warning_score.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <nlohmann/json.hpp>

#include "analytics/quantiles.hpp"
#include "base/check.hpp"
#include "base/random.hpp"

namespace margincall::inline lab {
namespace {

using Json = nlohmann::ordered_json;

constexpr std::size_t resamples = 400;
constexpr std::uint64_t resample_seed = 114;  // of the model's section; any constant
constexpr double minutes_a_week = 7.0 * 24.0 * 60.0;

struct Run {
    std::vector<MinuteKind> kinds;
    std::vector<BigFall> falls;
};

// Positive minutes of run i over negative ones of run j: how often more, ties half.
class RankTable {
  public:
    RankTable(std::span<const WarningTrack> tracks, std::span<const Run> runs, std::size_t row)
        : n_(tracks.size()), wins_(n_ * n_, 0.0), positives_(n_, 0.0), negatives_(n_, 0.0) {
        std::vector<std::vector<double>> positive(n_), negative(n_);
        const double sign = warning_indicators[row].sign;
        for (std::size_t i = 0; i < n_; ++i) {
            for (std::size_t m = 0; m < tracks[i].minutes(); ++m) {
                const double value = sign * tracks[i].values[row][m];
                if (std::isnan(value)) {
                    continue;
                }
                if (runs[i].kinds[m] == MinuteKind::positive) {
                    positive[i].push_back(value);
                } else if (runs[i].kinds[m] == MinuteKind::negative) {
                    negative[i].push_back(value);
                }
            }
            positives_[i] = static_cast<double>(positive[i].size());
            negatives_[i] = static_cast<double>(negative[i].size());
            std::ranges::sort(negative[i]);
        }
        for (std::size_t i = 0; i < n_; ++i) {
            for (const double value : positive[i]) {
                for (std::size_t j = 0; j < n_; ++j) {
                    const auto [first, last] = std::ranges::equal_range(negative[j], value);
                    wins_[i * n_ + j] += static_cast<double>(first - negative[j].begin()) +
                                         0.5 * static_cast<double>(last - first);
                }
            }
        }
    }
    [[nodiscard]] std::size_t runs_with_positives() const {
        return static_cast<std::size_t>(
            std::ranges::count_if(positives_, [](double n) { return n > 0.0; }));
    }
    // Run i counts weights[i] times.
    [[nodiscard]] std::optional<double> auc(std::span<const double> weights) const {
        double wins = 0.0;
        double positive = 0.0;
        double negative = 0.0;
        for (std::size_t i = 0; i < n_; ++i) {
            positive += weights[i] * positives_[i];
            negative += weights[i] * negatives_[i];
            if (weights[i] == 0.0 || positives_[i] == 0.0) {
                continue;
            }
            for (std::size_t j = 0; j < n_; ++j) {
                wins += weights[i] * weights[j] * wins_[i * n_ + j];
            }
        }
        return positive > 0.0 && negative > 0.0 ? std::optional{wins / (positive * negative)}
                                                : std::nullopt;
    }

  private:
    std::size_t n_;
    std::vector<double> wins_;
    std::vector<double> positives_, negatives_;
};

// Minutes at which an alarm begins: alarm_minutes in a row beyond the threshold, at the last of them.
std::vector<std::size_t> alarms_of(const std::vector<double>& values,
                                   double sign,
                                   double threshold) {
    std::vector<std::size_t> out;
    std::size_t row = 0;
    std::optional<std::size_t> sounding;  // the last minute of the alarm before
    for (std::size_t m = 0; m < values.size(); ++m) {
        row = sign * values[m] > threshold ? row + 1 : 0;  // NaN is not
        if (row < alarm_minutes) {
            continue;
        }
        if (!sounding || m - *sounding > alarm_apart) {
            out.push_back(m);
        }
        sounding = m;
    }
    return out;
}

IndicatorScore score_of(std::span<const WarningTrack> tracks,
                        std::span<const Run> runs,
                        std::size_t row) {
    IndicatorScore out;
    const double sign = warning_indicators[row].sign;
    std::vector<double> quiet;
    for (std::size_t i = 0; i < tracks.size(); ++i) {
        for (std::size_t m = 0; m < tracks[i].minutes(); ++m) {
            const double value = sign * tracks[i].values[row][m];
            if (std::isnan(value)) {
                continue;
            }
            if (runs[i].kinds[m] == MinuteKind::negative) {
                quiet.push_back(value);
            }
            out.positives += runs[i].kinds[m] == MinuteKind::positive ? std::size_t{1} : 0;
        }
    }
    out.negatives = quiet.size();
    if (quiet.empty()) {
        return out;
    }
    std::ranges::sort(quiet);
    const double threshold = *quantile(quiet, 1.0 - alarm_share);
    out.threshold = sign * threshold;
    const RankTable table(tracks, runs, row);
    std::vector<double> weights(tracks.size(), 1.0);
    out.auc = table.auc(weights);
    if (out.auc && table.runs_with_positives() >= interval_runs) {
        Rng rng{resample_seed, row, Purpose::choice};
        std::vector<double> drawn;
        for (std::size_t k = 0; k < resamples; ++k) {
            weights.assign(tracks.size(), 0.0);
            for (std::size_t i = 0; i < tracks.size(); ++i) {
                weights[rng.below(tracks.size())] += 1.0;
            }
            if (const auto auc = table.auc(weights)) {
                drawn.push_back(*auc);
            }
        }
        std::ranges::sort(drawn);
        out.auc_low = quantile(drawn, 0.05);
        out.auc_high = quantile(drawn, 0.95);
    }
    std::vector<double> leads;
    std::size_t false_alarms = 0;
    for (std::size_t i = 0; i < tracks.size(); ++i) {
        const std::vector<double>& values = tracks[i].values[row];
        const std::vector<std::size_t> alarms = alarms_of(values, sign, threshold);
        false_alarms += static_cast<std::size_t>(std::ranges::count_if(
            alarms, [&](std::size_t m) { return runs[i].kinds[m] == MinuteKind::negative; }));
        for (const BigFall& fall : runs[i].falls) {
            const std::size_t from = fall.onset > crash_minutes ? fall.onset - crash_minutes : 0;
            const auto before = std::span(values).subspan(from, fall.onset - from);
            if (!fall.crash() ||
                std::ranges::all_of(before, [](double v) { return std::isnan(v); })) {
                continue;
            }
            ++out.crashes;
            // An alarm that sounds then counts, also one that began before.
            const auto inside =
                alarms_of(std::vector<double>(before.begin(), before.end()), sign, threshold);
            if (!inside.empty()) {
                ++out.announced;
                leads.push_back(static_cast<double>(fall.onset - from - inside.front()));
            }
        }
    }
    out.lead_minutes = seed_quantiles(std::move(leads));
    out.false_alarms_a_week =
        static_cast<double>(false_alarms) / static_cast<double>(out.negatives) * minutes_a_week;
    return out;
}

Json json_number(const std::optional<double>& value) {
    return value ? Json(*value) : Json(nullptr);
}

}  // namespace

std::vector<MinuteKind> minute_kinds(const WarningTrack& track, std::span<const BigFall> falls) {
    const std::size_t n = track.minutes();
    std::vector<MinuteKind> out(n, MinuteKind::neither);
    for (std::size_t m = 0; m + crash_minutes < n; ++m) {
        out[m] = std::isnan(track.price[m]) ? MinuteKind::neither : MinuteKind::negative;
    }
    for (const BigFall& fall : falls) {
        if (!fall.crash()) {
            continue;
        }
        const std::size_t from = fall.onset > crash_minutes ? fall.onset - crash_minutes : 0;
        for (std::size_t m = from; m < fall.onset; ++m) {
            out[m] = MinuteKind::positive;
        }
        for (std::size_t m = fall.onset; m < std::min(n, fall.low + crash_minutes); ++m) {
            out[m] = MinuteKind::neither;
        }
    }
    return out;
}

WarningScores warning_scores(std::span<const WarningTrack> tracks) {
    WarningScores out;
    out.runs = tracks.size();
    std::vector<Run> runs;
    for (const WarningTrack& track : tracks) {
        Run run;
        run.falls = big_falls(track);
        run.kinds = minute_kinds(track, run.falls);
        const auto crashes = static_cast<std::size_t>(
            std::ranges::count_if(run.falls, [](const BigFall& fall) { return fall.crash(); }));
        out.falls += run.falls.size();
        out.crashes += crashes;
        out.runs_with_crash += crashes > 0 ? 1 : 0;
        out.minutes += track.minutes();
        out.positive +=
            static_cast<std::size_t>(std::ranges::count(run.kinds, MinuteKind::positive));
        out.negative +=
            static_cast<std::size_t>(std::ranges::count(run.kinds, MinuteKind::negative));
        runs.push_back(std::move(run));
    }
    for (std::size_t row = 0; row < warning_indicators.size(); ++row) {
        out.indicators[row] = score_of(tracks, runs, row);
    }
    return out;
}

nlohmann::ordered_json warning_json(const WarningScores& scores) {
    Json out{{"runs", scores.runs},
             {"minutes", scores.minutes},
             {"falls", scores.falls},
             {"crashes", scores.crashes},
             {"runs_with_crash", scores.runs_with_crash},
             {"positive_minutes", scores.positive},
             {"negative_minutes", scores.negative},
             {"base_rate", json_number(scores.base_rate())},
             {"indicators", Json::array()}};
    for (std::size_t k = 0; k < warning_indicators.size(); ++k) {
        const Indicator& indicator = warning_indicators[k];
        const IndicatorScore& score = scores.indicators[k];
        out["indicators"].push_back(
            {{"name", indicator.name},
             {"label", indicator.label},
             {"unit", indicator.unit},
             {"warns_when", indicator.sign > 0 ? "high" : "low"},
             {"positives", score.positives},
             {"negatives", score.negatives},
             {"auc", json_number(score.auc)},
             {"auc_low", json_number(score.auc_low)},
             {"auc_high", json_number(score.auc_high)},
             {"threshold", json_number(score.threshold)},
             {"crashes", score.crashes},
             {"announced", score.announced},
             {"lead_minutes", seed_quantiles_json(score.lead_minutes)},
             {"false_alarms_a_week", json_number(score.false_alarms_a_week)}});
    }
    return out;
}

std::string warning_csv(const WarningScores& scores) {
    std::string out =
        "indicator,unit,warns_when,auc,auc_low,auc_high,threshold,crashes,announced,lead_minutes,"
        "false_alarms_a_week,positives,negatives\n";
    const auto text = [](const std::optional<double>& value) {
        return value ? fmt::format("{:.6g}", *value) : std::string{};
    };
    for (std::size_t k = 0; k < warning_indicators.size(); ++k) {
        const Indicator& indicator = warning_indicators[k];
        const IndicatorScore& score = scores.indicators[k];
        out += fmt::format("{},{},{},{},{},{},{},{},{},{},{},{},{}\n",
                           indicator.name,
                           indicator.unit,
                           indicator.sign > 0 ? "high" : "low",
                           text(score.auc),
                           text(score.auc_low),
                           text(score.auc_high),
                           text(score.threshold),
                           score.crashes,
                           score.announced,
                           text(score.lead_minutes.p50),
                           text(score.false_alarms_a_week),
                           score.positives,
                           score.negatives);
    }
    return out;
}

}  // namespace margincall::inline lab
