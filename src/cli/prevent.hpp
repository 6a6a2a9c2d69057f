// `margincall prevent`: the least change of the rules that keeps the limits of a scenario (docs/prevent.md).
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "cli/run.hpp"
#include "scenario/policies.hpp"

namespace margincall::inline cli {

struct PreventOptions {
    RunOptions run;                           // scenario, overrides, seed, paths, workers, out, ...
    std::vector<std::string> limits;          // --limit: in place of the scenario's
    std::vector<std::string> only;            // --knobs: names of levers; empty = all that fit
    std::vector<std::string> pairs;           // --pairs: GROUP+GROUP; empty = those of the file
    std::vector<std::string> quiet;           // --quiet-day
    std::string policies = shipped_policies;  // --policies
    std::string knobs = shipped_knobs;        // --knob-file
    double percent = 95.0;                    // --share
    std::int64_t fresh = 60;                  // --fresh: seeds that the search does not see
    bool no_draw = false;
};
[[nodiscard]] ExitCode prevent(const PreventOptions& options, Streams streams);

}  // namespace margincall::inline cli
