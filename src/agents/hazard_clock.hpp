// When the next event of a Poisson process comes whose rate changes from time to time: one draw an
// event, however often the rate is looked at. What is drawn is the hazard to be lived through, so
// that the events are exact whatever the rate does meanwhile.
#pragma once

#include "base/random.hpp"

namespace margincall::inline agents {

class HazardClock {
  public:
    // Lets `seconds` pass at `rate` events a second. True: an event came first, and `seconds` is
    // what is left after it, perhaps at another rate.
    [[nodiscard]] bool rings(double rate, double& seconds, Rng& rng) {
        if (!(hazard_left_ > 0.0)) {
            hazard_left_ = rng.exponential(1.0);
        }
        const double passed = rate * seconds;
        if (passed < hazard_left_) {
            hazard_left_ -= passed;
            return false;
        }
        seconds -= hazard_left_ / rate;
        hazard_left_ = 0.0;
        return true;
    }

  private:
    double hazard_left_ = 0.0;  // 0 = not drawn yet
};

}  // namespace margincall::inline agents
