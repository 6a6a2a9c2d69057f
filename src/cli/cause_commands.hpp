// The commands that ask why and how close (docs/reproduction.md), on the command line: amplify, perturb,
// critical-shock, detect.
#pragma once

#include <CLI/CLI.hpp>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "cli/command_line.hpp"
#include "cli/run.hpp"
#include "cli/shared_options.hpp"

namespace margincall::inline cli {

// What one of them was told; what a command does not use is empty.
struct CauseOptions {
    RunOptions run;               // scenario, overrides, seed, paths, workers, out, resume, ...
    std::string from;             // amplify
    std::vector<std::string> at;  // perturb, critical-shock
    std::string coin = "BTC";
    std::string over = "1 min";
    std::string sell = "200 m USD";                      // perturb
    std::string least = "10 m USD", most = "20 bn USD";  // critical-shock
    std::string within = "30 min";
};

[[nodiscard]] ExitCode amplify(const CauseOptions& options, Streams streams);
[[nodiscard]] ExitCode perturb_worlds(const CauseOptions& options, Streams streams);
[[nodiscard]] ExitCode detect_informed(const CauseOptions& options, Streams streams);
[[nodiscard]] ExitCode critical_shock(const CauseOptions& options, Streams streams);

class CauseCommands {
  public:
    void add(CLI::App& app);
    [[nodiscard]] bool has(const CLI::App* command) const;
    // `typed` = the whole command line.
    [[nodiscard]] ExitCode run(const CLI::App* command, const std::string& typed, Streams streams);

  private:
    CLI::App* add_command(CLI::App& app, const char* name, const char* what);
    void add_sale(CLI::App* command);

    CLI::App* amplify_ = nullptr;
    CLI::App* perturb_ = nullptr;
    CLI::App* critical_ = nullptr;
    CLI::App* detect_ = nullptr;
    CauseOptions options_;
    std::vector<std::string> files_;
    WorldFlags flags_;
};

}  // namespace margincall::inline cli
