// `margincall validate`: checks scenario files and prints every problem at once.
#pragma once

#include <string>
#include <vector>

#include "cli/command_line.hpp"
#include "cli/run.hpp"
#include "plan/plan.hpp"

namespace margincall::inline cli {

struct ValidateOptions {
    std::vector<std::string> files;
    std::vector<std::string> overrides;
    Strict strict = Strict::no;
    Output output = Output::text;
    Loudness loudness = Loudness::normal;
};

[[nodiscard]] ExitCode validate_scenarios(const ValidateOptions& options, Streams streams);

// "nov4.toml  ok   5 venues · 8 coins · ...": one line about a good scenario.
[[nodiscard]] std::string scenario_line(const std::string& file, const Plan& plan);

}  // namespace margincall::inline cli
