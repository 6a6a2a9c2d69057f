// How long a request waits in front of a venue. Load is in messages of the real venue, of which the
// simulated ones are a sample: what reaches it in an ordinary market times how many times faster the
// market's clock runs now, since volume rises in proportion to it (data set flow-2025-10-10: 11 times
// at z 6, 31 times at z 30 to 50).
#pragma once

#include <algorithm>

namespace margincall::inline sim {

struct VenueLoad {
    double wait_s = 0;  // of a request that arrives now

    // What comes beyond what the venue can take waits; what would wait longer than a request may live
    // is refused, so that nothing waits longer. `capacity` in messages per second, above 0.
    void step(double messages_per_s, double capacity, double dt_s, double life_s) {
        wait_s = std::clamp(wait_s + (messages_per_s / capacity - 1.0) * dt_s, 0.0, life_s);
    }
};

}  // namespace margincall::inline sim
