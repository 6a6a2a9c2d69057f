// Figures of a run's samples of R, the reproduction number of forced selling (docs/reproduction.md).
#pragma once

#include <cstdint>
#include <optional>

#include "analytics/market_view.hpp"

namespace margincall::inline analytics {

struct ReproductionPeak {
    double value = 0.0;
    std::int64_t time_ns = 0;
    std::uint32_t asset = 0;  // the coin whose own R is largest then
};
// Largest sample of the day as prices stood, the first of equals; nothing when none was recorded.
// Samples without a bound (something would be closed, nothing bids) are stored as "not known" and
// left out.
[[nodiscard]] std::optional<ReproductionPeak> reproduction_peak(const MarketView& view);
// The same of one coin by itself.
[[nodiscard]] std::optional<ReproductionPeak> reproduction_peak(const MarketView& view,
                                                                std::uint32_t asset);

}  // namespace margincall::inline analytics
