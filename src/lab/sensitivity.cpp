#include "lab/sensitivity.hpp"

#include <algorithm>
#include <cmath>
#include <numeric>

#include "analytics/quantiles.hpp"
#include "analytics/run_difference.hpp"
#include "base/check.hpp"
#include "lab/draws.hpp"
#include "lab/seed_quantiles.hpp"

namespace margincall::inline lab {
namespace {

constexpr std::size_t least_of_thirds = 6;
constexpr std::size_t least_of_clear = 10;
constexpr double false_alarm = 0.05;  // over all ranges of one figure

std::vector<std::size_t> order_of(std::span<const double> values) {
    std::vector<std::size_t> out(values.size());
    std::iota(out.begin(), out.end(), std::size_t{0});
    std::ranges::stable_sort(out, {}, [&](std::size_t k) { return values[k]; });
    return out;
}

double median_of(std::span<const std::size_t> rows, std::span<const double> of_worlds) {
    std::vector<double> values;
    for (const std::size_t row : rows) {
        values.push_back(of_worlds[row]);
    }
    std::ranges::sort(values);
    return quantile(values, 0.5).value();
}

bool is_clear(double correlation, std::size_t worlds, std::size_t ranges) {
    if (worlds < least_of_clear) {
        return false;
    }
    const double degrees = static_cast<double>(worlds) - 2.0;
    const double p = 1.0 - false_alarm / (2.0 * static_cast<double>(ranges));
    const double t = student_quantile(p, degrees);
    // |r| sqrt(degrees / (1 - r^2)) > t, without the division by 0 at |r| = 1.
    return correlation * correlation * degrees > t * t * (1.0 - correlation * correlation);
}

}  // namespace

std::vector<double> mean_ranks(std::span<const double> values) {
    const std::vector<std::size_t> order = order_of(values);
    std::vector<double> out(values.size());
    for (std::size_t from = 0; from < order.size();) {
        std::size_t to = from + 1;
        while (to < order.size() && values[order[to]] == values[order[from]]) {
            ++to;
        }
        for (std::size_t k = from; k < to; ++k) {
            out[order[k]] = 0.5 * static_cast<double>(from + 1 + to);
        }
        from = to;
    }
    return out;
}

std::vector<Sensitivity> sensitivities(std::span<const RangePlan> ranges,
                                       std::span<const std::uint64_t> seeds,
                                       std::span<const double> figures) {
    CHECK(seeds.size() == figures.size());
    const std::vector<double> figure_ranks = mean_ranks(figures);
    std::vector<Sensitivity> out;
    for (const RangePlan& range : ranges) {
        Sensitivity row;
        row.key = range.key;
        row.worlds = seeds.size();
        std::vector<double> drawn;
        for (const std::uint64_t seed : seeds) {
            drawn.push_back(draw_place(range, seed));
        }
        row.rank_correlation = correlation_of(mean_ranks(drawn), figure_ranks);
        if (seeds.size() >= least_of_thirds) {
            const std::vector<std::size_t> order = order_of(drawn);
            const std::size_t third = order.size() / 3;  // rounded down
            row.low_third = median_of(std::span(order).first(third), figures);
            row.high_third = median_of(std::span(order).last(third), figures);
        }
        row.clear =
            row.rank_correlation && is_clear(*row.rank_correlation, seeds.size(), ranges.size());
        out.push_back(std::move(row));
    }
    return out;
}

}  // namespace margincall::inline lab
