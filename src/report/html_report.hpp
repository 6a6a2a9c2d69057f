// report.html: one file that opens without a network. A page built from web/ (script and style
// inside) is part of the binary; the run's data go into it as typed columns.
#pragma once

#include <expected>
#include <filesystem>
#include <string>
#include <utility>
#include <vector>

#include "analytics/path_series.hpp"
#include "analytics/summary.hpp"
#include "base/error.hpp"

namespace margincall::inline report {

// What the report prints under "Reproduce", beside what plan and summary know.
struct ReportContext {
    std::string run_id;   // name of the run folder
    std::string command;  // the exact command line that repeats the run
    std::string program;  // version and build: "margincall 0.1.0 (g++ 12.2.0, release)"
    RunTotals totals;
    std::vector<std::pair<std::string, std::string>> more;  // further rows: host, CPU, file hashes
    const PathBands* bands = nullptr;                       // of a run of many paths
};

// Written under a temporary name and renamed. E505 the file cannot be written.
[[nodiscard]] std::expected<void, Error> write_report(const std::filesystem::path& path,
                                                      const Plan& plan,
                                                      const Summary& summary,
                                                      const MemoryRecorder& recorder,
                                                      const ReportContext& context);

// The page with the data in it, as write_report writes it.
[[nodiscard]] std::string report_html(const Plan& plan,
                                      const Summary& summary,
                                      const MemoryRecorder& recorder,
                                      const ReportContext& context);

}  // namespace margincall::inline report
