// `margincall verify`: runs the scenario of a folder again and compares everything with what the folder
// holds. Wall time, memory, version and machine are outside the comparison.
#pragma once

#include <string>

#include "base/exit_code.hpp"
#include "base/output.hpp"
#include "cli/command_line.hpp"

namespace margincall::inline cli {

struct VerifyOptions {
    std::string run;
    std::string progress = "auto";
    Output output = Output::text;
    bool quiet = false;
    std::string command;  // as typed
};

// 0 equal, 4 the folder is damaged or cannot be repeated, 6 interrupted, 7 a difference.
[[nodiscard]] ExitCode verify_run(const VerifyOptions& options, Streams streams);

}  // namespace margincall::inline cli
