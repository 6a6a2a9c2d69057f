#include "cli/run_paths.hpp"

#include <fmt/format.h>

#include <filesystem>
#include <memory>
#include <utility>

#include "base/check.hpp"
#include "cli/machine.hpp"
#include "cli/pool_watch.hpp"
#include "cli/report_problems.hpp"
#include "cli/run_files.hpp"
#include "lab/bands.hpp"
#include "lab/gates_file.hpp"
#include "lab/task_list.hpp"
#include "lab/worker_pool.hpp"
#include "lab/world_store.hpp"

namespace margincall::inline cli {
namespace {

namespace fs = std::filesystem;

Error unfinished(const fs::path& working) {
    return file_error(working.string(),
                      "E714",
                      "the same run was begun before and is not finished",
                      "--resume goes on with it; or remove the folder");
}

// The first path's tables: kept by this process, or made again from plan and seed when an earlier
// process ran it.
KeptWorld first_world(const TaskList& list, WorldsResult& pool, const RunOptions& options) {
    if (pool.kept) {
        return std::move(*pool.kept);
    }
    KeptWorld kept;
    kept.recorder = std::make_unique<MemoryRecorder>(list.base().plan);
    kept.totals =
        run_world(list.base().plan, kept.recorder.get(), nullptr, options.command.c_str());
    return kept;
}

// Ends a run whose worlds are all there: files, name, terminal.
ExitCode close_run(const TaskList& list,
                   std::vector<PathRow> rows,
                   WorldsResult& pool,
                   RunFolder folder,
                   const std::string& started,
                   const RunOptions& options,
                   StepWatch& steps,
                   Streams streams) {
    steps.begin("writing the run folder");
    const PathBands bands = bands_of(rows);
    RunResult result;
    result.compiled = &list.base();
    result.bands = &bands;
    result.started = started;
    result.summary = summary_of(list.base().plan, rows, list.base().limits);
    result.summary.price_gates = shipped_price_gates();
    result.summary.failed = static_cast<std::int64_t>(pool.progress.failed);
    KeptWorld first;
    const bool first_there = rows.front().index == 0;
    if (options.record == Record::yes && first_there) {
        first = first_world(list, pool, options);
        CHECK(first.totals.digest == rows.front().summary.digest);
        result.recorder = first.recorder.get();
        result.totals = first.totals;
    }
    std::expected<void, Error> kept = write_run_files(folder, options, result);
    if (kept) {
        kept = folder.finish();
    }
    steps.end();
    if (!kept) {
        return report_problems(
            {folder.keep_unfinished(std::move(kept.error()))}, options.output, streams);
    }
    show_run(options, result, folder.final_path(), streams);
    if (pool.progress.failed > 0) {
        fmt::print(streams.err,
                   "{} of {} paths failed; reasons in {}\n",
                   pool.progress.failed,
                   pool.progress.worlds,
                   (folder.final_path() / "failed.jsonl").string());
        return ExitCode::sweep;
    }
    return ExitCode::done;
}

}  // namespace

ExitCode run_paths(const RunOptions& options, StepWatch& steps, Streams streams) {
    TaskRequest request;
    request.scenario = options.scenario;
    request.overrides = options.overrides;
    request.paths = options.paths;
    request.seed_from = options.seed;
    std::expected<TaskList, Errors> list = TaskList::make(std::move(request));
    if (!list) {
        return report_problems(list.error(), options.output, streams);
    }
    const Plan& plan = list->base().plan;
    const fs::path final = run_path(options, plan, "");
    fs::path working = final;
    working += ".partial";
    std::error_code ignored;
    if (fs::exists(working, ignored) && !options.resume) {
        return report_problems({unfinished(working)}, options.output, streams);
    }
    if (options.resume && !fs::exists(working, ignored) &&
        fs::exists(final / "manifest.json", ignored)) {
        fmt::print(streams.err, "nothing is left to run: {} is finished\n", final.string());
        return ExitCode::done;
    }
    const std::string started = utc_now("{:%Y-%m-%dT%H:%M:%SZ}");
    std::expected<WorldStore, Error> store = WorldStore::open(working, *list, Shard{});
    if (!store) {
        return report_problems({store.error()}, options.output, streams);
    }
    PoolOptions pool_options;
    pool_options.workers = worker_count(options.workers);
    pool_options.retry_failed = options.retry_failed;
    pool_options.command = options.command;
    if (options.record == Record::yes) {
        pool_options.keep_tables_of = 0;
    }
    PoolWatch watch(
        progress_style(options.loudness, options.progress, streams.err), streams.err, "paths");
    WorldsResult pool = run_worlds(
        *list, *store, pool_options, [&](const PoolProgress& now) { return watch(now); });
    watch.finish();
    if (pool.error) {
        return report_problems({*pool.error}, options.output, streams);
    }
    std::expected<std::vector<PathRow>, Error> rows = read_worlds(working);
    if (!rows) {
        return report_problems({rows.error()}, options.output, streams);
    }
    if (pool.stopped) {
        fmt::print(
            streams.err,
            "interrupted: {} of {} paths are kept in {}; the same command with --resume goes on\n",
            rows->size(),
            list->size(),
            working.string());
        return ExitCode::interrupted;
    }
    if (rows->empty()) {
        fmt::print(streams.err,
                   "all {} paths failed; reasons in {}\n",
                   list->size(),
                   (working / "failed.jsonl").string());
        return ExitCode::sweep;
    }
    store->drop_half_written();
    RunFolder folder = RunFolder::adopt(working, final);
    for (const std::string& name : WorldStore::files(working)) {
        (void)folder.file(name);  // they are the folder's as well
    }
    return close_run(
        *list, std::move(*rows), pool, std::move(folder), started, options, steps, streams);
}

}  // namespace margincall::inline cli
