// `margincall judge`: the statements of the press, one verdict each (docs/verdict.md).
#pragma once

#include <string>

#include "base/exit_code.hpp"
#include "base/output.hpp"
#include "cli/command_line.hpp"

namespace margincall::inline cli {

struct JudgeOptions {
    std::string scenario;
    std::string
        worlds;  // --worlds: folder of `attribute`, `sweep` or `run --paths`; empty: the shipped rows
    std::string policies;  // --policies: folder of `policies`; empty: none
    std::string out;       // -o: page with the verdicts; empty: none
    std::string command;   // as typed, for the page
    Output output = Output::text;
};
[[nodiscard]] ExitCode judge_statements(const JudgeOptions& options, Streams streams);

}  // namespace margincall::inline cli
