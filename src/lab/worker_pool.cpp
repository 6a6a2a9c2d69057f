#include "lab/worker_pool.hpp"

#include <algorithm>
#include <atomic>
#include <chrono>
#include <vector>

#include "base/version.hpp"

namespace margincall::inline lab {
namespace {

using Clock = std::chrono::steady_clock;

struct CellPlan {
    std::unique_ptr<Plan> plan;
    std::size_t cell = 0;
};

}  // namespace

PathRow world_row(const Task& task,
                  const Plan& plan,
                  MemoryRecorder& recorder,
                  RunTotals& totals,
                  RunMonitor* monitor,
                  const char* reproduce) {
    const Clock::time_point start = Clock::now();
    totals = run_world(plan, &recorder, monitor, reproduce);
    PathRow row;
    row.key = task.key;
    row.index = task.index;
    row.seed = task.seed;
    RunFacts facts;
    facts.version = program_version;
    facts.wall_s = std::chrono::duration<double>(Clock::now() - start).count();
    facts.peak_rss_mb = peak_rss_mb();
    row.summary = summarise(plan, totals, recorder, facts);
    row.series = path_series(plan, recorder);
    return row;
}

WorldsResult run_worlds(const TaskList& list,
                        WorldStore& store,
                        const PoolOptions& options,
                        const std::function<bool(const PoolProgress&)>& watch) {
    const std::size_t workers = std::max<std::size_t>(options.workers, 1);
    PoolProgress before;
    std::vector<std::uint64_t> todo;
    for (std::uint64_t index = 0; index < list.size(); ++index) {
        if (!options.shard.has(index)) {
            continue;
        }
        ++before.worlds;
        const std::string key = list.task(index).key;
        if (store.finished().contains(key)) {
            ++before.finished;
        } else if (!options.retry_failed && store.failed().contains(key)) {
            ++before.failed;
        } else {
            todo.push_back(index);
        }
    }
    WorldsResult result;
    std::vector<CellPlan> plans(workers);  // each worker's last
    Jobs jobs;
    jobs.run = [&](std::uint64_t index, std::size_t worker, std::atomic<double>& share) {
        const Task task = list.task(index);
        CellPlan& own = plans[worker];
        if (!own.plan || own.cell != task.cell) {
            own.plan = std::make_unique<Plan>(list.plan_of(task.cell));
            own.cell = task.cell;
        }
        own.plan->seed = task.seed;
        auto recorder = std::make_unique<MemoryRecorder>(*own.plan);
        RunTotals totals;
        ShareMonitor monitor(share, own.plan->length);
        const PathRow row =
            options.world(task, *own.plan, *recorder, totals, &monitor, options.command.c_str());
        if (options.keep_tables_of == index) {
            result.kept = KeptWorld{std::move(recorder), totals};  // one job has this index
        }
        return store.append(worker, row);
    };
    jobs.failed = [&](std::uint64_t index, const std::string& reason) {
        const Task task = list.task(index);
        return store.append_failed({task.key, task.index, task.seed, reason});
    };
    JobsEnd end = run_jobs(todo, before, workers, jobs, watch);
    result.stopped = end.stopped;
    result.progress = end.progress;
    result.error = std::move(end.error);
    return result;
}

}  // namespace margincall::inline lab
