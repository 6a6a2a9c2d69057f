// How a figure is spread over the seeds of a study, and how far two figures of the same seeds go together.
#pragma once

#include <cstdint>
#include <nlohmann/json_fwd.hpp>
#include <optional>
#include <span>
#include <vector>

namespace margincall::inline lab {

struct SeedQuantiles {
    std::int64_t n = 0;
    std::optional<double> p05, p25, p50, p75, p95;
    std::optional<double> se;  // of the median (Maritz and Jarrett 1978)
};
// Values may be infinite (a figure without a bound), not NaN.
[[nodiscard]] SeedQuantiles seed_quantiles(std::vector<double> values);
// Quantiles that are not known or have no bound are null.
[[nodiscard]] nlohmann::ordered_json seed_quantiles_json(const SeedQuantiles& values);

// The same of what is added up and averaged: 5th, 50th and 95th percentile (linear between order statistics), mean and the
// standard error of the mean; n finite values, zeros without any.
struct MeanSpread {
    std::size_t n = 0;
    double p05 = 0, p50 = 0, p95 = 0, mean = 0, se = 0;
};
[[nodiscard]] MeanSpread mean_spread(std::vector<double> values);

// 90 % intervals from mean and standard error of n values, by Student's t with n - 1 degrees; of fewer than two values
// nothing.
struct SpreadInterval {
    double low = 0, high = 0;
};
// Of the mean of what the values are drawn from: mean +- t se.
[[nodiscard]] std::optional<SpreadInterval> mean_interval(const MeanSpread& spread);
// Of one more value drawn as they were: mean +- t se sqrt(n + 1). Exact for values of a normal distribution. The 5th to
// 95th percentile of n values holds it less often: from the least to the largest it is (n - 1) / (n + 1).
[[nodiscard]] std::optional<SpreadInterval> prediction_interval(const MeanSpread& spread);

// With the interval of one more value, null of one value; null of none.
[[nodiscard]] nlohmann::ordered_json mean_spread_json(const MeanSpread& spread);
// And back. Throws what nlohmann throws for what is missing or of another type.
[[nodiscard]] MeanSpread mean_spread_of(const nlohmann::ordered_json& from);

// Pearson's correlation; nothing of fewer than three pairs or of a constant.
[[nodiscard]] std::optional<double> correlation_of(std::span<const double> x,
                                                   std::span<const double> y);

}  // namespace margincall::inline lab
