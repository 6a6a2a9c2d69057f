// Why a stress ends before it ran: the problems, the file or option that they are in, and the exit code.
#pragma once

#include <string>

#include "base/error.hpp"
#include "cli/command_line.hpp"

namespace margincall::inline cli {

struct StressFailure {
    Errors errors;
    std::string file;
    ExitCode code = ExitCode::input;
};

// E615: an option of `stress` that cannot be followed.
[[nodiscard]] Error option_error(const std::string& option,
                                 std::string message,
                                 std::string allowed);

}  // namespace margincall::inline cli
