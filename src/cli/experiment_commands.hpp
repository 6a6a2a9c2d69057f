// Experiments on many worlds, on the command line: externality (docs/externality.md), cross (docs/cross.md),
// warn (docs/warning.md).
#pragma once

#include <CLI/CLI.hpp>
#include <string>
#include <vector>

#include "cli/command_line.hpp"
#include "cli/run.hpp"
#include "cli/shared_options.hpp"

namespace margincall::inline cli {

// What one of them was told; what a command does not use is empty.
struct ExperimentOptions {
    RunOptions run;                 // scenario, overrides, seed, paths, workers, out, resume, ...
    std::vector<std::string> ways;  // externality: --by
    double step_percent = 10.0;     // externality
    std::vector<std::string> days;  // cross: two scenario files
    bool no_draw = false;
};

[[nodiscard]] ExitCode price_externality(const ExperimentOptions& options, Streams streams);
[[nodiscard]] ExitCode cross_days(const ExperimentOptions& options, Streams streams);
[[nodiscard]] ExitCode warn_of_crashes(const ExperimentOptions& options, Streams streams);

class ExperimentCommands {
  public:
    void add(CLI::App& app);
    [[nodiscard]] bool has(const CLI::App* command) const;
    // `typed` = the whole command line.
    [[nodiscard]] ExitCode run(const CLI::App* command, const std::string& typed, Streams streams);

  private:
    CLI::App* add_command(CLI::App& app, const char* name, const char* what);

    CLI::App* externality_ = nullptr;
    CLI::App* cross_ = nullptr;
    CLI::App* warn_ = nullptr;
    ExperimentOptions options_;
    std::vector<std::string> files_;
    WorldFlags flags_;
};

}  // namespace margincall::inline cli
