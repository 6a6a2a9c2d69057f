// Where a metric of that name stands in a world's summary.
#pragma once

#include <cstddef>
#include <string_view>

#include "sim/metrics.hpp"

namespace margincall::testing {

inline std::size_t metric_row(std::string_view name) {
    return static_cast<std::size_t>(metric_index(name));
}

}  // namespace margincall::testing
