#include "cli/cause_commands.hpp"

#include <fmt/format.h>

#include "cli/number_option.hpp"
#include "cli/report_problems.hpp"

namespace margincall::inline cli {

CLI::App* CauseCommands::add_command(CLI::App& app, const char* name, const char* what) {
    CLI::App* const command = app.add_subcommand(name, what);
    RunOptions& run = options_.run;
    command->add_option("file", files_, "scenario file; - reads standard input");
    add_paths(command, run.paths);
    command->add_option("--seed,--seed-from", run.seed, "the first seed; replaces random.seed")
        ->transform(seed_number())
        ->type_name("N")
        ->envname("MARGINCALL_SEED");
    add_world_values(command, run, flags_);
    add_world_work(command, run, flags_, "folder of the answers (default studies/...)");
    return command;
}

void CauseCommands::add_sale(CLI::App* command) {
    command
        ->add_option("--at",
                     options_.at,
                     "when: 2025-10-10T20:50:00Z, or since the start: \"45 h\"; several times")
        ->type_name("TIME")
        ->allow_extra_args(false);
    command->add_option("--coin", options_.coin, "coin that is sold (default BTC)")
        ->type_name("COIN");
    command->add_option("--over", options_.over, "in equal parts over (default \"1 min\")")
        ->type_name("TIME");
}

void CauseCommands::add(CLI::App& app) {
    amplify_ = add_command(app,
                           "amplify",
                           "how much deeper prices fall for forced selling, stops, behaviour and "
                           "makers, in pairs of worlds");
    amplify_
        ->add_option(
            "--from", options_.from, "mechanisms are out from then on; falls are from then")
        ->type_name("TIME");

    perturb_ = add_command(app,
                           "perturb",
                           "the reproduction number of forced selling by experiment, beside the "
                           "one of books and accounts");
    add_sale(perturb_);
    perturb_->add_option("--sell", options_.sell, "size of the sale (default \"200 m USD\")")
        ->type_name("AMOUNT");

    critical_ = add_command(app,
                            "critical-shock",
                            "the smallest forced sale that takes R above 1, empties a fund, starts "
                            "auto-deleveraging");
    add_sale(critical_);
    critical_->add_option("--least", options_.least, "smallest size tried (default \"10 m USD\")")
        ->type_name("AMOUNT");
    critical_->add_option("--most", options_.most, "largest size tried (default \"20 bn USD\")")
        ->type_name("AMOUNT");
    critical_->add_option("--within", options_.within, "how long is looked (default \"30 min\")")
        ->type_name("TIME");

    detect_ = add_command(app,
                          "detect",
                          "how often tests for informed trading find it, and how often they are "
                          "wrong, where it is known who was informed");
}

bool CauseCommands::has(const CLI::App* command) const {
    return command == amplify_ || command == perturb_ || command == critical_ || command == detect_;
}

ExitCode CauseCommands::run(const CLI::App* command, const std::string& typed, Streams streams) {
    const std::string name = command->get_name();
    const auto wrong = [&](const char* what, const char* hint) {
        return wrong_command_line(streams, fmt::format("{}: {}", name, what), hint);
    };
    if (files_.size() != 1) {
        return wrong(files_.empty() ? "no scenario file is given" : "one scenario at a time",
                     "margincall amplify scenarios/2025-10-10.toml --paths 6");
    }
    const bool at_moments = command == perturb_ || command == critical_;
    if (at_moments && options_.at.empty()) {
        return wrong("no moment is given", "--at 2025-10-10T20:50:00Z, or --at \"45 h\"");
    }
    RunOptions& run = options_.run;
    run.scenario = files_.front();
    flags_.take(run, typed);
    return command == amplify_   ? amplify(options_, streams)
           : command == perturb_ ? perturb_worlds(options_, streams)
           : command == detect_  ? detect_informed(options_, streams)
                                 : critical_shock(options_, streams);
}

}  // namespace margincall::inline cli
