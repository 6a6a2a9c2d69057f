#include "desk/lending_reverse.hpp"

#include <algorithm>
#include <utility>

#include "base/check.hpp"

namespace margincall::inline desk {

std::vector<LendingGoal> lending_goals() {
    constexpr std::uint64_t share = 10;  // a tenth
    return {{{"liquidation", "liquidates somebody"},
             [](const LendingOutcome& o) { return o.liquidated > 0; }},
            {{"tenth_of_debt", "has a tenth of the debt repaid"},
             [](const LendingOutcome& o) {
                 return !o.debt_base.is_zero() && o.repaid_base * share >= o.debt_base;
             }},
            {{"bad_debt", "leaves bad debt"},
             [](const LendingOutcome& o) { return !o.bad_debt_base().is_zero(); }}};
}

ReverseSubject reverse_subject(const LoanStress& loans,
                               const StressMarket& market,
                               std::vector<LendingGoal> goals) {
    CHECK(goals.size() <= goals_most);
    ReverseSubject out;
    out.market = &market;
    for (const LendingGoal& goal : goals) {
        out.goals.push_back(goal.name);
    }
    out.trial = [&loans, goals = std::move(goals)](const Shock& shock, Duration step) {
        const LendingOutcome outcome = run_lending(loans, shock, step, LendingDetail::totals);
        GoalsReached reached{};
        for (std::size_t g = 0; g < goals.size(); ++g) {
            reached[g] = goals[g].reached(outcome);
        }
        return reached;
    };
    out.own_step = lending_step;
    out.step_least = lending_step({});
    out.coins.resize(market.coins.size());
    for (const AssetMove& move : loans.moves) {
        if (move.coin.valid()) {
            out.coins[move.coin.raw()] = true;
        }
    }
    return out;
}

}  // namespace margincall::inline desk
