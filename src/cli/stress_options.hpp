// The options of `margincall stress` on the command line.
#pragma once

#include <CLI/CLI.hpp>
#include <string>

#include "cli/stress.hpp"

namespace margincall::inline cli {

class StressCommandLine {
  public:
    void add(CLI::App& app);
    [[nodiscard]] const CLI::App* command() const { return command_; }
    // `typed` = the whole command line.
    [[nodiscard]] ExitCode run(const std::string& typed, Streams streams);

  private:
    CLI::App* command_ = nullptr;
    const CLI::Option* market_ = nullptr;
    StressArguments args_;
    bool quiet_ = false, verbose_ = false, json_ = false, no_color_ = false, no_report_ = false;
};

}  // namespace margincall::inline cli
