#include "lab/seed_quantiles.hpp"

#include <algorithm>
#include <cmath>
#include <nlohmann/json.hpp>
#include <numeric>

#include "analytics/quantiles.hpp"
#include "analytics/run_difference.hpp"
#include "base/check.hpp"

namespace margincall::inline lab {

SeedQuantiles seed_quantiles(std::vector<double> values) {
    std::ranges::sort(values);
    const bool bounded = std::ranges::all_of(values, [](double v) { return std::isfinite(v); });
    // Between a number and none no line can be drawn: then the order statistic below.
    const auto at = [&](double p) -> std::optional<double> {
        if (bounded || values.empty()) {
            return quantile(values, p);
        }
        return values[static_cast<std::size_t>(p * static_cast<double>(values.size() - 1))];
    };
    return {.n = static_cast<std::int64_t>(values.size()),
            .p05 = at(0.05),
            .p25 = at(0.25),
            .p50 = at(0.5),
            .p75 = at(0.75),
            .p95 = at(0.95),
            .se = bounded ? median_error(values) : std::nullopt};
}

nlohmann::ordered_json seed_quantiles_json(const SeedQuantiles& values) {
    using Json = nlohmann::ordered_json;
    const auto number = [](const std::optional<double>& value) {
        return value && std::isfinite(*value) ? Json(*value) : Json(nullptr);
    };
    return {{"n", values.n},
            {"p05", number(values.p05)},
            {"p25", number(values.p25)},
            {"p50", number(values.p50)},
            {"p75", number(values.p75)},
            {"p95", number(values.p95)},
            {"se", number(values.se)}};
}

MeanSpread mean_spread(std::vector<double> values) {
    MeanSpread out;
    out.n = values.size();
    if (values.empty()) {
        return out;
    }
    std::ranges::sort(values);
    out.p05 = *quantile(values, 0.05);
    out.p50 = *quantile(values, 0.50);
    out.p95 = *quantile(values, 0.95);
    const auto n = static_cast<double>(out.n);
    for (const double value : values) {
        out.mean += value / n;
    }
    double squares = 0;
    for (const double value : values) {
        squares += (value - out.mean) * (value - out.mean);
    }
    out.se = out.n > 1 ? std::sqrt(squares / (n - 1.0) / n) : 0.0;
    return out;
}

namespace {

// mean +- t se x factor.
std::optional<SpreadInterval> student_interval(const MeanSpread& spread, double factor) {
    if (spread.n < 2) {
        return std::nullopt;
    }
    const double half =
        student_quantile(0.95, static_cast<double>(spread.n - 1)) * spread.se * factor;
    return SpreadInterval{spread.mean - half, spread.mean + half};
}

}  // namespace

std::optional<SpreadInterval> mean_interval(const MeanSpread& spread) {
    return student_interval(spread, 1.0);
}

std::optional<SpreadInterval> prediction_interval(const MeanSpread& spread) {
    return student_interval(spread, std::sqrt(static_cast<double>(spread.n) + 1.0));
}

nlohmann::ordered_json mean_spread_json(const MeanSpread& spread) {
    if (spread.n == 0) {
        return nullptr;
    }
    nlohmann::ordered_json out{{"mean", spread.mean},
                               {"p05", spread.p05},
                               {"p50", spread.p50},
                               {"p95", spread.p95},
                               {"se", spread.se},
                               {"n", spread.n},
                               {"next_low", nullptr},
                               {"next_high", nullptr}};
    if (const std::optional<SpreadInterval> next = prediction_interval(spread)) {
        out["next_low"] = next->low;
        out["next_high"] = next->high;
    }
    return out;
}

MeanSpread mean_spread_of(const nlohmann::ordered_json& from) {
    if (from.is_null()) {
        return {};
    }
    return {from.at("n").get<std::size_t>(),
            from.at("p05").get<double>(),
            from.at("p50").get<double>(),
            from.at("p95").get<double>(),
            from.at("mean").get<double>(),
            from.at("se").get<double>()};
}

std::optional<double> correlation_of(std::span<const double> x, std::span<const double> y) {
    CHECK(x.size() == y.size());
    constexpr std::size_t pairs_least = 3;
    if (x.size() < pairs_least) {
        return std::nullopt;
    }
    const auto mean = [](std::span<const double> v) {
        return std::accumulate(v.begin(), v.end(), 0.0) / static_cast<double>(v.size());
    };
    const double x_mean = mean(x);
    const double y_mean = mean(y);
    double xx = 0.0;
    double yy = 0.0;
    double xy = 0.0;
    for (std::size_t k = 0; k < x.size(); ++k) {
        xx += (x[k] - x_mean) * (x[k] - x_mean);
        yy += (y[k] - y_mean) * (y[k] - y_mean);
        xy += (x[k] - x_mean) * (y[k] - y_mean);
    }
    return xx > 0.0 && yy > 0.0 ? std::optional{xy / std::sqrt(xx * yy)} : std::nullopt;
}

}  // namespace margincall::inline lab
