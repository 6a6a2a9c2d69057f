#include "lab/attribution_outcomes.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <string_view>

#include "scenario/measure.hpp"

namespace margincall::inline lab {
namespace {

constexpr double price_unit = 1e-9;  // of a fraction
constexpr int fixed_times = 4;

std::optional<std::int64_t> whole(std::optional<double> value, double scale) {
    return value ? std::optional{static_cast<std::int64_t>(std::llround(*value / scale))}
                 : std::nullopt;
}

AttributionOutcome of_metric(
    std::string name, std::string_view metric, std::string unit, double scale, bool price) {
    AttributionOutcome out;
    out.name = std::move(name);
    out.label = metric_names[static_cast<std::size_t>(metric_index(metric))].label;
    out.unit = std::move(unit);
    out.when = price ? "at the low of the window" : "over the window";
    out.scale = scale;
    out.price = price;
    out.value = [metric, scale](const PathRow& world, const Plan& /*plan*/) {
        return whole(world.summary.metric(metric).value, scale);
    };
    return out;
}

// The curve's value at a time after the start, at the grid point at or before it.
std::optional<double> at_time(const PathRow& row, std::size_t series_row, Duration when) {
    const PathSeries& series = row.series;
    const std::int64_t k = series.step_ns > 0 ? when.raw() / series.step_ns - 1 : -1;
    const std::vector<float>& curve = series.values[series_row];
    if (k < 0 || static_cast<std::size_t>(k) >= curve.size() ||
        std::isnan(curve[static_cast<std::size_t>(k)])) {
        return std::nullopt;
    }
    return double{curve[static_cast<std::size_t>(k)]};
}

AttributionOutcome fall_at(Duration when, std::string moment, int number) {
    AttributionOutcome out;
    out.name = fmt::format("btc_fall_{}", number);
    out.label = "BTC against its open";
    out.unit = "fraction";
    out.when = std::move(moment);
    out.scale = price_unit;
    out.price = true;
    out.value = [when](const PathRow& row, const Plan& /*plan*/) {
        const auto price = at_time(row, path_series_index("btc_price"), when);
        const auto first = row.summary.metric("btc_open").value;
        return price && first ? whole(*price / *first - 1.0, price_unit) : std::nullopt;
    };
    return out;
}

AttributionOutcome forced_by(Duration when, std::string moment, int number) {
    AttributionOutcome out;
    out.name = fmt::format("liquidated_{}", number);
    out.label = "liquidated so far (true)";
    out.unit = "USD";
    out.when = std::move(moment);
    out.value = [when](const PathRow& row, const Plan& plan) {
        const auto now = at_time(row, path_series_index("liquidated_usd"), when);
        const auto before = at_time(row, path_series_index("liquidated_usd"), plan.day_from);
        return now ? whole(*now - before.value_or(0.0), 1.0) : std::nullopt;
    };
    return out;
}

// Cash of all funds at the first point of the curve less the least from there on.
AttributionOutcome fund_draw() {
    AttributionOutcome out;
    out.name = "fund_draw";
    out.label = "insurance funds: most that they were down";
    out.unit = "USD";
    out.when = "over the run";
    out.value = [](const PathRow& row, const Plan& /*plan*/) -> std::optional<std::int64_t> {
        const std::vector<float>& curve = row.series.values[path_series_index("fund_usd")];
        std::optional<double> first;
        std::optional<double> least;
        for (const float value : curve) {
            if (!std::isnan(value)) {
                first = first.value_or(double{value});
                least = std::min(least.value_or(double{value}), double{value});
            }
        }
        return first ? whole(*first - *least, 1.0) : std::nullopt;
    };
    return out;
}

}  // namespace

std::optional<double> AttributionOutcome::figure(const PathRow& row, const Plan& plan) const {
    const std::optional<std::int64_t> whole = value(row, plan);
    return whole ? std::optional{static_cast<double>(*whole) * scale} : std::nullopt;
}

std::vector<AttributionOutcome> outcomes_of(const Plan& plan) {
    std::vector<AttributionOutcome> out = {
        of_metric("btc_fall", "btc_fall_open_to_low", "fraction", price_unit, true),
        of_metric("eth_fall", "eth_fall_open_to_low", "fraction", price_unit, true),
        of_metric("liquidated", "liquidated_true_usd", "USD", 1.0, false),
        of_metric("accounts", "accounts_true", "accounts", 1.0, false),
        fund_draw(),
        of_metric("adl", "adl_usd", "USD", 1.0, false)};
    for (int k = 1; k <= fixed_times; ++k) {
        const Duration when =
            plan.day_from + nanoseconds((plan.day_to - plan.day_from).raw() / fixed_times * k);
        const std::string moment = iso_utc(plan.start_unix_s + when.raw() / 1'000'000'000);
        out.push_back(fall_at(when, moment, k));
        out.push_back(forced_by(when, moment, k));
    }
    return out;
}

}  // namespace margincall::inline lab
