// `margincall report`: report.html of finished runs made again from their folders, without simulating.
#pragma once

#include <string>
#include <vector>

#include "base/exit_code.hpp"
#include "base/output.hpp"
#include "cli/command_line.hpp"

namespace margincall::inline cli {

struct ReportOptions {
    std::vector<std::string> runs;
    std::string out;  // file; empty = report.html of the folder. Only with one run.
    Output output = Output::text;
    bool quiet = false;
};

// 4 a folder is missing or damaged, 10 the page cannot be written.
[[nodiscard]] ExitCode report_again(const ReportOptions& options, Streams streams);

}  // namespace margincall::inline cli
