#include "cli/experiment_commands.hpp"

#include <fmt/format.h>

#include "cli/number_option.hpp"
#include "cli/report_problems.hpp"

namespace margincall::inline cli {

CLI::App* ExperimentCommands::add_command(CLI::App& app, const char* name, const char* what) {
    CLI::App* const command = app.add_subcommand(name, what);
    RunOptions& run = options_.run;
    add_paths(command, run.paths);
    add_seed_from(command, run.seed);
    add_world_values(command, run, flags_);
    add_no_draw(command, options_.no_draw);
    add_world_work(command, run, flags_, "folder of the worlds (default studies/...)");
    return command;
}

void ExperimentCommands::add(CLI::App& app) {
    externality_ = add_command(app,
                               "externality",
                               "what a dollar of each owner group's open interest adds to what "
                               "funds lose and to auto-deleveraging");
    externality_->add_option("file", files_, "scenario file");
    externality_
        ->add_option("--by",
                     options_.ways,
                     "groups of owners by leverage, size, margin, side, venue, separated by "
                     "commas (default all)")
        ->delimiter(',')
        ->type_name("WAY,...");
    externality_
        ->add_option("--step",
                     options_.step_percent,
                     "per cent of a group's open interest that is taken out (default 10)")
        ->transform(real_number(0.1, 100.0));

    cross_ = add_command(app,
                         "cross",
                         "trigger or state: the events of two days on the states of both, in four "
                         "cells");
    cross_->add_option("files", files_, "two scenario files");

    warn_ = add_command(app,
                        "warn",
                        "how well indicators announce crashes, over many runs: AUC, lead time, "
                        "false alarms");
    warn_->add_option("file", files_, "scenario file");
}

bool ExperimentCommands::has(const CLI::App* command) const {
    return command == externality_ || command == cross_ || command == warn_;
}

ExitCode ExperimentCommands::run(const CLI::App* command,
                                 const std::string& typed,
                                 Streams streams) {
    const std::string name = command->get_name();
    const std::size_t wanted = command == cross_ ? 2 : 1;
    if (files_.size() != wanted) {
        return wrong_command_line(
            streams,
            fmt::format("{}: {}",
                        name,
                        wanted == 2      ? "two scenario files are wanted"
                        : files_.empty() ? "no scenario file is given"
                                         : "one scenario at a time"),
            wanted == 2 ? "margincall cross scenarios/2025-10-10.toml scenarios/2025-11-04.toml"
                        : fmt::format("margincall {} scenarios/2025-10-10.toml --paths 20", name));
    }
    RunOptions& run = options_.run;
    run.scenario = files_.front();
    flags_.take(run, typed);
    options_.days = files_;
    return command == cross_  ? cross_days(options_, streams)
           : command == warn_ ? warn_of_crashes(options_, streams)
                              : price_externality(options_, streams);
}

}  // namespace margincall::inline cli
