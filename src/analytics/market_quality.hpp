// How well a market could be traded in: what changed hands, what the spread cost, how thin the bids became and how
// long they stayed so. From the recorded bars, so in whole bars (docs/metrics.md).
#pragma once

#include <optional>

#include "analytics/market_view.hpp"

namespace margincall::inline analytics {

// What "thin" is: bids within 1 % under this share of their mean over the first two hours of the run. A stated rule,
// not a measurement.
inline constexpr double thin_share = 0.5;

// BTC perp of the reference venue but for the volume. No value: no such book, no samples.
struct MarketQuality {
    std::optional<double> volume_usd;  // of all books, every trade once; the day
    std::optional<double>
        spread_mean_bps;  // (ask - bid) / mid at the ends of bars with both sides, mean; the day
    std::optional<double> depth_min_usd;     // smallest sample of the bids within 1 %; the day
    std::optional<double> depth_min_share;   // the same over the mean of the first two hours
    std::optional<double> depth4_min_share;  // of the bids within 4 %
    std::optional<double> thin_minutes;      // bars of the day at whose end bids are thin, together
    // From the end of the bar with the smallest sample to the end of the first one, itself or later, that ends with
    // bids no longer thin; may lie after the day. 0 when they never were; nothing when they are to the end of the run.
    std::optional<double> recovery_minutes;
};
[[nodiscard]] MarketQuality market_quality(const MarketView& view);

}  // namespace margincall::inline analytics
