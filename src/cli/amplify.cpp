// `margincall amplify`: pairs of worlds with mechanisms taken out, and the quotients of their falls
// (lab/amplification.hpp). Worlds are those of a sweep and are kept like them.
#include <fmt/format.h>

#include <filesystem>
#include <nlohmann/json.hpp>

#include "base/files.hpp"
#include "base/json_text.hpp"
#include "cli/cause_commands.hpp"
#include "cli/moment_option.hpp"
#include "cli/report_problems.hpp"
#include "cli/run_files.hpp"
#include "cli/study.hpp"
#include "cli/terminal.hpp"
#include "cli/world_folder.hpp"
#include "lab/amplification.hpp"
#include "lab/gates_file.hpp"
#include "report/format.hpp"

namespace margincall::inline cli {
namespace {

namespace fs = std::filesystem;
using Json = nlohmann::ordered_json;

Json amplified_json(const AmplificationRow& row) {
    const AmplificationLevel& level = amplification_levels[row.level];
    Json out{{"figure", level.name},
             {"at", fall_words[static_cast<std::size_t>(row.at)]},
             {"ratio", seed_quantiles_json(row.ratio)},
             {"difference", seed_quantiles_json(row.difference)},
             {"correlation", row.correlation ? Json(*row.correlation) : Json(nullptr)}};
    out["pairs"] = Json::array();
    for (const FallPair& pair : row.pairs) {
        const std::optional<double> ratio = pair.ratio();
        out["pairs"].push_back({{"seed", pair.seed},
                                {"whole", pair.whole},
                                {"without", pair.without},
                                {"ratio", ratio ? Json(*ratio) : Json(nullptr)}});
    }
    return out;
}

std::string ratio_text(const std::optional<double>& value) {
    return value ? fmt::format("{:.3f}", *value) : std::string{no_data};
}
std::string points_text(const std::optional<double>& value) {
    return value ? fmt::format("{:+.2f}", 100.0 * *value) : std::string{no_data};
}

std::string amplified_table(const std::vector<AmplificationRow>& rows, std::int64_t paths) {
    std::string out = pad_right("", 13) + pad_right("", 29) + pad_left("pairs", 8) +
                      pad_left("median", 9) + pad_left("[5 % … 95 %]", 20) + pad_left("error", 9) +
                      pad_left("points deeper", 26) + pad_left("correlation", 13) + "\n";
    for (const AmplificationRow& row : rows) {
        const SeedQuantiles& r = row.ratio;
        const SeedQuantiles& d = row.difference;
        out += pad_right(amplification_levels[row.level].name, 13) +
               pad_right(fall_words[static_cast<std::size_t>(row.at)], 29) +
               pad_left(fmt::format("{}/{}", r.n, paths), 8) + pad_left(ratio_text(r.p50), 9) +
               pad_left(fmt::format("[{} … {}]", ratio_text(r.p05), ratio_text(r.p95)), 20) +
               pad_left(r.se ? fmt::format("±{:.3f}", *r.se) : "", 9) +
               pad_left(
                   fmt::format(
                       "{} [{} … {}]", points_text(d.p50), points_text(d.p05), points_text(d.p95)),
                   26) +
               pad_left(
                   row.correlation ? fmt::format("{:.2f}", *row.correlation) : std::string{no_data},
                   13) +
               "\n";
    }
    return out;
}

std::string off_text(const std::string& from) {
    std::string out =
        from.empty() ? "taken out from the start:\n"
                     : fmt::format("taken out from {} on; falls are from the price then:\n", from);
    for (const AmplificationLevel& level : amplification_levels) {
        out += fmt::format("  {}{}  ({})\n", pad_right(level.name, 13), level.words, level.off);
    }
    return out;
}

// Overrides that make everything begin at `from`.
std::expected<std::vector<std::string>, ExitCode> from_overrides(const CauseOptions& options,
                                                                 Streams streams) {
    if (options.from.empty()) {
        return std::vector<std::string>{};
    }
    const auto compiled = compile_scenario(options.run.scenario, options.run.overrides);
    if (!compiled) {
        return std::unexpected(report_problems(compiled.error(), options.run.output, streams));
    }
    const auto from = parse_moment(options.from, compiled->plan);
    if (!from || *from - SimTime{} >= compiled->plan.day_to) {
        return std::unexpected(wrong_cause_option(
            streams,
            "--from: " +
                (from ? "the window of the day's figures has ended by then" : from.error()),
            "--from 2025-10-10T20:50:00Z, or --from \"45 h\""));
    }
    const std::int64_t s = from->ns() / 1'000'000'000;
    return std::vector{fmt::format("mechanisms.off_after={} s", s),
                       fmt::format("clock.day_from={} s", s)};
}

ExitCode sum_up_pairs(const TaskList& list,
                      const fs::path& folder,
                      const Held& held,
                      const CauseOptions& options,
                      Streams streams) {
    const std::vector<AmplificationRow> rows = amplification(held.rows, list.paths());
    const PriceGates gates = shipped_price_gates();
    Json root;
    root["format"] = 1;
    root["scenario"] = list.base().plan.name;
    root["scenario_hash"] = list.base().plan.scenario_hash;
    root["seed_from"] = list.seed_from();
    root["paths"] = list.paths();
    root["from"] = options.from.empty() ? Json(nullptr) : Json(options.from);
    root["least_fall"] = least_fall;
    root["price_gates"] = {{"state", gates.state}, {"reason", gates.reason}};
    root["off"] = Json::array();
    for (const AmplificationLevel& level : amplification_levels) {
        root["off"].push_back({{"figure", level.name}, {"set", level.off}, {"words", level.words}});
    }
    root["rows"] = Json::array();
    for (const AmplificationRow& row : rows) {
        root["rows"].push_back(amplified_json(row));
    }
    if (auto done =
            write_whole(folder / "amplification.json",
                        json_text(root, 1) + "\n",
                        "the worlds are kept; the same command with --resume sums up again");
        !done) {
        return report_problems({done.error()}, options.run.output, streams);
    }
    std::FILE* const human = options.run.output == Output::json ? streams.err : streams.out;
    print_fitting(human, amplified_table(rows, list.paths()));
    print_fitting(human, "\n" + off_text(options.from));
    fmt::print(
        human,
        "A pair counts where the market without falls {} or more; points: fall with less fall "
        "without.\n",
        format_percent(least_fall));
    if (!gates.reason.empty()) {
        fmt::print(human, "What these figures say of prices is not a finding: {}.\n", gates.reason);
    }
    fmt::print(human, "\namplify  {}\n", (folder / "amplification.json").string());
    if (options.run.output == Output::json) {
        for (const AmplificationRow& row : rows) {
            fmt::print(streams.out, "{}\n", json_text(amplified_json(row)));
        }
    }
    return held.failed > 0 ? ExitCode::sweep : ExitCode::done;
}

}  // namespace

ExitCode amplify(const CauseOptions& options, Streams streams) {
    const RunOptions& run = options.run;
    const auto from = from_overrides(options, streams);
    if (!from) {
        return from.error();
    }
    TaskRequest request;
    request.scenario = run.scenario;
    request.overrides = run.overrides;
    request.overrides.insert(request.overrides.end(), from->begin(), from->end());
    request.paths = run.paths;
    request.seed_from = run.seed;
    request.points = amplification_points();
    const std::expected<TaskList, Errors> list = TaskList::make(std::move(request));
    if (!list) {
        return report_problems(list.error(), run.output, streams);
    }
    if (!announce(list->base(), run, streams)) {
        return ExitCode::scenario;
    }
    const fs::path folder = study_folder(run, "amplify", list->base().plan, list->hash());
    if (const auto taken = folder_taken(folder, run, Shard{})) {
        return report_problems({*taken}, run.output, streams);
    }
    return work_on(*list, folder, Shard{}, run, streams, [&](const Held& held) {
        return sum_up_pairs(*list, folder, held, options, streams);
    });
}

}  // namespace margincall::inline cli
