// How sure a share of independent trials is.
#pragma once

#include <cstddef>

namespace margincall::inline analytics {

struct ShareInterval {
    double low = 0.0, high = 1.0;
};

// 90 % interval of a probability of which `kept` of `trials` came true, by Clopper and Pearson (1934): 5 % on each
// side at least, whatever the probability is; so its lower end alone is a bound of 95 %. 0 to 1 without trials; CHECK:
// kept <= trials.
[[nodiscard]] ShareInterval share_interval(std::size_t kept, std::size_t trials);

}  // namespace margincall::inline analytics
