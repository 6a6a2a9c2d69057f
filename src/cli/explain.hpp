// `margincall explain`: what a key or an error code means; of a file the complete resolved
// scenario; of FILE:LINE the key on that line.
#pragma once

#include <string>
#include <vector>

#include "cli/command_line.hpp"

namespace margincall::inline cli {

[[nodiscard]] ExitCode explain(const std::string& what,
                               const std::vector<std::string>& overrides,
                               Streams streams);

}  // namespace margincall::inline cli
