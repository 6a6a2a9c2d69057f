#include "cli/sweep.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <filesystem>
#include <map>
#include <nlohmann/json.hpp>
#include <random>

#include "base/files.hpp"
#include "base/json_text.hpp"
#include "base/random.hpp"
#include "cli/report_problems.hpp"
#include "cli/run_files.hpp"
#include "cli/run_folder.hpp"
#include "cli/terminal.hpp"
#include "cli/world_folder.hpp"
#include "lab/sweep_summary.hpp"
#include "lab/task_list.hpp"
#include "lab/worker_pool.hpp"
#include "lab/world_store.hpp"
#include "report/format.hpp"
#include "scenario/error_text.hpp"

namespace margincall::inline cli {
namespace {

namespace fs = std::filesystem;
using Json = nlohmann::ordered_json;

// What a row of the table on the terminal shows beside the values of its cell.
constexpr std::array table_metrics = {
    "btc_fall_open_to_low", "liquidated_true_usd", "adl_usd", "fund_min_usd"};

std::string cell_table(const TaskList& list, const SweepSummary& summary) {
    std::size_t width = 8;
    for (const Cell& cell : list.cells()) {
        width = std::max(width, display_width(fmt::format("{}", fmt::join(cell.set, "  "))));
    }
    std::string out = pad_right("cell", width + 2) + pad_left("paths", 6);
    for (const char* const name : table_metrics) {
        out += pad_left(metric_names[static_cast<std::size_t>(metric_index(name))].label, 40);
    }
    out += "\n";
    for (const CellSummary& cell : summary.cells) {
        const Summary& s = cell.summary;
        out +=
            pad_right(fmt::format("{}", fmt::join(list.cells()[cell.cell].set, "  ")), width + 2);
        out += pad_left(fmt::format("{}", s.seeds.size()), 6);
        for (const char* const name : table_metrics) {
            const MetricName& metric = metric_names[static_cast<std::size_t>(metric_index(name))];
            const Metric& value = s.metric(name);
            out += pad_left(fmt::format("{} [{} … {}]",
                                        format_metric(metric, value.value),
                                        format_metric(metric, value.p05),
                                        format_metric(metric, value.p95)),
                            40);
        }
        out += "\n";
    }
    return out;
}

// Writes summary.json and shows the table; the exit code of a folder in this state.
ExitCode sum_up(const fs::path& folder,
                const TaskList& list,
                const Held& held,
                Output output,
                Streams streams) {
    const SweepSummary summary = sweep_summary(list, held.rows, held.failed);
    if (auto done = write_whole(folder / "summary.json",
                                sweep_summary_json(list, summary),
                                "the worlds are kept; `margincall sweep join` sums up again");
        !done) {
        return report_problems({done.error()}, output, streams);
    }
    std::FILE* const human = output == Output::json ? streams.err : streams.out;
    print_fitting(human, cell_table(list, summary));
    print_fitting(human,
                  fmt::format("\nsweep  {}      {} of {} worlds, {} failed      digest {:016x}\n",
                              folder.string(),
                              summary.finished,
                              summary.worlds,
                              summary.failed,
                              summary.digest));
    if (output == Output::json) {
        Json line;
        line["sweep"] = folder.string();
        line["worlds"] = summary.worlds;
        line["finished"] = summary.finished;
        line["failed"] = summary.failed;
        line["digest"] = fmt::format("{:016x}", summary.digest);
        fmt::print(streams.out, "{}\n", json_text(line));
    }
    return summary.failed > 0 ? ExitCode::sweep : ExitCode::done;
}

}  // namespace

fs::path default_sweep_folder(const TaskList& list) {
    return folder_by_content("sweeps", list);
}

ExitCode sweep(const SweepOptions& options, Streams streams) {
    const RunOptions& run = options.run;
    const std::optional<Shard> shard = parse_shard(options.shard);
    if (!shard) {
        return wrong_shard("sweep", options.shard, streams);
    }
    TaskRequest request;
    request.scenario = run.scenario;
    request.overrides = run.overrides;
    request.paths = run.paths;
    request.seed_from = run.seed;
    for (const std::string& text : options.varies) {
        std::expected<Vary, Error> vary = parse_vary(text);
        if (!vary) {
            fmt::print(streams.err, "{}", error_text(vary.error()));
            return ExitCode::command_line;
        }
        request.varies.push_back(std::move(*vary));
    }
    const std::expected<TaskList, Errors> list = TaskList::make(std::move(request));
    if (!list) {
        return report_problems(list.error(), run.output, streams);
    }
    if (!announce(list->base(), run, streams)) {
        return ExitCode::scenario;
    }
    const fs::path folder = run.out.empty() ? default_sweep_folder(*list) : fs::path(run.out);
    if (const auto taken = folder_taken(folder, run, *shard)) {
        return report_problems({*taken}, run.output, streams);
    }
    return work_on(*list, folder, *shard, run, streams, [&](const Held& held) {
        return sum_up(folder, *list, held, run.output, streams);
    });
}

ExitCode sweep_resume(const SweepOptions& options, Streams streams) {
    const RunOptions& run = options.run;
    const std::optional<Shard> shard = parse_shard(options.shard);
    if (!shard) {
        return wrong_shard("sweep", options.shard, streams);
    }
    const fs::path folder = run.out;
    const std::expected<TaskList, Error> list = read_list(folder);
    if (!list) {
        return report_problems({list.error()}, run.output, streams);
    }
    std::error_code ignored;
    if (fs::exists(folder / "manifest.json", ignored)) {
        fmt::print(streams.err, "nothing is left to run: {} is finished\n", folder.string());
        return ExitCode::done;
    }
    return work_on(*list, folder, *shard, run, streams, [&](const Held& held) {
        return sum_up(folder, *list, held, run.output, streams);
    });
}

ExitCode sweep_status(const std::string& folder, Output output, Streams streams) {
    const std::expected<OpenedFolder, Error> opened = open_folder(folder);
    if (!opened) {
        return report_problems({opened.error()}, output, streams);
    }
    const std::uint64_t finished = opened->held.rows.size();
    const std::uint64_t left = opened->list.size() - finished - opened->held.failed;
    double seconds = 0.0;
    for (const PathRow& row : opened->held.rows) {
        seconds += row.summary.wall_s;
    }
    const double each = finished > 0 ? seconds / static_cast<double>(finished) : 0.0;
    if (output == Output::json) {
        Json line;
        line["worlds"] = opened->list.size();
        line["finished"] = finished;
        line["failed"] = opened->held.failed;
        line["left"] = left;
        line["seconds_a_world"] = each;
        fmt::print(streams.out, "{}\n", json_text(line));
    } else {
        fmt::print(streams.out,
                   "{}  {} cells × {} paths: {} finished, {} failed, {} left; {:.2f} s a world\n",
                   folder,
                   opened->list.cells().size(),
                   opened->list.paths(),
                   finished,
                   opened->held.failed,
                   left,
                   each);
    }
    return opened->held.failed > 0 ? ExitCode::sweep : ExitCode::done;
}

ExitCode sweep_verify(const SweepVerifyOptions& options, Streams streams) {
    const std::expected<OpenedFolder, Error> opened = open_folder(options.folder);
    if (!opened) {
        return report_problems({opened.error()}, options.output, streams);
    }
    const std::vector<PathRow>& rows = opened->held.rows;
    if (rows.empty()) {
        fmt::print(streams.err, "{}: no finished world\n", options.folder);
        return ExitCode::input;
    }
    const std::uint64_t seed = options.seed.value_or(std::random_device{}());
    const auto wanted = std::clamp<std::size_t>(
        static_cast<std::size_t>(
            std::ceil(static_cast<double>(rows.size()) * options.percent * 0.01)),
        1,
        rows.size());
    // A random choice without repetition (Floyd's), in the order of the worlds.
    Rng rng{seed, 0, Purpose::choice};
    std::vector<std::size_t> chosen;
    for (std::size_t j = rows.size() - wanted; j < rows.size(); ++j) {
        const std::size_t pick = rng.below(j + 1);
        chosen.push_back(std::ranges::find(chosen, pick) == chosen.end() ? pick : j);
    }
    std::ranges::sort(chosen);
    std::uint64_t different = 0;
    for (const std::size_t k : chosen) {
        const PathRow& row = rows[k];
        const Task task = opened->list.task(row.index);
        const Plan plan = opened->list.plan_of(task);
        MemoryRecorder recorder(plan);
        RunTotals totals;
        PathRow again = world_row(task, plan, recorder, totals, nullptr, options.command.c_str());
        // Time, memory and version are the machine's.
        again.summary.wall_s = row.summary.wall_s;
        again.summary.peak_rss_mb = row.summary.peak_rss_mb;
        again.summary.version = row.summary.version;
        const bool same = path_row_json(again) == path_row_json(row);
        different += same ? 0 : 1;
        fmt::print(options.output == Output::json ? streams.err : streams.out,
                   "world {} (seed {}): {:016x} {}\n",
                   row.index,
                   row.seed,
                   again.summary.digest,
                   same                                         ? "equal"
                   : again.summary.digest != row.summary.digest ? "DIFFERENT digest"
                                                                : "DIFFERENT figures");
    }
    if (options.output == Output::json) {
        Json line{{"verified", chosen.size()}, {"different", different}, {"choice_seed", seed}};
        fmt::print(streams.out, "{}\n", json_text(line));
    } else {
        fmt::print(streams.out,
                   "{} of {} worlds run again, {} different (choice seed {})\n",
                   chosen.size(),
                   rows.size(),
                   different,
                   seed);
    }
    return different > 0 ? ExitCode::difference : ExitCode::done;
}

ExitCode sweep_join(const std::vector<std::string>& folders, Output output, Streams streams) {
    const fs::path into = folders.front();
    std::expected<OpenedFolder, Error> opened = open_folder(into);
    if (!opened) {
        return report_problems({opened.error()}, output, streams);
    }
    {
        // A part of its own, which nothing that runs worlds writes.
        const std::expected<WorldPart, Error> part = WorldPart::open_free(into, "joined");
        if (!part) {
            return report_problems({part.error()}, output, streams);
        }
        std::map<std::string, std::uint64_t> there = read_keys(into);
        for (std::size_t k = 1; k < folders.size(); ++k) {
            std::expected<OpenedFolder, Error> more = open_folder(folders[k]);
            if (!more) {
                return report_problems({more.error()}, output, streams);
            }
            if (more->list.hash() != opened->list.hash()) {
                return report_problems({file_error(folders[k],
                                                   "E711",
                                                   "the folder was begun for something else",
                                                   "only folders of one command can be joined")},
                                       output,
                                       streams);
            }
            for (const PathRow& row : more->held.rows) {
                const auto [at, fresh] = there.emplace(row.key, row.summary.digest);
                if (at->second != row.summary.digest) {
                    return report_problems(
                        {file_error(
                            folders[k],
                            "E713",
                            fmt::format(
                                "world {} has another digest than in {}", row.key, folders[0]),
                            "the machines that ran it do not agree: margincall sweep verify")},
                        output,
                        streams);
                }
                if (!fresh) {
                    continue;
                }
                if (auto done = part->append(row); !done) {
                    return report_problems({done.error()}, output, streams);
                }
            }
        }
    }
    opened = open_folder(into);
    if (!opened) {
        return report_problems({opened.error()}, output, streams);
    }
    return sum_up(into, opened->list, opened->held, output, streams);
}

}  // namespace margincall::inline cli
