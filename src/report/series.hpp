// The columns behind the report's pictures, on one time grid of at most a few thousand steps: the
// recorded bars of the reference venue, and sums over venues where a picture shows sums.
#pragma once

#include <array>
#include <cstdint>
#include <limits>
#include <optional>
#include <string>
#include <vector>

#include "analytics/market_view.hpp"

namespace margincall::inline report {

// Equal steps over the run; step k covers (k * step, (k + 1) * step] and is shown at its end.
struct TimeGrid {
    std::int64_t step_ns = 0;
    std::size_t count = 0;
    // Step that holds a time; times outside the run go to the first or last step.
    [[nodiscard]] std::size_t slot(std::int64_t time_ns) const;
};
// The bar step, or the smallest multiple of it that needs at most `steps_max` steps.
[[nodiscard]] TimeGrid time_grid(const Plan& plan,
                                 std::int64_t end_ns,
                                 std::size_t steps_max = 3000);

// Steps of a page's grid: as many as keep the curves of all coins under two megabytes, so that a page
// stays under three whatever was simulated. Lowest and highest prices of a step are kept.
[[nodiscard]] std::size_t page_steps(std::size_t assets);

// One value per step; NaN = no data.
inline constexpr double no_value = std::numeric_limits<double>::quiet_NaN();
using SeriesColumn = std::vector<double>;

struct BookSeries {
    SeriesColumn low, high, close, mark, index, spread_bps, funding_8h;
    std::array<SeriesColumn, 5> bid, ask;  // USD within 0.1, 0.5, 1, 2, 4 %
};
[[nodiscard]] BookSeries book_series(const MarketView& view,
                                     std::size_t instrument,
                                     const TimeGrid& grid);

// What the declared news and noise say the asset is worth (model.md 8), USD.
[[nodiscard]] SeriesColumn fair_value_series(const MarketView& view,
                                             std::size_t asset,
                                             const TimeGrid& grid);

struct LiquidationSeries {
    SeriesColumn long_true, short_true, long_reported, short_reported;  // USD per step, all venues
};
[[nodiscard]] LiquidationSeries liquidation_series(const MarketView& view,
                                                   std::size_t asset,
                                                   const TimeGrid& grid);

struct OpenInterestSeries {
    std::string venue;
    SeriesColumn usd;
};
[[nodiscard]] std::vector<OpenInterestSeries> open_interest_series(const MarketView& view,
                                                                   std::size_t asset,
                                                                   const TimeGrid& grid);

// End of the bar with the asset's lowest price in the day on the reference venue, spot before perp;
// nothing when neither traded.
[[nodiscard]] std::optional<std::int64_t> low_time(const MarketView& view, std::size_t asset);

}  // namespace margincall::inline report
