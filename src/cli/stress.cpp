#include "cli/stress.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <expected>
#include <optional>
#include <utility>

#include "base/check.hpp"
#include "base/text.hpp"
#include "cli/interrupt.hpp"
#include "cli/stress_case.hpp"
#include "cli/stress_facts.hpp"
#include "cli/stress_folder.hpp"
#include "cli/stress_lending_runs.hpp"
#include "cli/stress_runs.hpp"
#include "cli/stress_sample.hpp"
#include "cli/stress_settings.hpp"
#include "cli/stress_voice.hpp"

namespace margincall::inline cli {
namespace {

// One stress from its options to its folder.
class StressSession {
  public:
    StressSession(const StressArguments& arguments, Streams streams)
        : args_(arguments), voice_(args_, streams, case_), folder_(args_, case_, voice_) {}

    ExitCode run();

  private:
    void reconcile_book(const StressStart& start);
    [[nodiscard]] ExitCode finish();
    [[nodiscard]] ExitCode conditions() const;

    const StressArguments& args_;
    StressSettings settings_;
    StressCase case_;
    StressVoice voice_;
    StressFolder folder_;
    StressReport report_;
};

ExitCode StressSession::run() {
    const InterruptGuard guard;
    std::expected<StressSettings, StressFailure> settings = read_settings(args_);
    if (!settings) {
        return voice_.fail(settings.error());
    }
    settings_ = std::move(*settings);
    if (auto done = StressCaseReader(args_, settings_, case_, voice_).read(); !done) {
        return voice_.fail(done.error());
    }
    voice_.end();
    voice_.head_line();
    if (!case_.lending_alone) {
        voice_.show_sources();
    }
    voice_.begin("opening the accounts");
    report_ = report_head(args_, settings_, case_);
    const LendingRuns lending(settings_, case_, voice_);
    if (case_.lending.given()) {
        lending.shock(report_);
    }
    std::optional<StressRuns> runs;
    if (!case_.lending_alone) {
        runs.emplace(args_, settings_, case_, voice_);
        reconcile_book(runs->start());
        runs->columns(report_);
        runs->varied(report_);
        if (!interrupted()) {
            runs->without_betas(report_);
            runs->adl_rules(report_);
        }
    }
    if (interrupted()) {
        voice_.end();
        fmt::print(voice_.err(), "interrupted: nothing is written\n");
        return ExitCode::interrupted;
    }
    if (runs && args_.reverse) {
        runs->reverse(report_);
    }
    if (report_.lending && args_.reverse) {
        lending.reverse(*report_.lending);
    }
    if (runs) {
        voice_.begin("tables");
        runs->tables(report_);
    }
    return finish();
}

void StressSession::reconcile_book(const StressStart& start) {
    report_.reconciliation =
        reconcile(start,
                  report_.tolerance,
                  known_inputs(case_.todays.market, case_.todays.sources, case_.inputs.imported));
}

ExitCode StressSession::finish() {
    const bool stopped = args_.reverse && interrupted();
    voice_.begin("writing the folder");
    if (auto done = folder_.write(report_, identity_of(args_, settings_, case_)); !done) {
        return voice_.fail(done.error());
    }
    voice_.end();
    folder_.show(report_);
    if (stopped) {
        fmt::print(voice_.err(),
                   "interrupted: the reverse search is not complete; the rest is in {}\n",
                   folder_.path().string());
        return ExitCode::interrupted;
    }
    return conditions();
}

// What `--fail-if` asked for, of today's rules and the shock as given.
ExitCode StressSession::conditions() const {
    ExitCode code = ExitCode::done;
    const std::vector<StressLine> lines = figure_lines(report_);
    for (const Limit& condition : settings_.fail_ifs) {
        const auto line = std::ranges::find(lines, condition.figure, &StressLine::key);
        if (line != lines.end() && holds(condition, line->values.front())) {
            fmt::print(
                voice_.err(), "holds: {} ({})\n", shown(condition.text), line->shown.front());
            code = ExitCode::condition;
        }
    }
    return code;
}

}  // namespace

ExitCode stress_command(const StressArguments& arguments, Streams streams) {
    if (arguments.make_sample > 0) {
        return make_sample(arguments, streams);
    }
    // What a failing CHECK names.
    check_context().reproduce = arguments.command.c_str();
    const ExitCode code = StressSession(arguments, streams).run();
    check_context().reproduce = "";
    return code;
}

}  // namespace margincall::inline cli
