// What a reverse search found, by size and by speed, as tables, JSON lines and CSV files; nothing without one.
#pragma once

#include <string>
#include <vector>

#include "report/stress_report.hpp"

namespace margincall::inline report {

[[nodiscard]] std::vector<StressTable> reverse_tables(const StressReport& report);
// {"kind": "reverse" | "reverse_speed", ...}, one a line.
[[nodiscard]] std::vector<std::string> reverse_json_lines(const StressReport& report);
[[nodiscard]] std::vector<StressFile> reverse_csv_files(const StressReport& report);

}  // namespace margincall::inline report
