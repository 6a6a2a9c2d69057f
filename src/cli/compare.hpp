// `margincall compare`: finished runs, or finished stresses, beside each other.
#pragma once

#include <string>
#include <vector>

#include "base/exit_code.hpp"
#include "cli/command_line.hpp"
#include "cli/query.hpp"

namespace margincall::inline cli {

struct CompareOptions {
    std::vector<std::string> runs;  // folders; the first is what the others are measured by
    std::string out;                // page to write; empty = none
    TableForm form = TableForm::text;
    bool mix = false;  // compare runs of different sizes all the same
    bool quiet = false;
    bool colour = true;
};

// 2 runs and stresses or sizes are mixed, 4 a folder is missing or damaged, 10 the page cannot be
// written.
[[nodiscard]] ExitCode compare_folders(const CompareOptions& options, Streams streams);

}  // namespace margincall::inline cli
