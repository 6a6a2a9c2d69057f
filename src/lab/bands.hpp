// Many finished worlds as one answer.
#pragma once

#include <span>

#include "lab/path_row.hpp"
#include "plan/plan.hpp"

namespace margincall::inline lab {

// Rows of one cell in the order of their paths; not empty. `plan` is the cell's.
[[nodiscard]] Summary summary_of(const Plan& plan, std::span<const PathRow> rows);
[[nodiscard]] PathBands bands_of(std::span<const PathRow> rows);

}  // namespace margincall::inline lab
