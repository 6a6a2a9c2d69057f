// `margincall adl-lab FOLDER`: a record of auto-deleveraging, or a stress, under other rules (docs/adl-laboratory.md).
#pragma once

#include <CLI/CLI.hpp>
#include <cstdint>
#include <string>
#include <vector>

#include "cli/command_line.hpp"

namespace margincall::inline cli {

class AdlLabCommand {
  public:
    void add(CLI::App& app);
    [[nodiscard]] const CLI::App* command() const { return command_; }
    [[nodiscard]] ExitCode run(Streams streams) const;

  private:
    CLI::App* command_ = nullptr;
    std::vector<std::string> folders_;
    std::vector<std::string> rules_;
    std::uint32_t deals_ = 10;
    double spare_ = 0.0;
    std::string out_;
    bool json_ = false;
    bool quiet_ = false;
    bool no_color_ = false;
};

}  // namespace margincall::inline cli
