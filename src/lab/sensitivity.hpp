// How a figure of worlds goes with what was drawn for them ([ranges]): of worlds that differ in draw and seed, which
// drawn value moves the figure. A correlation over draws, and no experiment with one value alone.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <vector>

#include "plan/plan.hpp"

namespace margincall::inline lab {

struct Sensitivity {
    std::string key;  // of the range
    std::size_t worlds = 0;
    // Spearman's rank correlation of drawn value and figure, ties at their mean rank; nothing of fewer than three
    // worlds, or where one of the two is constant.
    std::optional<double> rank_correlation;
    // Median of the figure in the worlds with the lowest and the highest third of the drawn values (ties in the order
    // of the worlds); nothing of fewer than six worlds.
    std::optional<double> low_third, high_third;
    // Ten worlds or more, and a correlation whose two-sided probability without any dependence (Student's t with n - 2
    // degrees, an approximation) is under 5 % over the number of ranges.
    bool clear = false;
};
// `seeds`: of the worlds, whose draws are draw_of(ranges, seed); `figures`: one a seed. CHECK: as many.
[[nodiscard]] std::vector<Sensitivity> sensitivities(std::span<const RangePlan> ranges,
                                                     std::span<const std::uint64_t> seeds,
                                                     std::span<const double> figures);

// Ranks from 1, ties at their mean rank.
[[nodiscard]] std::vector<double> mean_ranks(std::span<const double> values);

}  // namespace margincall::inline lab
