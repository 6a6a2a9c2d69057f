// Index price of an asset from several spot venues: a weighted mean with outlier guards (central
// venues) or a weighted median (the chain venue's oracle). Doubles; the result decides mark and
// funding, which round once. Rules and examples: docs/mark-and-funding.md.
#pragma once

#include <cstdint>
#include <span>

#include "base/time.hpp"

namespace margincall::inline rules {

struct WeightedPrice {
    double price = 0.0;   // USD; <= 0 = not available
    double weight = 0.0;  // any positive scale
};

// The smallest price whose cumulated weight reaches half of the total; 0 when nothing is available.
// Quadratic and without memory: made for the ten or so venues of an oracle.
[[nodiscard]] double weighted_median(std::span<const WeightedPrice> prices);

struct IndexSource {
    double price = 0.0;  // USD; <= 0 = no price
    double weight = 0.0;
    Duration age;  // since this price was last confirmed
};

// Weighted mean of the sources that have a price not older than `stale`. A source further than
// `outlier_ppm` from their median loses its weight; with more than one such source the plain median
// replaces the mean (Binance, text of 2019). 0 = no usable source, the caller keeps the last value.
[[nodiscard]] double index_price(std::span<const IndexSource> sources,
                                 std::int64_t outlier_ppm,
                                 Duration stale);

// Weighted median of the fresh sources (Hyperliquid's oracle); 0 = none.
[[nodiscard]] double oracle_price(std::span<const IndexSource> sources, Duration stale);

}  // namespace margincall::inline rules
