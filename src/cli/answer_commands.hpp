// What many worlds answer, on the command line: attribute (docs/attribution.md), policies (docs/policies.md), prevent
// (docs/prevent.md), judge (docs/verdict.md).
#pragma once

#include <CLI/CLI.hpp>
#include <string>
#include <vector>

#include "cli/attribute.hpp"
#include "cli/command_line.hpp"
#include "cli/judge_statements.hpp"
#include "cli/policies.hpp"
#include "cli/prevent.hpp"
#include "cli/run.hpp"
#include "cli/shared_options.hpp"

namespace margincall::inline cli {

class AnswerCommands {
  public:
    void add(CLI::App& app);
    [[nodiscard]] bool has(const CLI::App* command) const;
    // `typed` = the whole command line.
    [[nodiscard]] ExitCode run(const CLI::App* command, const std::string& typed, Streams streams);

  private:
    void add_attribute(CLI::App& app);
    void add_policies(CLI::App& app);
    void add_prevent(CLI::App& app);
    void add_judge(CLI::App& app);
    // What all of them have but judge.
    void add_worlds(CLI::App* command, const char* folder);

    CLI::App* attribute_command_ = nullptr;
    CLI::App* policies_command_ = nullptr;
    CLI::App* prevent_command_ = nullptr;
    CLI::App* judge_command_ = nullptr;
    RunOptions run_;
    WorldFlags flags_;
    bool no_draw_ = false;
    std::vector<std::string> files_;
    AttributeOptions attribute_;
    PoliciesOptions policies_;
    PreventOptions prevent_;
    JudgeOptions judge_;
};

}  // namespace margincall::inline cli
