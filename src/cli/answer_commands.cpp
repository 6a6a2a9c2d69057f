#include "cli/answer_commands.hpp"

#include <fmt/format.h>

#include "cli/number_option.hpp"
#include "cli/report_problems.hpp"

namespace margincall::inline cli {

void AnswerCommands::add(CLI::App& app) {
    add_attribute(app);
    add_policies(app);
    add_prevent(app);
    add_judge(app);
}

void AnswerCommands::add_worlds(CLI::App* command, const char* folder) {
    add_no_draw(command, no_draw_);
    add_seed_from(command, run_.seed);
    add_paths(command, run_.paths);
    add_world_values(command, run_, flags_);
    add_world_work(command, run_, flags_, folder);
    add_retry_failed(command, run_.retry_failed);
}

namespace {

// Quiet days and the file of policies, of policies and prevent.
void add_rules(CLI::App* command,
               std::vector<std::string>& quiet,
               const char* quiet_for,
               std::string& policies) {
    command
        ->add_option(
            "--quiet-day", quiet, fmt::format("scenario file of a quiet day: {}", quiet_for))
        ->type_name("FILE")
        ->allow_extra_args(false);
    command->add_option("--policies", policies, "file of policies (default: the shipped one)")
        ->type_name("FILE");
}

}  // namespace

void AnswerCommands::add_attribute(CLI::App& app) {
    attribute_command_ = app.add_subcommand(
        "attribute",
        "which cause contributed how much: every coalition of causes, on the same seeds");
    attribute_command_->add_option("file", files_, "scenario file, or the folder of a run");
    attribute_command_
        ->add_option("--players", attribute_.players, "only these causes, separated by commas")
        ->delimiter(',')
        ->type_name("NAME,...");
    attribute_command_
        ->add_option(
            "--from",
            attribute_.from,
            "mechanisms are taken out from this long after the start; the window begins there")
        ->type_name("DURATION");
    attribute_command_
        ->add_option("--until", attribute_.until, "the run ends so long after the start")
        ->type_name("DURATION");
    add_shard(attribute_command_, attribute_.shard);
    attribute_command_
        ->add_option("--policies",
                     attribute_.policies,
                     "a policies.json, shown in the board summary as well")
        ->type_name("FILE");
    attribute_command_
        ->add_option("--verdicts",
                     attribute_.verdicts,
                     "lines of judge --json, shown in the board summary as well")
        ->type_name("FILE");
    attribute_command_->add_flag(
        "--pdf", attribute_.pdf, "print the board summary to board.pdf, where Chromium is found");
    add_worlds(attribute_command_, "folder of the worlds (default attributions/...)");
}

void AnswerCommands::add_policies(CLI::App& app) {
    policies_command_ = app.add_subcommand(
        "policies", "what other rules would have done, on crash days and quiet ones");
    policies_command_->add_option("files", files_, "scenario files of crash days");
    add_rules(policies_command_, policies_.quiet, "what policies cost", policies_.policies);
    policies_command_->add_option("--only", policies_.only, "only these, separated by commas")
        ->delimiter(',')
        ->type_name("NAME,...");
    add_worlds(policies_command_, "folder (default policies)");
}

void AnswerCommands::add_prevent(CLI::App& app) {
    prevent_command_ = app.add_subcommand(
        "prevent", "the least change of the rules that keeps the limits of a scenario");
    prevent_command_->add_option("file", files_, "scenario file");
    prevent_command_
        ->add_option("--limit",
                     prevent_.limits,
                     "to be kept in place of [limits]: \"adl_usd <= 0\"; several times")
        ->type_name("LIMIT")
        ->allow_extra_args(false);
    prevent_command_
        ->add_option("--share", prevent_.percent, "in this many per cent of worlds (default 95)")
        ->transform(real_number(1.0, 100.0));
    prevent_command_
        ->add_option("--knobs", prevent_.only, "only these knobs and policies, separated by commas")
        ->delimiter(',')
        ->type_name("NAME,...");
    prevent_command_
        ->add_option("--pairs",
                     prevent_.pairs,
                     "groups tried together when nothing alone is enough: fund+leverage,...")
        ->delimiter(',')
        ->type_name("GROUP+GROUP,...");
    prevent_command_
        ->add_option("--fresh",
                     prevent_.fresh,
                     "seeds, after those of the search, that confirm what was found (default 60)")
        ->transform(whole_number(1, 1'000'000))
        ->type_name("N");
    add_rules(
        prevent_command_, prevent_.quiet, "what settings that hold cost there", prevent_.policies);
    prevent_command_
        ->add_option("--knob-file", prevent_.knobs, "file of knobs (default: the shipped one)")
        ->type_name("FILE");
    add_worlds(prevent_command_, "folder (default prevent/NAME)");
}

void AnswerCommands::add_judge(CLI::App& app) {
    judge_command_ = app.add_subcommand(
        "judge", "the statements of the press about 4 November 2025, one verdict each");
    judge_command_->add_option("file", files_, "scenario file");
    judge_command_
        ->add_option("--worlds",
                     judge_.sources.worlds,
                     "folder of attribute, policies, run --paths or sweep, or file of --keep; "
                     "any number of them (default: what the program carries)")
        ->type_name("DIR|FILE");
    judge_command_
        ->add_option("--policies", judge_.sources.policies, "one day's folder of policies")
        ->type_name("DIR");
    judge_command_
        ->add_option("--keep", judge_.keep, "write what is judged by as one file for --worlds")
        ->type_name("FILE");
    judge_command_
        ->add_option("--confirm",
                     judge_.sources.confirm,
                     "run so many worlds of each part again where another core ran them; the same: "
                     "they are this one's")
        ->transform(whole_number(1, 1'000'000))
        ->type_name("N");
    judge_command_->add_option("-o,--out", judge_.out, "write a page with the verdicts")
        ->type_name("FILE")
        ->envname("MARGINCALL_OUT");
    add_voice(judge_command_, flags_);
}

bool AnswerCommands::has(const CLI::App* command) const {
    return command == attribute_command_ || command == policies_command_ ||
           command == prevent_command_ || command == judge_command_;
}

ExitCode AnswerCommands::run(const CLI::App* command, const std::string& typed, Streams streams) {
    const std::string name = command->get_name();
    const bool several = command == policies_command_;
    if (files_.empty() || (files_.size() > 1 && !several)) {
        const char* const example =
            command == attribute_command_
                ? "margincall attribute scenarios/2025-10-10.toml --from \"8.5 h\" --until \"10.5 "
                  "h\""
            : several ? "margincall policies scenarios/2025-10-10.toml --quiet-day "
                        "scenarios/quiet-2025-11.toml"
            : command == prevent_command_
                ? "margincall prevent scenarios/2025-10-10.toml --limit \"adl_usd <= 0\""
                : "margincall judge scenarios/2025-11-04.toml";
        return wrong_command_line(
            streams,
            fmt::format("{}: {}",
                        name,
                        files_.empty() ? "no scenario file is given" : "one scenario at a time"),
            example);
    }
    run_.scenario = files_.front();
    flags_.take(run_, typed);
    if (command == attribute_command_) {
        attribute_.run = run_;
        attribute_.no_draw = no_draw_;
        return attribute_causes(attribute_, streams);
    }
    if (several) {
        policies_.run = run_;
        policies_.no_draw = no_draw_;
        policies_.days = files_;
        return policy_laboratory(policies_, streams);
    }
    if (command == prevent_command_) {
        prevent_.run = run_;
        prevent_.no_draw = no_draw_;
        return prevent(prevent_, streams);
    }
    judge_.sources.scenario = files_.front();
    judge_.command = typed;
    judge_.output = run_.output;
    return judge_statements(judge_, streams);
}

}  // namespace margincall::inline cli
