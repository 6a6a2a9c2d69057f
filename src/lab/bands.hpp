// Many finished worlds as one answer.
#pragma once

#include <span>
#include <vector>

#include "lab/path_row.hpp"
#include "plan/plan.hpp"

namespace margincall::inline lab {

// Rows of one cell in the order of their paths; not empty. `plan` is the cell's; `limits` are judged by world.
[[nodiscard]] Summary summary_of(const Plan& plan,
                                 std::span<const PathRow> rows,
                                 std::span<const Limit> limits = {});
// Says how long the window or the run is that each loss is counted over.
void name_horizons(const Plan& plan, std::vector<LossDistribution>& losses);
[[nodiscard]] PathBands bands_of(std::span<const PathRow> rows);

}  // namespace margincall::inline lab
