#include "desk/reverse_goal.hpp"

namespace margincall::inline desk {

const char* goal_word(ReverseGoal goal) {
    switch (goal) {
        case ReverseGoal::fund_emptied:
            return "empties a fund";
        case ReverseGoal::adl:
            return "starts ADL";
        case ReverseGoal::bad_debt:
            return "leaves bad debt";
    }
    return "";
}

const char* answer_word(bool found, Search search) {
    if (search == Search::complete) {
        return found ? "reached" : "not reached";
    }
    return found ? "reached; search stopped" : "not known";
}

bool reached(const StressOutcome& outcome, ReverseGoal goal) {
    switch (goal) {
        case ReverseGoal::fund_emptied:
            return outcome.funds_emptied > 0;
        case ReverseGoal::adl:
            return !outcome.adl.empty();
        case ReverseGoal::bad_debt:
            return outcome.bad_debt > 0.0;
    }
    return false;
}

GoalsReached goals_of(const StressOutcome& outcome) {
    GoalsReached out{};
    for (std::size_t g = 0; g < reverse_goals; ++g) {
        out[g] = reached(outcome, static_cast<ReverseGoal>(g));
    }
    return out;
}

}  // namespace margincall::inline desk
