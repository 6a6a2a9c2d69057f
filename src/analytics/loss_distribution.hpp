// How large a loss may be, over worlds of one scenario: value at risk and expected shortfall, each with the number of
// worlds that it is said of, and none that they are too few for.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace margincall::inline analytics {

struct Summary;

// The loss that `percent` of 100 worlds do not exceed, and the mean of the others. Of n sorted losses x, with q =
// percent / 100 and k = ceil(n q): at risk is x(k); the shortfall is ((k - n q) x(k) + x(k + 1) + ... + x(n)) /
// (n (1 - q)), the estimate of Acerbi and Tasche (2002, "On the coherence of expected shortfall", section 4), which
// counts the world on the edge for the part of it that lies beyond.
struct LossTail {
    int percent = 95;
    double at_risk = 0.0, shortfall = 0.0;
    std::size_t beyond = 0;  // worlds from the edge on, n - k + 1 or n - k
};
// Only levels that n worlds can say something of: one world or more must lie beyond, n (1 - q) >= 1.
inline constexpr int tail_percents[] = {95, 99};
[[nodiscard]] std::size_t worlds_needed(int percent);
[[nodiscard]] std::vector<LossTail> loss_tails(std::span<const double> sorted);

struct LossDistribution {
    std::size_t metric = 0;   // row of metric_names
    std::string horizon;      // over what the loss is counted, in words
    std::size_t worlds = 0;   // that know it
    std::size_t unknown = 0;  // that do not
    std::size_t without = 0;  // with no loss at all
    double mean = 0.0, median = 0.0, worst = 0.0;
    std::vector<LossTail> tails;
};
// Draw of the funds, bad debt, auto-deleveraging and forced dollars, in USD.
[[nodiscard]] std::span<const std::string_view> loss_metrics();
// Losses that no world knows are left out.
[[nodiscard]] std::vector<LossDistribution> loss_distributions(std::span<const Summary> worlds);

// "the window" or "the run", as the metric is counted.
[[nodiscard]] bool counted_over_run(std::size_t metric);

}  // namespace margincall::inline analytics
