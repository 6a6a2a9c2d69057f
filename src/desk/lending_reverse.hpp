// What a reverse search (desk/reverse.hpp) asks of a lending book: from which move on somebody is liquidated, a
// tenth of the debt is repaid by liquidators, bad debt is left, or a limit of the user is broken.
#pragma once

#include <functional>
#include <vector>

#include "desk/lending_stress.hpp"
#include "desk/reverse.hpp"

namespace margincall::inline desk {

struct LendingGoal {
    GoalName name;
    std::function<bool(const LendingOutcome&)> reached;
};
// Liquidation, a tenth of the debt, bad debt. A further one may follow: at most goals_most together.
[[nodiscard]] std::vector<LendingGoal> lending_goals();

// `loans` and `market` must live as long.
[[nodiscard]] ReverseSubject reverse_subject(const LoanStress& loans,
                                             const StressMarket& market,
                                             std::vector<LendingGoal> goals);

}  // namespace margincall::inline desk
