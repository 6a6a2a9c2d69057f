// Figures of the gates of price formation (docs/gates.md): how prices fell, how minutes looked, what
// stood in the books. The first half are rules over plain series, the second half takes them from the
// recorded bars of a run. Falls are negative; all values in percent or billions of dollars, as their
// unit says.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "analytics/market_view.hpp"
#include "analytics/summary.hpp"

namespace margincall::inline analytics {

struct PricePoint {
    double second = 0;  // after the start, end of the bar
    double value = 0;
};
using PriceLine = std::vector<PricePoint>;

// Of `now` against `before`, percent.
[[nodiscard]] double change_percent(double now, double before);
// The last value at or before a second; nothing before the first.
[[nodiscard]] std::optional<double> value_at(std::span<const PricePoint> line, double second);
// The points of [from, to].
[[nodiscard]] std::span<const PricePoint> part_of(std::span<const PricePoint> line,
                                                  double from,
                                                  double to);
// The first of the lowest points; nothing of no points.
[[nodiscard]] std::optional<PricePoint> lowest_of(std::span<const PricePoint> line);
// The deepest fall from a point to one at most `window` seconds later, percent; 0 when nothing fell.
[[nodiscard]] std::optional<double> steepest_fall(std::span<const PricePoint> line, double window);
// From the lowest point to the highest of the `window` seconds after it, percent.
[[nodiscard]] std::optional<double> rebound_after_low(std::span<const PricePoint> line,
                                                      double window);
// The longest time in which every point lies below `limit`, seconds: a point stands for the step before
// it.
[[nodiscard]] double longest_below(std::span<const PricePoint> line, double limit, double step);

struct PriceMinute {
    double second = 0;  // its end
    double open = 0, high = 0, low = 0, close = 0;
};
// Shares of the range of falling minutes (close below open), in parts of one. Nothing without one.
struct MinuteShape {
    double lower_wick = 0;  // (close - low) over (high - low), of the sums
    double close_open = 0;  // (open - close) over (high - low), of the sums
};
[[nodiscard]] std::optional<MinuteShape> falling_minutes(std::span<const PriceMinute> minutes);
// Whole minutes of bars no longer than one; of a book's bars in the order of time.
[[nodiscard]] std::vector<PriceMinute> minutes_of(std::span<const BarRecord> bars);

// Variance of changes over `steps` points against `steps` times that over one (Lo and MacKinlay 1988,
// overlapping, around the mean). Nothing with fewer than two long changes or without movement.
[[nodiscard]] std::optional<double> variance_ratio(std::span<const double> values,
                                                   std::size_t steps);

// One figure of a run; without a value when the run cannot say.
struct PriceFigure {
    std::string name;
    std::string unit;  // "%", "bn USD", "min", "" (a ratio)
    std::optional<double> value;
};

// 10 October from 12:00 to 21:45 UTC: the state before the news of 20:50, and what follows.
[[nodiscard]] std::vector<PriceFigure> crash_figures(const MarketView& view);
// Unbroken time in which the mids of two venues' perps of BTC lie more than 0.5 % apart, by bar.
[[nodiscard]] PriceFigure parted_figure(const MarketView& view);
// The same day with the probe sale of 21:10 to 21:16; bars need to begin at 21:09 only.
[[nodiscard]] std::vector<PriceFigure> impact_figures(const MarketView& view);
// The day of crash_figures with measured prices imposed from 20:50: what takers sell on balance, what
// is closed, and how.
[[nodiscard]] std::vector<PriceFigure> flow_figures(const MarketView& view);
// A quiet day: lows of each coin from the start.
[[nodiscard]] std::vector<PriceFigure> calm_figures(const MarketView& view, const Summary& summary);
// Liquidated from the first second to the last, whatever was published.
[[nodiscard]] std::vector<PriceFigure> liquidated_figure(const MarketView& view);
// Every headline metric under its label; fractions in percent, amounts in billions.
[[nodiscard]] std::vector<PriceFigure> metric_figures(const Summary& summary);
// A value of a metric as its figure has it, and the unit of it.
[[nodiscard]] double metric_in_unit(const MetricName& metric, double value);
[[nodiscard]] std::string metric_figure_unit(const MetricName& metric);

// Seconds of 10 October after 12:00.
inline constexpr double crash_news_s = 31'800, crash_before_s = 31'740, crash_end_s = 35'100;
inline constexpr double flow_push_until_s = 33'240, flow_until_s = 34'200;
inline constexpr double probe_from_s = 33'000, probe_until_s = 33'360, probe_bars_from_s = 32'940;

}  // namespace margincall::inline analytics
