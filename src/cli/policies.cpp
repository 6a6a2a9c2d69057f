#include "cli/policies.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <array>
#include <filesystem>

#include "cli/report_problems.hpp"
#include "cli/run_files.hpp"
#include "cli/run_folder.hpp"
#include "cli/terminal.hpp"
#include "cli/world_folder.hpp"
#include "lab/gates_file.hpp"
#include "lab/policy_json.hpp"
#include "report/causes_page.hpp"
#include "report/format.hpp"

namespace margincall::inline cli {
namespace {

namespace fs = std::filesystem;

// What the table on the terminal shows; the files have every figure.
constexpr std::array shown_metrics = {std::string_view{"btc_fall_open_to_low"},
                                      std::string_view{"liquidated_true_usd"},
                                      std::string_view{"accounts_true"},
                                      std::string_view{"adl_usd"},
                                      std::string_view{"bad_debt_usd"}};
struct ShownFigure {
    const MetricName* metric = nullptr;
    std::size_t figure = 0;  // of policy_figures()
};
std::array<ShownFigure, shown_metrics.size()> shown_figures() {
    std::array<ShownFigure, shown_metrics.size()> out;
    for (std::size_t k = 0; k < out.size(); ++k) {
        const auto figure =
            std::ranges::find(policy_figures(), shown_metrics[k], &PolicyFigure::metric);
        out[k] = {&metric_names[static_cast<std::size_t>(metric_index(shown_metrics[k]))],
                  static_cast<std::size_t>(figure - policy_figures().begin())};
    }
    return out;
}

std::expected<std::vector<Policy>, Errors> chosen_policies(const PoliciesOptions& options) {
    std::expected<std::vector<Policy>, Errors> all = read_policies(options.policies);
    if (!all || options.only.empty()) {
        return all;
    }
    std::vector<Policy> out;
    for (const std::string& name : options.only) {
        const auto found = std::ranges::find(*all, name, &Policy::name);
        if (found == all->end()) {
            std::vector<std::string> known;
            for (const Policy& policy : *all) {
                known.push_back(policy.name);
            }
            return std::unexpected(
                Errors{file_error(options.policies,
                                  "E741",
                                  fmt::format("--only: there is no policy \"{}\"", name),
                                  fmt::format("{}", fmt::join(known, ", ")))});
        }
        out.push_back(*found);
    }
    return out;
}

PolicyRequest request_of(const PoliciesOptions& options,
                         const std::string& file,
                         const std::vector<Policy>& policies) {
    PolicyRequest request;
    request.scenario = compared_request(options.run, file);
    request.policies = policies;
    request.draw = !options.no_draw;
    return request;
}

std::string change_text(const MetricName& metric, const PolicyChange& change) {
    return change.change.n == 0 ? std::string{no_data}
                                : fmt::format("{} {}",
                                              format_metric(metric, change.change.mean),
                                              effect_word(change.effect));
}

std::string day_text(const DayTable& day, const std::vector<Policy>& policies) {
    const Plan& plan = day.day->list.base().plan;
    std::string out = fmt::format("\n{}{}, {} seeds; change of the mean with each policy\n",
                                  plan.title,
                                  day.quiet ? " (quiet day: the cost)" : "",
                                  day.table.seeds);
    std::string head = pad_right("policy", 40);
    std::string today = pad_right("   today's rules", 40);
    for (const ShownFigure& shown : shown_figures()) {
        head += pad_left(shown.metric->label, 28);
        const MeanSpread& before = day.table.policies.front().changes[shown.figure].before;
        today += pad_left(
            before.n == 0 ? std::string{no_data} : format_metric(*shown.metric, before.mean), 28);
    }
    out += head + "\n" + today + "\n";
    for (std::size_t k = 0; k < policies.size(); ++k) {
        out += pad_right("   " + policies[k].label, 40);
        for (const ShownFigure& shown : shown_figures()) {
            out += pad_left(change_text(*shown.metric, day.table.policies[k].changes[shown.figure]),
                            28);
        }
        out += "\n";
    }
    return out;
}

std::string ranking_text(const std::vector<DayTable>& days, const std::vector<Policy>& policies) {
    const std::vector<PolicyTable> crashes = crash_tables(days);
    if (crashes.empty()) {
        return "";
    }
    std::string out = "\nfrom what helps most to what harms most, over the crash days:\n";
    const auto listed = [&](const std::vector<std::size_t>& which) {
        std::vector<std::string> labels;
        for (const std::size_t k : which) {
            labels.push_back(policies[k].name);
        }
        return labels.empty() ? std::string{"none"} : fmt::format("{}", fmt::join(labels, ", "));
    };
    for (const ShownFigure& shown : shown_figures()) {
        const Ranking ranking = rank_policies(crashes, shown.figure);
        out += fmt::format("   {}: {}\n", shown.metric->label, listed(ranking.order));
        if (!ranking.flips.empty()) {
            out += fmt::format("      in no order, because the sign flips between days: {}\n",
                               listed(ranking.flips));
        }
    }
    return out;
}

}  // namespace

ExitCode policy_laboratory(const PoliciesOptions& options, Streams streams) {
    const RunOptions& run = options.run;
    const std::expected<std::vector<Policy>, Errors> policies = chosen_policies(options);
    if (!policies) {
        return report_problems(policies.error(), run.output, streams);
    }
    std::vector<std::pair<std::string, bool>> files;  // and whether quiet
    for (const std::string& file : options.days) {
        files.emplace_back(file, false);
    }
    for (const std::string& file : options.quiet) {
        files.emplace_back(file, true);
    }
    std::vector<PolicyDay> planned;
    for (const auto& [file, quiet] : files) {
        std::expected<PolicyDay, Errors> day =
            plan_policy_day(request_of(options, file, *policies));
        if (!day) {
            return report_problems(day.error(), run.output, streams);
        }
        planned.push_back(std::move(*day));
    }
    const fs::path folder = run.out.empty() ? fs::path("policies") : fs::path(run.out);
    std::vector<DayTable> days;
    std::uint64_t failed = 0;
    for (std::size_t k = 0; k < planned.size(); ++k) {
        const TaskList& list = planned[k].list;
        if (!announce(list.base(), run, streams)) {
            return ExitCode::scenario;
        }
        const fs::path place = folder / safe_name(list.base().plan.name);
        if (const auto taken = folder_taken(place, run, {})) {
            return report_problems({*taken}, run.output, streams);
        }
        const ExitCode code = work_on(list, place, {}, run, streams, [&](const Held& held) {
            days.push_back({&planned[k], policy_table(planned[k], held.rows), files[k].second});
            failed += held.failed;
            return ExitCode::done;
        });
        if (code != ExitCode::done) {
            return code;
        }
    }
    const PriceGates gates = shipped_price_gates();
    const std::string json = policies_json(*policies, days, gates);
    if (const auto done = write_answers(folder,
                                        {{"policies.json", json},
                                         {"policies.csv", policies_csv(*policies, days)},
                                         {"report.html", policies_html(json, run.command)}},
                                        run,
                                        streams);
        !done) {
        return done.error();
    }
    std::FILE* const human = run.output == Output::json ? streams.err : streams.out;
    std::string text;
    for (const DayTable& day : days) {
        text += day_text(day, *policies);
    }
    text += ranking_text(days, *policies);
    if (gates.state != "met") {
        text += fmt::format("\nwhat is said of prices is void: {}\n", gates.reason);
    }
    print_fitting(human, text);
    fmt::print(human, "policies  {}\n", folder.string());
    fmt::print(human, "report  {}\n", (folder / "report.html").string());
    if (run.output == Output::json) {
        fmt::print(streams.out, "{}", json);
    }
    return failed > 0 ? ExitCode::sweep : ExitCode::done;
}

}  // namespace margincall::inline cli
