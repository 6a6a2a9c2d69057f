// `margincall attribute`: which cause contributed how much (docs/attribution.md).
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "cli/run.hpp"

namespace margincall::inline cli {

struct AttributeOptions {
    RunOptions run;  // scenario or run folder, overrides, seed, paths, workers, out, ...
    std::vector<std::string> players;  // --players; empty = all
    std::string from;      // --from: mechanisms are taken out from this long after the start
    std::string until;     // --until: the run and its window end so long after the start
    bool no_draw = false;  // every seed with the scenario's own values
    std::string shard;     // "i/n"; empty = all
    std::string policies;  // --policies: policies.json for the board summary; empty = none
    std::string verdicts;  // --verdicts: lines of `judge --json` for it; empty = none
    bool pdf = false;      // --pdf: the board summary as board.pdf, too
};
[[nodiscard]] ExitCode attribute_causes(const AttributeOptions& options, Streams streams);

}  // namespace margincall::inline cli
