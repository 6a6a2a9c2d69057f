// Figures of worlds that statements are judged by.
#include <algorithm>
#include <cmath>

#include "lab/judge.hpp"

namespace margincall::inline lab {
namespace {

constexpr std::size_t least_points = 2;
constexpr double level_band = 0.01;  // of the level, on each side
constexpr std::array placebo_distances = {
    -5000.0, -4000.0, -3000.0, -2000.0, 2000.0, 3000.0, 4000.0, 5000.0};

struct LevelSide {
    double usd = 0;
    std::size_t points = 0;
    [[nodiscard]] double rate() const {
        return points > 0 ? usd / static_cast<double>(points) : 0.0;
    }
};

// Below over above; nothing when the price was too little on either side, or nothing was forced above.
std::optional<double> ratio_at(const PathRow& row, double level) {
    const std::vector<float>& price = row.series.values[path_series_index("btc_price")];
    const std::vector<float>& forced = row.series.values[path_series_index("liquidated_usd")];
    LevelSide below;
    LevelSide above;
    for (std::size_t k = 1; k < std::min(price.size(), forced.size()); ++k) {
        const double at = price[k];
        const double flow = double{forced[k]} - double{forced[k - 1]};
        if (std::isnan(at) || std::isnan(flow) || std::abs(at / level - 1.0) > level_band) {
            continue;
        }
        LevelSide& side = at < level ? below : above;
        side.usd += flow;
        ++side.points;
    }
    if (below.points < least_points || above.points < least_points || above.rate() <= 0.0) {
        return std::nullopt;
    }
    return below.rate() / above.rate();
}

}  // namespace

LevelRatio forced_flow_at(std::span<const PathRow> worlds, double level_usd) {
    LevelRatio out;
    for (const PathRow& row : worlds) {
        if (const auto ratio = ratio_at(row, level_usd)) {
            out.at.push_back(*ratio);
        }
        for (const double away : placebo_distances) {
            if (const auto ratio = ratio_at(row, level_usd + away)) {
                out.placebo.push_back(*ratio);
            }
        }
    }
    return out;
}

}  // namespace margincall::inline lab
