// What a reverse search looks for, and what can be said of one that was stopped.
#pragma once

#include <array>
#include <cstdint>
#include <string>

#include "desk/outcome.hpp"

namespace margincall::inline desk {

enum class ReverseGoal : std::uint8_t { fund_emptied, adl, bad_debt };
inline constexpr std::size_t reverse_goals = 3;
[[nodiscard]] const char* goal_word(ReverseGoal goal);
[[nodiscard]] bool reached(const StressOutcome& outcome, ReverseGoal goal);

// A goal of a search in general: of a book of accounts, or of loans.
struct GoalName {
    std::string key;    // of JSON
    std::string words;  // "leaves bad debt": what the shock does
};
inline constexpr std::size_t goals_most = 8;
using GoalsReached = std::array<bool, goals_most>;
[[nodiscard]] GoalsReached goals_of(const StressOutcome& outcome);

// How far a search got with one goal. One that was stopped knows less than one that looked at every
// size and found nothing: without a value it says nothing, with one it says "at most".
enum class Search : std::uint8_t { stopped, complete };
// "reached", "not reached", "not known", or "reached; search stopped" where the value is a bound.
[[nodiscard]] const char* answer_word(bool found, Search search);

}  // namespace margincall::inline desk
