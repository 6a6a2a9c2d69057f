#include "report/reproduction_data.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <map>

#include "analytics/reproduction_figures.hpp"
#include "report/format.hpp"
#include "report/json_values.hpp"
#include "report/report_data.hpp"

namespace margincall::inline report {
namespace {

using ReproductionJson = nlohmann::ordered_json;
constexpr std::size_t coins_shown = 6;

void keep_largest(double& slot, double value) {
    if (std::isfinite(value) && !(slot >= value)) {
        slot = value;
    }
}

// The coins with the largest R of their own at any time, BTC always, by asset.
std::vector<std::uint32_t> shown_coins(const MarketView& view) {
    std::map<std::uint32_t, double> largest;
    for (const CoinReproductionRecord& r : view.recorder().coin_reproduction()) {
        if (r.fall == 0.0) {
            keep_largest(largest.try_emplace(r.asset, no_value).first->second, r.reproduction);
        }
    }
    std::vector<std::pair<double, std::uint32_t>> order;
    order.reserve(largest.size());
    for (const auto& [asset, value] : largest) {
        const double first = -std::numeric_limits<double>::infinity();
        order.emplace_back(asset == 0 ? first : -(std::isfinite(value) ? value : 0.0), asset);
    }
    std::ranges::stable_sort(order);
    order.resize(std::min(order.size(), coins_shown));
    std::vector<std::uint32_t> coins;
    coins.reserve(order.size());
    for (const auto& [value, asset] : order) {
        coins.push_back(asset);
    }
    std::ranges::sort(coins);
    return coins;
}

// When the lower prices were looked at.
std::vector<std::int64_t> curve_times(const MarketView& view) {
    std::vector<std::int64_t> times;
    for (const ReproductionRecord& r : view.recorder().reproduction()) {
        if (r.fall > 0.0 && (times.empty() || times.back() != r.time_ns)) {
            times.push_back(r.time_ns);
        }
    }
    return times;
}

ReproductionJson curve_json(const MarketView& view,
                            std::int64_t time_ns,
                            std::string_view label,
                            const std::vector<std::uint32_t>& coins) {
    ReproductionJson out;
    out["at_s"] = seconds_of(time_ns);
    out["label"] = label;
    SeriesColumn falls;
    SeriesColumn all;
    SeriesColumn stops;
    // The sample as prices stand is that of the bar that ended last.
    std::int64_t bar_ns = -1;
    for (const ReproductionRecord& r : view.recorder().reproduction()) {
        if (r.fall == 0.0 && r.time_ns <= time_ns) {
            bar_ns = r.time_ns;
        }
    }
    const auto belongs = [&](double fall, std::int64_t at) {
        return fall > 0.0 ? at == time_ns : at == bar_ns;
    };
    for (const ReproductionRecord& r : view.recorder().reproduction()) {
        if (belongs(r.fall, r.time_ns)) {
            falls.push_back(r.fall);
            all.push_back(r.reproduction);
            stops.push_back(r.reproduction_stop);
        }
    }
    out["fall"] = encode_column(falls);
    out["all"] = encode_column(all);
    out["with_stops"] = encode_column(stops);
    out["coins"] = ReproductionJson::array();
    for (const std::uint32_t coin : coins) {
        SeriesColumn own;
        for (const CoinReproductionRecord& r : view.recorder().coin_reproduction()) {
            if (r.asset == coin && belongs(r.fall, r.time_ns)) {
                own.push_back(r.reproduction);
            }
        }
        out["coins"].push_back(encode_column(own));
    }
    return out;
}

}  // namespace

ReproductionJson reproduction_json(const MarketView& view, const TimeGrid& grid) {
    const auto peak = reproduction_peak(view);
    if (!peak) {
        return nullptr;
    }
    const Plan& plan = view.plan();
    const std::vector<std::uint32_t> coins = shown_coins(view);
    SeriesColumn all(grid.count, no_value);
    SeriesColumn stops(grid.count, no_value);
    for (const ReproductionRecord& r : view.recorder().reproduction()) {
        if (r.fall == 0.0) {
            keep_largest(all[grid.slot(r.time_ns)], r.reproduction);
            keep_largest(stops[grid.slot(r.time_ns)], r.reproduction_stop);
        }
    }
    ReproductionJson out;
    out["max"] = peak->value;
    out["max_s"] = seconds_of(peak->time_ns);
    out["max_coin"] = plan.assets[peak->asset].name;
    out["all"] = encode_column(all);
    out["with_stops"] = encode_column(stops);
    out["coins"] = ReproductionJson::array();
    for (const std::uint32_t coin : coins) {
        SeriesColumn own(grid.count, no_value);
        for (const CoinReproductionRecord& r : view.recorder().coin_reproduction()) {
            if (r.asset == coin && r.fall == 0.0) {
                keep_largest(own[grid.slot(r.time_ns)], r.reproduction);
            }
        }
        out["coins"].push_back({{"name", plan.assets[coin].name}, {"own", encode_column(own)}});
    }
    out["curves"] = ReproductionJson::array();
    const std::vector<std::int64_t> times = curve_times(view);
    if (!times.empty()) {
        // Before, the last look before R was highest, and after.
        const auto later = std::ranges::upper_bound(times, peak->time_ns);
        const std::int64_t near = later == times.begin() ? times.front() : *std::prev(later);
        out["curves"].push_back(curve_json(view, times.front(), "before", coins));
        if (near != times.front() && near != times.back()) {
            out["curves"].push_back(curve_json(view, near, "when R was highest", coins));
        }
        if (times.size() > 1) {
            out["curves"].push_back(curve_json(view, times.back(), "after", coins));
        }
    }
    return out;
}

std::string reproduction_line(const MarketView& view) {
    const auto peak = reproduction_peak(view);
    if (!peak) {
        return {};
    }
    const Plan& plan = view.plan();
    const auto clock = [&](std::int64_t time_ns) {
        return format_utc_time(plan.start_unix_s + time_ns / 1'000'000'000);
    };
    std::string line = fmt::format("R at its highest: {:.2f} at {} ({})",
                                   peak->value,
                                   clock(peak->time_ns),
                                   plan.assets[peak->asset].name);
    if (const auto own = reproduction_peak(view, 0); own && peak->asset != 0) {
        line += fmt::format(
            "; {} alone {:.2f} at {}", plan.assets[0].name, own->value, clock(own->time_ns));
    }
    return line + "\n";
}

}  // namespace margincall::inline report
