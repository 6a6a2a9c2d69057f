// `margincall externality`: worlds with a part of each owner group not there (lab/externality.hpp).
#include "lab/externality.hpp"

#include <fmt/format.h>

#include <cmath>
#include <filesystem>

#include "cli/experiment_commands.hpp"
#include "cli/report_problems.hpp"
#include "cli/run_files.hpp"
#include "cli/study.hpp"
#include "cli/terminal.hpp"
#include "cli/world_folder.hpp"
#include "report/causes_page.hpp"
#include "report/format.hpp"

namespace margincall::inline cli {
namespace {

namespace fs = std::filesystem;

// Dollars for a million dollars of open interest: most are a few cents a dollar or less.
std::string per_million(const PairedEffect& effect) {
    if (effect.state == EffectState::unknown || effect.state == EffectState::none) {
        return std::string{effect_state_word(effect.state)};
    }
    const auto text = [](double dollars) { return format_money(std::round(dollars * 1e6)); };
    return fmt::format("{} [{} … {}]", text(effect.mean), text(effect.low), text(effect.high));
}

std::string known_text(const PairedEffect& effect, const std::string& value) {
    return effect.known() ? value : std::string{effect_state_word(effect.state)};
}

std::string externality_text(const ExternalityPlan& plan, const Externality& result) {
    std::string out = fmt::format(
        "{}\n{} groups x {} seeds from {}, each with {} of its open interest not there; {:.2f} "
        "core "
        "hours\n",
        plan.list.base().plan.title,
        plan.groups.size(),
        result.seeds,
        plan.list.seed_from(),
        format_percent(plan.step),
        result.core_hours);
    for (std::size_t f = 0; f < externality_figures.size(); ++f) {
        out += fmt::format("   {}: {} [{} … {}]\n",
                           externality_figures[f].label,
                           format_money(result.whole[f].mean),
                           format_money(result.whole[f].p05),
                           format_money(result.whole[f].p95));
    }
    constexpr std::size_t loss = 0;
    constexpr std::size_t adl = 3;
    static_assert(externality_figures[loss].name == "loss" &&
                  externality_figures[adl].name == "adl");
    out += "\nfor a million dollars of a group's open interest, means and 90 % intervals:\n" +
           pad_right("   group", 28) + pad_left("open interest", 16) +
           pad_left("add-on: loss beyond margin", 40) + pad_left("add-on", 15) +
           pad_left("auto-deleveraged", 40) + pad_left("contribution", 18) + "\n";
    for (std::size_t g = 0; g < plan.groups.size(); ++g) {
        const GroupEffect& effect = result.groups[g];
        const PairedEffect& margin = effect.per_dollar[loss];
        out += pad_right(fmt::format("   {}: {}", plan.groups[g].way, plan.groups[g].name), 28) +
               pad_left(format_money(effect.open_interest_usd.mean), 16) +
               pad_left(per_million(margin), 40) +
               pad_left(known_text(margin, format_money(std::round(margin.mean * 1e6))), 15) +
               pad_left(per_million(effect.per_dollar[adl]), 40) +
               pad_left(known_text(effect.contribution[loss],
                                   format_money(effect.contribution[loss].mean)),
                        18) +
               "\n";
    }
    out +=
        "\nnot known: the interval holds 0. The contribution is the add-on times the group's open "
        "interest, to first order.\n";
    return out;
}

}  // namespace

ExitCode price_externality(const ExperimentOptions& options, Streams streams) {
    const RunOptions& run = options.run;
    ExternalityRequest request;
    request.scenario = compared_request(run, run.scenario);
    request.ways = options.ways;
    request.step = options.step_percent / 100.0;
    request.draw = !options.no_draw;
    const std::expected<ExternalityPlan, Errors> plan = plan_externality(request);
    if (!plan) {
        return report_problems(plan.error(), run.output, streams);
    }
    const TaskList& list = plan->list;
    if (!announce(list.base(), run, streams)) {
        return ExitCode::scenario;
    }
    const fs::path folder = study_folder(run, "externality", list.base().plan, list.hash());
    if (const auto taken = folder_taken(folder, run, Shard{})) {
        return report_problems({*taken}, run.output, streams);
    }
    return work_on(list, folder, Shard{}, run, streams, [&](const Held& held) {
        const Externality result = externality(*plan, held.rows);
        const std::string json = externality_json(*plan, result);
        if (const auto done = write_answers(folder,
                                            {{"externality.json", json},
                                             {"externality.csv", externality_csv(*plan, result)},
                                             {"report.html", externality_html(json, run.command)}},
                                            run,
                                            streams);
            !done) {
            return done.error();
        }
        std::FILE* const human = run.output == Output::json ? streams.err : streams.out;
        print_fitting(human, externality_text(*plan, result));
        fmt::print(human,
                   "externality  {}\nreport  {}\n",
                   (folder / "externality.json").string(),
                   (folder / "report.html").string());
        if (run.output == Output::json) {
            fmt::print(streams.out, "{}", json);
        }
        return held.failed > 0 ? ExitCode::sweep : ExitCode::done;
    });
}

}  // namespace margincall::inline cli
