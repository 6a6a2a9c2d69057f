// The limits of a scenario as a run's terminal and page show them.
#pragma once

#include <nlohmann/json_fwd.hpp>
#include <string>

#include "analytics/summary.hpp"
#include "report/palette.hpp"

namespace margincall::inline report {

// One line a limit; empty without limits.
[[nodiscard]] std::string run_limits_text(const Summary& summary, const Palette& colours);
// [{"verdict": 0 … 3, "word", "text", "figure"}]: kept, at times, broken, not judged.
[[nodiscard]] nlohmann::ordered_json run_limits_json(const Summary& summary);

}  // namespace margincall::inline report
