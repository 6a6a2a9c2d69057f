#include "desk/shock_trials.hpp"

#include <algorithm>

namespace margincall::inline desk {
namespace {

constexpr std::int64_t coarse_steps = 60;  // of a shock

}  // namespace

ReverseSubject reverse_subject(StressRun& run, const StressOptions& options) {
    ReverseSubject out;
    out.market = &run.start().market();
    out.goals = {{"fund_emptied", goal_word(ReverseGoal::fund_emptied)},
                 {"adl", goal_word(ReverseGoal::adl)},
                 {"bad_debt", goal_word(ReverseGoal::bad_debt)}};
    out.trial = [&run, options](const Shock& shock, Duration step) {
        StressOptions trial = options;
        trial.step = step;
        trial.detail = Detail::totals;
        trial.stop_when_all_reached = true;
        return goals_of(run.run(shock, trial));
    };
    out.own_step = [](const Shock& shock) { return step_of(shock, {}); };
    out.step_least = seconds(1);
    out.coins = held_coins(run.start().book(), run.start().market());
    return out;
}

Duration ShockTrials::coarse_step(const Shock& shock) const {
    return std::max(step_.raw() > 0 ? step_ : subject_.step_least,
                    Duration::from_raw(shock.length().raw() / coarse_steps));
}

const GoalsReached& ShockTrials::at(const Shock& shock, Duration step) {
    Key key{{}, step};
    key.first.reserve(shock.coins.size());
    for (const CoinShock& coin : shock.coins) {
        key.first.emplace_back(coin.move, coin.over);
    }
    const auto known = known_.find(key);
    if (known != known_.end()) {
        return known->second;
    }
    ++runs_;
    return known_[std::move(key)] = subject_.trial(shock, step);
}

}  // namespace margincall::inline desk
