// The commands that work on finished folders, on the command line: query, export, verify, report,
// compare.
#pragma once

#include <CLI/CLI.hpp>
#include <string>
#include <vector>

#include "cli/command_line.hpp"

namespace margincall::inline cli {

class FolderCommands {
  public:
    void add(CLI::App& app);
    [[nodiscard]] bool has(const CLI::App* command) const;
    // `typed` = the whole command line.
    [[nodiscard]] ExitCode run(const CLI::App* command, const std::string& typed, Streams streams);

  private:
    CLI::App* add_command(CLI::App& app, const char* name, const char* what);
    [[nodiscard]] ExitCode query(Streams streams) const;
    [[nodiscard]] ExitCode export_csv(Streams streams) const;
    [[nodiscard]] ExitCode compare(Streams streams) const;

    CLI::App* query_ = nullptr;
    CLI::App* export_ = nullptr;
    CLI::App* verify_ = nullptr;
    CLI::App* report_ = nullptr;
    CLI::App* compare_ = nullptr;
    std::string run_, sql_;
    std::vector<std::string> runs_;
    std::vector<std::string> tables_;
    std::string out_;
    std::string format_ = "csv";
    std::string progress_ = "auto";
    bool list_ = false;
    bool csv_ = false;
    bool json_ = false;
    bool quiet_ = false;
    bool mix_ = false;
    bool no_color_ = false;
};

}  // namespace margincall::inline cli
