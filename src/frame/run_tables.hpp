// The other tables of a run: what its numbers are called, its headline figures and its inputs. Columns and order
// are run.db's.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "analytics/summary.hpp"
#include "frame/table.hpp"
#include "plan/plan.hpp"

namespace margincall::inline frame {

// assets, venues, instruments, metrics, observed, inputs.
[[nodiscard]] std::vector<std::string> run_table_names();
// Nothing when there is no such table.
[[nodiscard]] std::optional<Table> run_table(std::string_view name,
                                             const Plan& plan,
                                             const Summary& summary);

}  // namespace margincall::inline frame
