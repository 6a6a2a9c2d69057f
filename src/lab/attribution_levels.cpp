// Actual, minimum, end of what has a value at every moment, in the worlds with everything in.
#include <algorithm>
#include <array>
#include <cmath>

#include "analytics/path_series.hpp"
#include "lab/attribution.hpp"

namespace margincall::inline lab {
namespace {

constexpr std::array level_rows = {path_series_index("btc_price"),
                                   path_series_index("eth_price"),
                                   path_series_index("btc_depth_bid_1pct"),
                                   path_series_index("btc_open_interest"),
                                   path_series_index("fund_usd")};

LevelSpread level_of(std::size_t series, std::span<const PathRow* const> worlds) {
    std::vector<double> start;
    std::vector<double> minimum;
    std::vector<double> end;
    for (const PathRow* const world : worlds) {
        std::vector<float> known = world->series.values[series];
        std::erase_if(known, [](float value) { return std::isnan(value); });
        if (!known.empty()) {
            start.push_back(double{known.front()});
            minimum.push_back(double{std::ranges::min(known)});
            end.push_back(double{known.back()});
        }
    }
    const PathSeriesName& name = path_series_names[series];
    return {name.name,
            name.label,
            name.unit,
            mean_spread(std::move(start)),
            mean_spread(std::move(minimum)),
            mean_spread(std::move(end))};
}

}  // namespace

std::vector<LevelSpread> level_spreads(std::span<const PathRow* const> worlds) {
    std::vector<LevelSpread> out;
    for (const std::size_t series : level_rows) {
        LevelSpread level = level_of(series, worlds);
        if (level.start.n > 0) {
            out.push_back(level);
        }
    }
    return out;
}

}  // namespace margincall::inline lab
