// Where `margincall judge` has what it judges by from: folders of worlds, a file that --keep wrote, or what the program
// carries for the scenario.
#pragma once

#include <expected>
#include <string>
#include <vector>

#include "base/error.hpp"
#include "lab/verdict_evidence.hpp"
#include "scenario/compile.hpp"

namespace margincall::inline cli {

struct VerdictSources {
    std::string scenario;  // file that is judged
    std::vector<std::string>
        worlds;               // --worlds: folders, or files of --keep; none: the shipped ones
    std::string policies;     // --policies: one day's folder of `policies`; empty: none
    std::size_t confirm = 0;  // --confirm: worlds of a file's parts that are run again
};

struct GatheredEvidence {
    VerdictEvidence evidence;
    bool shipped = false;            // from the program's own file
    std::vector<std::string> notes;  // what was left out and why, what is old; a line each
};

// Each part from the first source that has it; worlds of another window than the scenario's are not its worlds. E715 a
// source is of another scenario, or none.
[[nodiscard]] std::expected<GatheredEvidence, Errors> gather_evidence(const VerdictSources& from,
                                                                      const Compiled& scenario);

}  // namespace margincall::inline cli
