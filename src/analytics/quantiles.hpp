// Quantiles of a sample and how far off a median may be.
#pragma once

#include <optional>
#include <span>

namespace margincall::inline analytics {

// Linear interpolation between order statistics (Hyndman and Fan 1996, type 7) of sorted values;
// nothing of no values. `probability` in 0 .. 1.
[[nodiscard]] std::optional<double> quantile(std::span<const double> sorted, double probability);

// Standard error of the sample median (Maritz and Jarrett 1978): the standard deviation of the median
// of as many draws from the empirical distribution, exact through incomplete beta weights. Of sorted
// values; nothing of fewer than two.
[[nodiscard]] std::optional<double> median_error(std::span<const double> sorted);

}  // namespace margincall::inline analytics
