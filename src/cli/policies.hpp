// `margincall policies`: what other rules would have done, on crash days and quiet ones (docs/policies.md).
#pragma once

#include <string>
#include <vector>

#include "cli/run.hpp"
#include "scenario/policies.hpp"

namespace margincall::inline cli {

struct PoliciesOptions {
    RunOptions run;                           // overrides, seed, paths, workers, out, ...
    std::vector<std::string> days;            // scenario files of crashes
    std::vector<std::string> quiet;           // --quiet-day: scenario files of the cost side
    std::string policies = shipped_policies;  // --policies
    std::vector<std::string> only;            // --only: names of it; empty = all
    bool no_draw = false;                     // every seed with the scenario's own values
};
[[nodiscard]] ExitCode policy_laboratory(const PoliciesOptions& options, Streams streams);

}  // namespace margincall::inline cli
