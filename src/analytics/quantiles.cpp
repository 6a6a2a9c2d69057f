#include "analytics/quantiles.hpp"

#include <algorithm>
#include <boost/math/special_functions/beta.hpp>
#include <cmath>

#include "base/check.hpp"

namespace margincall::inline analytics {

std::optional<double> quantile(std::span<const double> sorted, double probability) {
    if (sorted.empty()) {
        return std::nullopt;
    }
    CHECK(probability >= 0.0 && probability <= 1.0);
    const double place = probability * static_cast<double>(sorted.size() - 1);
    const auto below = static_cast<std::size_t>(place);
    const std::size_t above = std::min(below + 1, sorted.size() - 1);
    const double part = place - static_cast<double>(below);
    return sorted[below] + part * (sorted[above] - sorted[below]);
}

std::optional<double> median_error(std::span<const double> sorted) {
    if (sorted.size() < 2) {
        return std::nullopt;
    }
    // The median of n draws is at or below the k-th of n values with probability I_{k/n}(m, m), where
    // 2 m - 1 = n: the order statistic of the middle, also between two of them.
    const auto n = static_cast<double>(sorted.size());
    const double middle = 0.5 * (n + 1.0);
    // Of the distances to the middle value, so that no digits cancel.
    const double centre = sorted[sorted.size() / 2];
    double mean = 0.0;
    double square = 0.0;
    double before = 0.0;
    for (std::size_t k = 0; k < sorted.size(); ++k) {
        const double upto = boost::math::ibeta(middle, middle, static_cast<double>(k + 1) / n);
        const double weight = upto - before;
        before = upto;
        const double distance = sorted[k] - centre;
        mean += weight * distance;
        square += weight * distance * distance;
    }
    return std::sqrt(std::max(0.0, square - mean * mean));
}

}  // namespace margincall::inline analytics
