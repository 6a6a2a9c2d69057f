// `margincall run --paths N`: many seeds of one scenario, one run folder with bands.
#pragma once

#include "cli/run.hpp"
#include "cli/step_watch.hpp"

namespace margincall::inline cli {

[[nodiscard]] ExitCode run_paths(const RunOptions& options, StepWatch& steps, Streams streams);

}  // namespace margincall::inline cli
