// How a line of figures is shown: each case, and the lowest and highest of the first case and its variations.
#pragma once

#include <algorithm>
#include <cmath>
#include <string>
#include <vector>

#include "report/stress_report.hpp"

namespace margincall::inline report {

// Fills in `shown`, `low`, `high` and `range` from `values`; `shown_as` words one figure.
void show_line(StressLine& line, const std::vector<double>& varied, auto&& shown_as) {
    for (const double value : line.values) {
        line.shown.push_back(shown_as(value));
    }
    line.low = line.high = varied.empty() ? NAN : line.values.front();
    for (const double value : varied) {
        line.low = std::min(line.low, value);
        line.high = std::max(line.high, value);
    }
    if (!varied.empty()) {
        const std::string low = shown_as(line.low);
        const std::string high = shown_as(line.high);
        line.range = low == high ? std::string{"the same"} : low + " … " + high;
    }
}

}  // namespace margincall::inline report
