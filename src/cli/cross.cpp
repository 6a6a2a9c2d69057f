// `margincall cross`: two days' states and events in all four ways (lab/cross.hpp).
#include "lab/cross.hpp"

#include <fmt/format.h>

#include <cmath>
#include <filesystem>

#include "cli/experiment_commands.hpp"
#include "cli/report_problems.hpp"
#include "cli/run_files.hpp"
#include "cli/run_folder.hpp"
#include "cli/study.hpp"
#include "cli/terminal.hpp"
#include "cli/world_folder.hpp"
#include "lab/gates_file.hpp"
#include "report/causes_page.hpp"
#include "report/format.hpp"

namespace margincall::inline cli {
namespace {

namespace fs = std::filesystem;

std::string crossed_value(const std::string& unit, double value) {
    return unit == "USD"        ? format_money(value)
           : unit == "fraction" ? format_percent(value)
                                : fmt::format("{}{}",
                                              value < 0.0 ? minus_sign : "",
                                              format_count(std::abs(std::round(value))));
}

std::string effect_text(const std::string& unit, const PairedEffect& effect) {
    if (effect.state == EffectState::unknown || effect.state == EffectState::none) {
        return std::string{effect_state_word(effect.state)};
    }
    return fmt::format("{} [{} … {}]{}",
                       crossed_value(unit, effect.mean),
                       crossed_value(unit, effect.low),
                       crossed_value(unit, effect.high),
                       effect.known() ? "" : " not known");
}

std::string cross_text(const CrossPlan& plan, const CrossResult& result, const PriceGates& gates) {
    std::string out = fmt::format(
        "state of {0} or {1}, events of {0} or {1}: 4 cells x {2} seeds from {3}, {4:.2f} core "
        "hours\n",
        plan.names[0],
        plan.names[1],
        result.seeds,
        plan.lists.front().seed_from(),
        result.core_hours);
    if (gates.state != "met") {
        out += fmt::format("what is said of prices is void: {}\n", gates.reason);
    }
    for (const CrossFigure& figure : result.figures) {
        out += fmt::format("\n{}\n", figure.label);
        for (std::size_t cell = 0; cell < 4; ++cell) {
            const MeanSpread& spread = figure.cells[cell];
            out +=
                pad_right(fmt::format(
                              "   state {}, events {}", plan.names[cell / 2], plan.names[cell % 2]),
                          46) +
                (spread.n == 0 ? std::string{no_data}
                               : fmt::format("{} [{} … {}]",
                                             crossed_value(figure.unit, spread.mean),
                                             crossed_value(figure.unit, spread.p05),
                                             crossed_value(figure.unit, spread.p95))) +
                "\n";
        }
        for (const auto& [what, effect] :
             {std::pair{fmt::format("   events of {} instead", plan.names[1]), &figure.events},
              std::pair{fmt::format("   state of {} instead", plan.names[1]), &figure.state},
              std::pair{std::string{"   interaction"}, &figure.interaction}}) {
            out += pad_right(what, 46) + effect_text(figure.unit, *effect) + "\n";
        }
    }
    out +=
        "\ncells: mean [5 … 95 % of the seeds]; effects: mean of the seeds' differences [90 % "
        "interval]\n";
    return out;
}

}  // namespace

ExitCode cross_days(const ExperimentOptions& options, Streams streams) {
    const RunOptions& run = options.run;
    CrossRequest request;
    request.days = {options.days.front(), options.days.back()};
    request.overrides = reduced_unless_sized(run.overrides);
    request.paths = run.paths.value_or(compared_paths);
    request.seed_from = run.seed;
    request.draw = !options.no_draw;
    const std::expected<CrossPlan, Errors> plan = plan_cross(request);
    if (!plan) {
        return report_problems(plan.error(), run.output, streams);
    }
    std::string hashes;
    for (const TaskList& list : plan->lists) {
        hashes += list.hash();
    }
    const fs::path folder =
        study_folder(run, "cross", plan->lists.front().base().plan, text_hash(hashes));
    std::vector<std::vector<PathRow>> rows;
    std::uint64_t failed = 0;
    for (std::size_t cell = 0; cell < plan->lists.size(); ++cell) {
        const TaskList& list = plan->lists[cell];
        RunOptions named = run;
        named.scenario = cross_name(*plan, cell);
        if (!announce(list.base(), named, streams)) {
            return ExitCode::scenario;
        }
        const fs::path place = folder / safe_name(named.scenario);
        if (const auto taken = folder_taken(place, run, Shard{})) {
            return report_problems({*taken}, run.output, streams);
        }
        const ExitCode code = work_on(list, place, Shard{}, run, streams, [&](const Held& held) {
            rows.push_back(held.rows);
            failed += held.failed;
            return ExitCode::done;
        });
        if (code != ExitCode::done) {
            return code;
        }
    }
    const CrossResult result = cross_result(*plan, rows);
    const PriceGates gates = shipped_price_gates();
    const std::string json = cross_json(*plan, result, gates);
    if (const auto done = write_answers(folder,
                                        {{"cross.json", json},
                                         {"cross.csv", cross_csv(*plan, result)},
                                         {"report.html", cross_html(json, run.command)}},
                                        run,
                                        streams);
        !done) {
        return done.error();
    }
    std::FILE* const human = run.output == Output::json ? streams.err : streams.out;
    print_fitting(human, cross_text(*plan, result, gates));
    fmt::print(human,
               "cross  {}\nreport  {}\n",
               (folder / "cross.json").string(),
               (folder / "report.html").string());
    if (run.output == Output::json) {
        fmt::print(streams.out, "{}", json);
    }
    return failed > 0 ? ExitCode::sweep : ExitCode::done;
}

}  // namespace margincall::inline cli
