// When a venue stops matching: a move of its mark or index within a window. Exact integers: a
// decision hangs on it. What a halt does: docs/venues.md.
#pragma once

#include <cstdint>
#include <deque>

#include "base/strong.hpp"
#include "base/time.hpp"
#include "rules/rules.hpp"

namespace margincall::inline rules {

// The watched price of one contract over the last `window`, and whether it has moved so far that
// the rule halts: down from the highest, or up from the lowest, of what was seen within the window.
class BreakerWatch {
  public:
    // The price is now that; times must not fall, a price of 0 is not known and not seen. True: the
    // rule halts. Equality halts ("falls by 5 %").
    //   now * 1e6 <= highest * (1e6 - fall_ppm),   now * 1e6 >= lowest * (1e6 + rise_ppm)
    [[nodiscard]] bool moved(const BreakerRule& rule, SimTime now, Ticks price);
    // After a halt: the move that caused it does not count again.
    void forget() {
        falling_.clear();
        rising_.clear();
    }

  private:
    struct Seen {
        SimTime at;
        Ticks price;
    };
    // Candidates for the highest (prices fall from front to back) and the lowest (they rise).
    std::deque<Seen> falling_, rising_;
};

}  // namespace margincall::inline rules
