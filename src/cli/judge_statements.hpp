// `margincall judge`: the statements of the press, one verdict each (docs/verdict.md).
#pragma once

#include <string>

#include "base/exit_code.hpp"
#include "base/output.hpp"
#include "cli/command_line.hpp"
#include "cli/verdict_sources.hpp"

namespace margincall::inline cli {

struct JudgeOptions {
    VerdictSources sources;
    std::string keep;     // --keep: file that gets what was judged by; empty: none
    std::string out;      // -o: page with the verdicts; empty: none
    std::string command;  // as typed, for the page
    Output output = Output::text;
};
[[nodiscard]] ExitCode judge_statements(const JudgeOptions& options, Streams streams);

}  // namespace margincall::inline cli
