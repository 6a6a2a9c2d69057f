// Draws of what is not known (the scenario's [ranges]), one for each path of a list, so that intervals hold
// what the parameters may be and not only the luck of the seeds (model 13.5).
#pragma once

#include <cstdint>
#include <expected>
#include <string>
#include <vector>

#include "lab/task_list.hpp"
#include "plan/plan.hpp"

namespace margincall::inline lab {

// Overrides "key=value" of one path, in the order of the ranges: uniform between the bounds, uniform in the
// logarithm where the upper is ten times the lower or more (and both are positive), each choice equally
// likely. A value hangs on seed and key only, so that a range more or less moves no other's.
[[nodiscard]] std::vector<std::string> draw_of(const std::vector<RangePlan>& ranges,
                                               std::uint64_t seed);

// Draws of a list's scenario, one for each of its paths, as TaskRequest::draws takes them; none where it has
// no ranges.
[[nodiscard]] std::vector<std::vector<std::string>> draws_of(const TaskList& list);

// The list of one scenario, each of its paths with its draw; as it is where the scenario has no ranges.
// Problems of the scenario.
[[nodiscard]] std::expected<TaskList, Errors> drawn_list(TaskRequest request);

// Where in its range a seed's draw lies: 0 .. 1, of choices the number of the choice.
[[nodiscard]] double draw_place(const RangePlan& range, std::uint64_t seed);

// One value of a range at `part` 0 .. 1 of it.
[[nodiscard]] std::string range_value(const RangePlan& range, double part);

}  // namespace margincall::inline lab
