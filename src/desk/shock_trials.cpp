#include "desk/shock_trials.hpp"

#include <algorithm>

namespace margincall::inline desk {
namespace {

constexpr std::int64_t coarse_steps = 60;  // of a shock

}  // namespace

ShockTrials::ShockTrials(const StressStart& start, const StressOptions& options)
    : run_(start), options_(options) {
    options_.detail = Detail::totals;
    options_.stop_when_all_reached = true;
}

Duration ShockTrials::coarse_step(const Shock& shock) const {
    return std::max(options_.step.raw() > 0 ? options_.step : seconds(1),
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
    StressOptions options = options_;
    options.step = step;
    return known_[std::move(key)] = goals_of(run_.run(shock, options));
}

}  // namespace margincall::inline desk
