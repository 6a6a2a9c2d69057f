// `margincall warn`: indicators by the minute of many runs, and how well they announce crashes (lab/warning_score.hpp).
#include <fmt/format.h>

#include <filesystem>
#include <nlohmann/json.hpp>

#include "base/json_text.hpp"
#include "base/version.hpp"
#include "cli/experiment_commands.hpp"
#include "cli/report_problems.hpp"
#include "cli/run_files.hpp"
#include "cli/study.hpp"
#include "cli/terminal.hpp"
#include "cli/world_folder.hpp"
#include "lab/draws.hpp"
#include "lab/identity.hpp"
#include "lab/warning_score.hpp"
#include "lab/world_run.hpp"
#include "record/memory_recorder.hpp"
#include "report/causes_page.hpp"
#include "report/format.hpp"

namespace margincall::inline cli {
namespace {

namespace fs = std::filesystem;
using Json = nlohmann::ordered_json;

// What some indicators are made of: R against price every five minutes.
constexpr const char* warn_map = "output.map=5 min";

// The scenario with its seed, and with the draw of its ranges if it is to have one.
std::expected<Plan, Errors> warn_plan(const Compiled& scenario, bool draw) {
    const std::uint64_t seed = scenario.plan.seed;
    const std::vector<std::string> set =
        draw ? draw_of(scenario.plan.ranges, seed) : std::vector<std::string>{};
    if (set.empty()) {
        return scenario.plan;
    }
    std::expected<Compiled, Errors> drawn =
        compile_text(scenario.resolved, scenario.plan.name, ".", set);
    if (!drawn) {
        return std::unexpected(std::move(drawn.error()));
    }
    drawn->plan.seed = seed;
    return std::move(drawn->plan);
}

std::string score_number(const std::optional<double>& value, const char* form) {
    return value ? fmt::format(fmt::runtime(form), *value) : std::string{no_data};
}

std::string auc_text(const IndicatorScore& score) {
    return !score.auc ? std::string{no_data}
           : !score.auc_low
               ? fmt::format("{:.2f} [not known]", *score.auc)
               : fmt::format(
                     "{:.2f} [{:.2f} … {:.2f}]", *score.auc, *score.auc_low, *score.auc_high);
}

std::string warn_text(const WarningScores& scores) {
    std::string out = fmt::format(
        "{} runs, {} minutes: {} falls of more than {:g} daily standard deviations within two "
        "hours, of them {} crashes (more than {:g} % of what takers sold was forced), in {} runs\n",
        scores.runs,
        scores.minutes,
        scores.falls,
        crash_sigmas,
        scores.crashes,
        100.0 * crash_forced_share,
        scores.runs_with_crash);
    if (scores.crashes == 0) {
        return out + "no crash in the sample: nothing is known of any indicator\n";
    }
    out +=
        fmt::format("in the two hours before one are {} minutes, {:.2f} % of those that count\n\n",
                    scores.positive,
                    100.0 * scores.base_rate().value_or(0.0));
    out += pad_right("", 48) + pad_left("AUC [90 %]", 22) + pad_left("announced", 11) +
           pad_left("lead, min", 11) + pad_left("false alarms a week", 21) + "\n";
    for (std::size_t k = 0; k < warning_indicators.size(); ++k) {
        const IndicatorScore& score = scores.indicators[k];
        out += pad_right(fmt::format("   {}{}",
                                     warning_indicators[k].sign > 0 ? "" : "less: ",
                                     warning_indicators[k].label),
                         48) +
               pad_left(auc_text(score), 22) +
               pad_left(fmt::format("{}/{}", score.announced, score.crashes), 11) +
               pad_left(score_number(score.lead_minutes.p50, "{:.0f}"), 11) +
               pad_left(score_number(score.false_alarms_a_week, "{:.0f}"), 21) + "\n";
    }
    return out + fmt::format(
                     "\nAUC 0.5 is chance. An alarm is five minutes beyond what {:g} % of the "
                     "other minutes pass; lead: median of the crashes that had one.\n",
                     100.0 * alarm_share);
}

}  // namespace

ExitCode warn_of_crashes(const ExperimentOptions& options, Streams streams) {
    const RunOptions& run = options.run;
    std::vector<std::string> overrides = {warn_map};
    const std::vector<std::string> given = reduced_unless_sized(run.overrides);
    overrides.insert(overrides.end(), given.begin(), given.end());
    overrides.push_back(fmt::format("random.paths={}", run.paths.value_or(compared_paths)));
    if (run.seed) {
        overrides.push_back(fmt::format("random.seed={}", *run.seed));
    }
    std::expected<Compiled, Errors> compiled = compile_scenario(run.scenario, overrides);
    if (!compiled) {
        return report_problems(compiled.error(), run.output, streams);
    }
    if (!announce(*compiled, run, streams)) {
        return ExitCode::scenario;
    }
    CauseOptions cause;
    cause.run = run;
    Study study;
    study.scenario = std::move(*compiled);
    const bool draw = !options.no_draw;
    const auto lines = answer_study(
        cause,
        study,
        "warn",
        {{"draw", draw}},
        [&](const auto& scenario,
            const std::string& key,
            RunMonitor* monitor) -> std::expected<std::string, Errors> {
            const std::expected<Plan, Errors> plan = warn_plan(*scenario, draw);
            if (!plan) {
                return std::unexpected(plan.error());
            }
            MemoryRecorder recorder(*plan);
            (void)run_world(*plan, &recorder, monitor, run.command.c_str());
            return warning_track_json(key, warning_track(*plan, recorder));
        },
        streams);
    if (!lines) {
        return lines.error();
    }
    std::vector<WarningTrack> tracks;
    for (const std::string& line : *lines) {
        if (auto track = parse_warning_track(line)) {
            tracks.push_back(std::move(*track));
        }
    }
    const WarningScores scores = warning_scores(tracks);
    const Plan& plan = study.scenario.plan;
    Json root{{"format", 1},
              {"version", program_version},
              {"core", core_identity()},
              {"scenario", plan.name},
              {"title", plan.title},
              {"scenario_hash", plan.scenario_hash},
              {"seed_from", plan.seed},
              {"drawn", draw && !plan.ranges.empty()}};
    root.update(warning_json(scores));
    const std::string json = json_text(root, 1) + "\n";
    if (const auto done = write_answers(study.folder,
                                        {{"warning.json", json},
                                         {"warning.csv", warning_csv(scores)},
                                         {"report.html", warn_html(json, run.command)}},
                                        run,
                                        streams,
                                        "the answers are kept; --resume sums up again");
        !done) {
        return done.error();
    }
    std::FILE* const human = run.output == Output::json ? streams.err : streams.out;
    print_fitting(human, warn_text(scores));
    fmt::print(human,
               "\nwarn  {}\nreport  {}\n",
               (fs::path{study.folder} / "warning.json").string(),
               (fs::path{study.folder} / "report.html").string());
    if (run.output == Output::json) {
        fmt::print(streams.out, "{}", json);
    }
    return study.failed > 0 ? ExitCode::sweep : ExitCode::done;
}

}  // namespace margincall::inline cli
