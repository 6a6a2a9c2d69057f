// The few curves of a run that bands over many paths are made of: values on a coarse grid of time, small
// enough to keep for every path.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

#include "plan/plan.hpp"
#include "record/memory_recorder.hpp"
#include "record/run_db.hpp"
#include "sim/metrics.hpp"

namespace margincall::inline analytics {

struct PathSeriesName {
    std::string_view name;
    std::string_view unit;
    std::string_view label;
};
inline constexpr std::array path_series_names = {
    PathSeriesName{"btc_price", "USD per coin", "BTC, spot, reference venue"},
    PathSeriesName{"eth_price", "USD per coin", "ETH, spot, reference venue"},
    PathSeriesName{"btc_depth_bid_1pct", "USD", "BTC bids within 1 %, all books"},
    PathSeriesName{"btc_open_interest", "coins", "BTC open interest, all perps"},
    PathSeriesName{"liquidated_usd", "USD", "liquidated so far (true), all perps"},
    PathSeriesName{"fund_usd", "USD", "insurance funds, cash of all venues"},
};

// Row of path_series_names; the name must be one of them.
[[nodiscard]] consteval std::size_t path_series_index(std::string_view name) {
    for (std::size_t i = 0; i < path_series_names.size(); ++i) {
        if (path_series_names[i].name == name) {
            return i;
        }
    }
    throw name;  // no such curve: does not compile
}

// values[s][k] of path_series_names[s] at (k + 1) * step after the start; NaN = no data.
struct PathSeries {
    std::int64_t step_ns = 0;
    std::vector<std::vector<float>> values;
};

// Points of a grid: the smallest whole number of bars a step that gives no more than this.
inline constexpr std::int64_t path_series_points = 200;

[[nodiscard]] PathSeries path_series(const Plan& plan, const MemoryRecorder& recorder);

// One curve over many paths: the quantiles at every step, NaN where no path has a value. `paths`
// hold one curve each, on one grid.
struct SeriesBand {
    std::vector<float> p05, p25, p50, p75, p95;
};
[[nodiscard]] SeriesBand series_band(const std::vector<const std::vector<float>*>& paths);

// What a run of many paths shows beside its summary.
struct PathFigures {
    std::uint64_t seed = 0;
    std::uint64_t digest = 0;
    std::vector<std::optional<double>> metrics;  // one per row of metric_names
};
struct PathBands {
    std::int64_t step_ns = 0;
    std::vector<SeriesBand> series;  // one per row of path_series_names
    std::vector<PathFigures> paths;  // in their order
};

// The same as rows for run.db.
[[nodiscard]] PathTables path_tables(const PathBands& bands);

}  // namespace margincall::inline analytics
