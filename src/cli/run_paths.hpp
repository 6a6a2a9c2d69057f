// `margincall run --paths N`: many seeds of one scenario, one run folder with bands.
#pragma once

#include "cli/run.hpp"

namespace margincall::inline cli {

[[nodiscard]] ExitCode run_paths(const RunOptions& options, Streams streams);

}  // namespace margincall::inline cli
