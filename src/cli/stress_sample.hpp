// `margincall stress --make-sample N`: a drawn account book to try a stress with.
#pragma once

#include "cli/stress.hpp"

namespace margincall::inline cli {

// To --out or standard output.
[[nodiscard]] ExitCode make_sample(const StressArguments& arguments, Streams streams);

}  // namespace margincall::inline cli
