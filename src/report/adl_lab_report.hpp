// What the laboratory of auto-deleveraging has to say, in the four forms of a stress: terminal, JSON, CSV files and
// one page. Figures of other people are labelled "read", those of our rules "computed".
#pragma once

#include <string>
#include <vector>

#include "report/stress_report.hpp"
#include "waves/adl_lab.hpp"
#include "waves/stress_waves.hpp"

namespace margincall::inline report {

struct AdlLabReport {
    std::string title;                          // name of the folder
    const waves::WaveRecord* record = nullptr;  // null: a stress
    std::uint32_t deals = 0;                    // of a record
    double spare = 0.0;                         // likewise
    std::vector<waves::RuleRuns> rules;         // of a record
    std::vector<waves::CaseWaves> cases;        // of a stress
};

// The answer in sentences; then what is assumed and what the data cannot say.
[[nodiscard]] std::vector<std::string> adl_lab_answer(const AdlLabReport& report);
[[nodiscard]] std::vector<std::string> adl_lab_assumptions(const AdlLabReport& report);
// How much of the deals stands in a cell: the median, or lowest and highest beside it.
enum class LabDetail : std::uint8_t { medians, ranges };
// "read", "computed" or "cases", "waves", then one a figure by wave and rule ("wave-...").
[[nodiscard]] std::vector<StressTable> adl_lab_tables(const AdlLabReport& report, LabDetail detail);

[[nodiscard]] std::string adl_lab_terminal(const AdlLabReport& report, TerminalOptions options);
// One JSON object a line: {"kind": "read" | "computed" | "case" | "assumption", ...}.
[[nodiscard]] std::string adl_lab_json_lines(const AdlLabReport& report);
// Each rule, in all and by wave: median, lowest and highest of the deals.
[[nodiscard]] std::vector<StressFile> adl_lab_csv_files(const AdlLabReport& report);
[[nodiscard]] std::string adl_lab_html(const AdlLabReport& report);

}  // namespace margincall::inline report
