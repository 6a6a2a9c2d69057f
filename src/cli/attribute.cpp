#include "cli/attribute.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <nlohmann/json.hpp>

#include "base/files.hpp"
#include "base/json_text.hpp"
#include "cli/attribution_text.hpp"
#include "cli/print_pdf.hpp"
#include "cli/report_problems.hpp"
#include "cli/run_files.hpp"
#include "cli/terminal.hpp"
#include "cli/world_folder.hpp"
#include "lab/attribution.hpp"
#include "lab/attribution_json.hpp"
#include "lab/bands.hpp"
#include "lab/gates_file.hpp"
#include "report/causes_page.hpp"
#include "report/run_limits.hpp"

namespace margincall::inline cli {
namespace {

namespace fs = std::filesystem;

AttributionRequest request_of(const AttributeOptions& options) {
    const RunOptions& run = options.run;
    AttributionRequest request;
    TaskRequest& task = request.scenario;
    std::error_code ignored;
    const bool folder = fs::is_directory(run.scenario, ignored);
    task.scenario = folder ? (fs::path(run.scenario) / "resolved.toml").string() : run.scenario;
    // Thousands of worlds; a folder's own size stays.
    const std::vector<std::string> given =
        folder ? run.overrides : reduced_unless_sized(run.overrides);
    if (!options.from.empty()) {
        task.overrides.push_back("mechanisms.off_after=" + options.from);
        task.overrides.push_back("clock.day_from=" + options.from);
    }
    if (!options.until.empty()) {
        task.overrides.push_back("clock.length=" + options.until);
        task.overrides.push_back("clock.day_to=" + options.until);
    }
    task.overrides.insert(task.overrides.end(), given.begin(), given.end());
    task.paths = run.paths.value_or(compared_paths);
    task.seed_from = run.seed;
    request.players = options.players;
    request.draw = !options.no_draw;
    return request;
}

// What the board summary shows beside the causes.
struct BoardInputs {
    std::string policies;               // text of policies.json; empty: none
    std::vector<std::string> verdicts;  // lines of `judge --json`; empty: none
};

Error no_board_input(const std::string& file, std::string message, std::string hint) {
    return file_error(file, "E504", std::move(message), std::move(hint));
}

std::expected<BoardInputs, Error> read_board_inputs(const AttributeOptions& options) {
    BoardInputs out;
    if (!options.policies.empty()) {
        auto text = read_input(options.policies, table_bytes_max);
        if (!text) {
            return std::unexpected(std::move(text.error()));
        }
        if (!is_policies_json(*text)) {
            return std::unexpected(
                no_board_input(options.policies,
                               "--policies: not the answer of `margincall policies`",
                               "give the policies.json of its folder"));
        }
        out.policies = std::move(*text);
    }
    if (!options.verdicts.empty()) {
        const auto text = read_input(options.verdicts, table_bytes_max);
        if (!text) {
            return std::unexpected(text.error());
        }
        out.verdicts = verdict_lines(*text);
        if (out.verdicts.empty()) {
            return std::unexpected(
                no_board_input(options.verdicts,
                               "--verdicts: not lines of `margincall judge --json`",
                               "margincall judge FILE --worlds DIR --json > verdicts.jsonl"));
        }
    }
    return out;
}

// How the scenario's limits stand in the worlds with everything in, as the board summary shows it; empty
// without limits or worlds.
std::string board_limits(const TaskList& list, const Held& held) {
    std::vector<PathRow> worlds;
    for (const PathRow& row : held.rows) {
        if (list.task(row.index).cell == 0) {
            worlds.push_back(row);
        }
    }
    if (worlds.empty() || list.base().limits.empty()) {
        return "";
    }
    return json_text(run_limits_json(summary_of(list.base().plan, worlds, list.base().limits)));
}

// What became of --pdf, in a line.
std::string pdf_line(const fs::path& folder) {
    const fs::path chromium = find_chromium();
    if (chromium.empty()) {
        return "no board.pdf: Chromium was not found on PATH (MARGINCALL_CHROMIUM names one); "
               "print board.html "
               "from any browser\n";
    }
    const auto done = print_pdf(chromium, folder / "board.html", folder / "board.pdf");
    return done ? fmt::format("board  {}\n", (folder / "board.pdf").string())
                : fmt::format("no board.pdf: {}\n", done.error());
}

ExitCode show(const AttributionPlan& plan,
              const fs::path& folder,
              const Held& held,
              const BoardInputs& beside,
              const AttributeOptions& options,
              Streams streams) {
    const RunOptions& run = options.run;
    const Attribution result = attribute(plan, held.rows);
    const PriceGates gates = shipped_price_gates();
    const std::string json = attribution_json(plan, result, gates);
    const std::string board = board_html(
        {json, board_limits(plan.list, held), beside.policies, beside.verdicts, run.command});
    if (const auto done = write_answers(folder,
                                        {{"attribution.json", json},
                                         {"attribution.csv", attribution_csv(result, gates)},
                                         {"report.html", attribution_html(json, run.command)},
                                         {"board.html", board}},
                                        run,
                                        streams);
        !done) {
        return done.error();
    }
    std::FILE* const human = run.output == Output::json ? streams.err : streams.out;
    print_fitting(human, attribution_text(plan, result, gates));
    fmt::print(human, "attribution  {}\n", folder.string());
    fmt::print(human, "report  {}\n", (folder / "report.html").string());
    fmt::print(human, "board  {}\n", (folder / "board.html").string());
    if (options.pdf) {
        fmt::print(human, "{}", pdf_line(folder));
    }
    if (run.output == Output::json) {
        fmt::print(streams.out, "{}", json);
    }
    return held.failed > 0 ? ExitCode::sweep : ExitCode::done;
}

}  // namespace

ExitCode attribute_causes(const AttributeOptions& options, Streams streams) {
    const RunOptions& run = options.run;
    const std::optional<Shard> shard = parse_shard(options.shard);
    if (!shard) {
        return wrong_shard("attribute", options.shard, streams);
    }
    const std::expected<BoardInputs, Error> beside = read_board_inputs(options);
    if (!beside) {
        return report_problems({beside.error()}, run.output, streams);
    }
    const std::expected<AttributionPlan, Errors> plan = plan_attribution(request_of(options));
    if (!plan) {
        return report_problems(plan.error(), run.output, streams);
    }
    if (!announce(plan->list.base(), run, streams)) {
        return ExitCode::scenario;
    }
    const fs::path folder =
        run.out.empty() ? folder_by_content("attributions", plan->list) : fs::path(run.out);
    if (const auto taken = folder_taken(folder, run, *shard)) {
        return report_problems({*taken}, run.output, streams);
    }
    return work_on(plan->list, folder, *shard, run, streams, [&](const Held& held) {
        return show(*plan, folder, held, *beside, options, streams);
    });
}

}  // namespace margincall::inline cli
