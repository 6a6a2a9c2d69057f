// Stresses of one book that are only asked which goals they reach. What was tried once, at the same time step, is
// remembered, whichever search asks: by size, by speed, for a threshold or for its band.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <tuple>
#include <utility>
#include <vector>

#include "desk/reverse_goal.hpp"
#include "desk/run.hpp"

namespace margincall::inline desk {

// What is searched: a book of accounts, or one of loans (desk/lending_reverse.hpp).
struct ReverseSubject {
    const StressMarket* market = nullptr;
    std::vector<GoalName> goals;  // at most goals_most
    // Which goals a stress of the shock reaches with a time step.
    std::function<GoalsReached(const Shock&, Duration)> trial;
    std::function<Duration(const Shock&)> own_step;
    Duration step_least;      // of the search for the neighbourhood
    std::vector<bool> coins;  // by AssetId: those that are tried alone
};
// Of an account book; `run` must live as long.
[[nodiscard]] ReverseSubject reverse_subject(StressRun& run, const StressOptions& options);

class ShockTrials {
  public:
    // `step` 0 = the subject's own.
    ShockTrials(const ReverseSubject& subject, Duration step) : subject_(subject), step_(step) {}

    [[nodiscard]] std::size_t goals() const { return subject_.goals.size(); }

    [[nodiscard]] const GoalsReached& at(const Shock& shock, Duration step);
    // The time step as asked for, else the stress's own.
    [[nodiscard]] Duration own_step(const Shock& shock) const {
        return step_.raw() > 0 ? step_ : subject_.own_step(shock);
    }
    // A sixtieth of the shock, but no shorter than asked for: where only the neighbourhood is sought.
    [[nodiscard]] Duration coarse_step(const Shock& shock) const;
    [[nodiscard]] std::uint64_t runs() const { return runs_; }

  private:
    // Move and time of each coin, and the step: all that an outcome depends on.
    using Key = std::pair<std::vector<std::pair<double, Duration>>, Duration>;

    const ReverseSubject& subject_;
    Duration step_;
    std::map<Key, GoalsReached> known_;
    std::uint64_t runs_ = 0;
};

}  // namespace margincall::inline desk
