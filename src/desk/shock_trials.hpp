// Stresses of one book that are only asked which goals they reach. What was tried once, at the same time step, is
// remembered, whichever search asks: by size, by speed, for a threshold or for its band.
#pragma once

#include <cstdint>
#include <map>
#include <tuple>
#include <utility>
#include <vector>

#include "desk/reverse_goal.hpp"
#include "desk/run.hpp"

namespace margincall::inline desk {

class ShockTrials {
  public:
    ShockTrials(const StressStart& start, const StressOptions& options);

    [[nodiscard]] const GoalsReached& at(const Shock& shock, Duration step);
    // The time step as asked for, else the stress's own.
    [[nodiscard]] Duration own_step(const Shock& shock) const { return step_of(shock, options_); }
    // A sixtieth of the shock, but no shorter than asked for: where only the neighbourhood is sought.
    [[nodiscard]] Duration coarse_step(const Shock& shock) const;
    [[nodiscard]] std::uint64_t runs() const { return runs_; }

  private:
    // Move and time of each coin, and the step: all that an outcome depends on.
    using Key = std::pair<std::vector<std::pair<double, Duration>>, Duration>;

    StressRun run_;
    StressOptions options_;
    std::map<Key, GoalsReached> known_;
    std::uint64_t runs_ = 0;
};

}  // namespace margincall::inline desk
