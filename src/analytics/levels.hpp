// Figures of a run that have a value at every moment, as stress tests of banks show them: actual (at
// the start), at the lowest, at the end. Over the whole run, from the recorded columns.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "analytics/market_view.hpp"
#include "sim/metrics.hpp"

namespace margincall::inline analytics {

struct Level {
    std::string key;    // "price.BTC"
    std::string label;  // "BTC price"
    MetricUnit unit = MetricUnit::usd;
    std::optional<double> start, minimum, end;
    std::int64_t minimum_ns = -1;  // when it was lowest; -1 = unknown
};

// Of each coin: price (reference venue, spot before perp), open interest (all venues, USD at mark),
// bids within 1 % and 4 % and funding (reference venue's perp). Of each venue: cash of its insurance
// fund, price of the synthetic dollar. What was not recorded is left out.
[[nodiscard]] std::vector<Level> levels(const MarketView& view);

}  // namespace margincall::inline analytics
