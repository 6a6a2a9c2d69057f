// Problems of a scenario as people read them: place, code, message, source line, caret, hint.
#pragma once

#include <string>

#include "base/error.hpp"

namespace margincall::inline scenario {

// FILE:LINE:COLUMN: error[E203] message
//    41 | source line
//       |        ^^^ allowed values
//    help: hint
[[nodiscard]] std::string error_text(const Error& error);

// All of them, and the line that counts them. `tail` ends it, e.g. "Nothing was run."
[[nodiscard]] std::string errors_text(const Errors& errors,
                                      const std::string& file,
                                      const std::string& tail);
// Bad content of a scenario is exit 3; a file that is missing or unreadable is exit 4.
[[nodiscard]] bool only_missing_files(const Errors& errors);

}  // namespace margincall::inline scenario
