#include "cli/world_folder.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <utility>

#include "base/files.hpp"
#include "cli/interrupt.hpp"
#include "cli/pool_watch.hpp"
#include "cli/report_problems.hpp"
#include "cli/run_files.hpp"
#include "cli/run_folder.hpp"
#include "lab/worker_pool.hpp"
#include "plan/world_size.hpp"

namespace margincall::inline cli {
namespace {

namespace fs = std::filesystem;

}  // namespace

std::optional<Shard> parse_shard(const std::string& text) {
    if (text.empty()) {
        return Shard{};
    }
    Shard shard;
    const char* const end = text.data() + text.size();
    const auto first = std::from_chars(text.data(), end, shard.number);
    if (first.ec != std::errc{} || first.ptr == end || *first.ptr != '/') {
        return std::nullopt;
    }
    const auto second = std::from_chars(first.ptr + 1, end, shard.count);
    const bool good = second.ec == std::errc{} && second.ptr == end && shard.number >= 1 &&
                      shard.number <= shard.count;
    return good ? std::optional{shard} : std::nullopt;
}

std::expected<Held, Error> read_held(const fs::path& folder) {
    std::expected<std::vector<PathRow>, Error> rows = read_worlds(folder);
    if (!rows) {
        return std::unexpected(rows.error());
    }
    const std::expected<std::vector<FailedRow>, Error> failed = read_failed(folder);
    if (!failed) {
        return std::unexpected(failed.error());
    }
    const std::uint64_t still = still_failed(*failed, *rows).size();
    return Held{std::move(*rows), still};
}

std::expected<OpenedFolder, Error> open_folder(const fs::path& folder) {
    std::expected<TaskList, Error> list = read_list(folder);
    if (!list) {
        return std::unexpected(list.error());
    }
    std::expected<Held, Error> held = read_held(folder);
    if (!held) {
        return std::unexpected(held.error());
    }
    return OpenedFolder{std::move(*list), std::move(*held)};
}

fs::path folder_by_content(std::string_view root, const TaskList& list) {
    return fs::path(root) /
           fmt::format("{}-{}", safe_name(sized_name(list.base().plan)), list.hash().substr(0, 8));
}

std::vector<std::string> reduced_unless_sized(std::vector<std::string> overrides) {
    const bool sized = std::ranges::any_of(
        overrides, [](const std::string& set) { return set.starts_with("world.size="); });
    if (!sized) {
        overrides.insert(overrides.begin(), "world.size=reduced");
    }
    return overrides;
}

TaskRequest compared_request(const RunOptions& run, const std::string& scenario) {
    TaskRequest out;
    out.scenario = scenario;
    out.overrides = reduced_unless_sized(run.overrides);
    out.paths = run.paths.value_or(compared_paths);
    out.seed_from = run.seed;
    return out;
}

std::expected<void, ExitCode> write_answers(const fs::path& folder,
                                            const NamedTexts& texts,
                                            const RunOptions& run,
                                            Streams streams,
                                            std::string_view kept) {
    for (const auto& [name, text] : texts) {
        if (auto done = write_whole(folder / name, text, std::string{kept}); !done) {
            return std::unexpected(report_problems({done.error()}, run.output, streams));
        }
    }
    return {};
}

std::optional<Error> folder_taken(const fs::path& folder, const RunOptions& run, Shard shard) {
    std::error_code ignored;
    if (!fs::exists(folder / "plan.json", ignored) || run.resume || shard.count > 1) {
        return std::nullopt;
    }
    return file_error(folder.string(),
                      "E714",
                      "the folder holds worlds already",
                      "--resume goes on with it; or give another place with --out");
}

ExitCode wrong_shard(std::string_view command, const std::string& text, Streams streams) {
    return wrong_command_line(
        streams,
        fmt::format("{}: --shard {} is not i/n with 1 <= i <= n", command, text),
        "eight jobs: --shard 1/8 to --shard 8/8, all with the same --out");
}

ExitCode work_on(const TaskList& list,
                 const fs::path& folder,
                 Shard shard,
                 const RunOptions& run,
                 Streams streams,
                 const std::function<ExitCode(const Held&)>& sum_up) {
    const InterruptGuard guard;
    std::expected<WorldStore, Error> store = WorldStore::open(folder, list, shard);
    if (!store) {
        return report_problems({store.error()}, run.output, streams);
    }
    PoolOptions pool_options;
    pool_options.workers = worker_count(run.workers);
    pool_options.shard = shard;
    pool_options.retry_failed = run.retry_failed;
    pool_options.command = run.command;
    PoolWatch watch(progress_style(run.loudness, run.progress, streams.err), streams.err, "worlds");
    const WorldsResult pool =
        run_worlds(list, *store, pool_options, [&](const PoolProgress& now) { return watch(now); });
    store->drop_half_written();
    watch.finish();
    if (pool.error) {
        return report_problems({*pool.error}, run.output, streams);
    }
    const std::expected<Held, Error> held = read_held(folder);
    if (!held) {
        return report_problems({held.error()}, run.output, streams);
    }
    const std::uint64_t left = list.size() - held->rows.size() - held->failed;
    if (pool.stopped) {
        fmt::print(streams.err,
                   "interrupted: {} of {} worlds are kept in {}; the same command with --resume "
                   "goes on\n",
                   held->rows.size(),
                   list.size(),
                   folder.string());
        return ExitCode::interrupted;
    }
    if (left > 0) {
        fmt::print(streams.out,
                   "shard {}/{} is done; {} of {} worlds are left to other shards\n",
                   shard.number,
                   shard.count,
                   left,
                   list.size());
        return pool.progress.failed > 0 ? ExitCode::sweep : ExitCode::done;
    }
    return sum_up(*held);
}

}  // namespace margincall::inline cli
