// The worlds of a list by what they are worlds of.
#pragma once

#include <cstddef>
#include <span>
#include <vector>

#include "lab/path_row.hpp"

namespace margincall::inline lab {

// [cell][path]; null where a world is not there. `rows` are of one list with so many cells and paths (CHECK) and
// outlive the table.
using WorldTable = std::vector<std::vector<const PathRow*>>;
[[nodiscard]] WorldTable world_table(std::span<const PathRow> rows,
                                     std::size_t cells,
                                     std::size_t paths);

// What the worlds took, as they were timed where they ran: hours of one core.
[[nodiscard]] double core_hours(std::span<const PathRow> rows);

}  // namespace margincall::inline lab
