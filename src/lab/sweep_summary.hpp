// summary.json of a sweep: a summary for every cell that has finished worlds.
#pragma once

#include <span>
#include <string>
#include <vector>

#include "lab/path_row.hpp"
#include "lab/task_list.hpp"

namespace margincall::inline lab {

struct CellSummary {
    std::size_t cell = 0;
    Summary summary;
};
struct SweepSummary {
    std::vector<CellSummary> cells;  // in their order
    std::uint64_t finished = 0, failed = 0, worlds = 0;
    std::uint64_t digest = 0;  // of the worlds' digests in order
};

// `rows` by index, all of this list.
[[nodiscard]] SweepSummary sweep_summary(const TaskList& list,
                                         std::span<const PathRow> rows,
                                         std::uint64_t failed);
[[nodiscard]] std::string sweep_summary_json(const TaskList& list, const SweepSummary& summary);

}  // namespace margincall::inline lab
