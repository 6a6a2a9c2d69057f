// `margincall new`: writes a commented scenario to start from.
#pragma once

#include <string>

#include "cli/command_line.hpp"

namespace margincall::inline cli {

// `to` empty = standard output. An existing file is never overwritten.
[[nodiscard]] ExitCode new_scenario(const std::string& name,
                                    const std::string& to,
                                    Streams streams);

}  // namespace margincall::inline cli
