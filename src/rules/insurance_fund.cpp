#include "rules/insurance_fund.hpp"

#include <algorithm>

namespace margincall::inline rules {

Amount fall_threshold(const AverageFallRule& rule, Amount average) {
    const Amount share = Amount::from_raw(times(average.raw(), rule.share, Round::down));
    return average - std::max(share, rule.least);
}

bool fallen_below(const AverageFallRule& rule, Amount balance, Amount average) {
    return balance <= Amount{} || balance < fall_threshold(rule, average);
}

PoolState pool_state(const PeakFallRule& rule, Amount balance, Fraction ratio) {
    if (balance <= Amount{} || (balance > rule.least_balance && ratio < rule.start)) {
        return PoolState::started;
    }
    return rule.stop < ratio ? PoolState::stopped : PoolState::steady;
}

}  // namespace margincall::inline rules
