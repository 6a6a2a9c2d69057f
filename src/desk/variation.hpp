// How firm the answer of a stress of accounts or loans is: the same stress at half and at double the time step, and with its shock a
// little smaller, larger, faster and slower. An outcome that one of them does not share hangs on details that
// nobody knows, and is said as a range.
#pragma once

#include <string>
#include <vector>

#include "desk/run.hpp"

namespace margincall::inline desk {

inline constexpr double variation_of_size = 0.02;  // of the move: −15 % becomes −14.7 and −15.3 %
inline constexpr double variation_of_time = 0.1;  // of the time that it takes

struct Variation {
    std::string name;  // "half the step", "BTC −7.5 %"
    Shock shock;
    Duration step;
    bool as_asked = false;  // the very shock that was asked for
};
// `step`: that of the stress as it was asked for. A shock at once has no speed to vary.
[[nodiscard]] std::vector<Variation> variations(const Shock& shock, Duration step);

// The same shock at other sizes, from a quarter to twice the size asked for, as long as prices stay above 0;
// with the size as it was asked for among them.
[[nodiscard]] std::vector<Variation> other_sizes(const Shock& shock,
                                                 const StressMarket& market,
                                                 Duration step);
// Options of an account book's stress with such a step, of which totals are kept.
[[nodiscard]] StressOptions options_at(const StressOptions& options, Duration step);

}  // namespace margincall::inline desk
