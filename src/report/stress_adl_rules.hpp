// Orders of auto-deleveraging beside today's on one shock, as table, JSON lines and CSV; nothing when none were
// asked for.
#pragma once

#include <string>
#include <vector>

#include "report/stress_report.hpp"

namespace margincall::inline report {

[[nodiscard]] std::vector<StressTable> adl_rule_tables(const StressReport& report);
// {"kind": "adl_rule", ...}, one a line.
[[nodiscard]] std::vector<std::string> adl_rule_json_lines(const StressReport& report);
[[nodiscard]] std::vector<StressFile> adl_rule_csv_files(const StressReport& report);

}  // namespace margincall::inline report
