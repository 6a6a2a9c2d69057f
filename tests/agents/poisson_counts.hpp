// Whether two ways of drawing events draw them with the same hazards.
#pragma once

#include <cmath>
#include <cstddef>
#include <vector>

namespace margincall::population_test {

// Two sets of Poisson counts with the same means: the sum of (a - b)^2 / (a + b) is chi-square with
// as many degrees of freedom as there are cells. Above `bound` once in a million times
// (Wilson-Hilferty, 4.753 standard deviations).
struct Comparison {
    double statistic = 0.0;
    double bound = 0.0;
};
inline Comparison compare(const std::vector<double>& a, const std::vector<double>& b) {
    Comparison out;
    double cells = 0.0;
    for (std::size_t k = 0; k < a.size(); ++k) {
        if (a[k] + b[k] > 0.0) {
            out.statistic += (a[k] - b[k]) * (a[k] - b[k]) / (a[k] + b[k]);
            ++cells;
        }
    }
    const double part = 2.0 / (9.0 * cells);
    out.bound = cells * std::pow(1.0 - part + 4.753 * std::sqrt(part), 3.0);
    return out;
}

}  // namespace margincall::population_test
