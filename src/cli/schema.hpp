// `margincall schema`: every key of a scenario file, as a table or as JSON Schema for editors.
#pragma once

#include "cli/command_line.hpp"
#include "cli/run.hpp"

namespace margincall {

[[nodiscard]] ExitCode print_schema(Output output, Streams streams);

}  // namespace margincall
