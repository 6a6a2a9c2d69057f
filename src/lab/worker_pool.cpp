#include "lab/worker_pool.hpp"

#include <algorithm>
#include <atomic>
#include <chrono>
#include <map>
#include <mutex>
#include <numeric>
#include <utility>
#include <vector>

#include "base/version.hpp"

namespace margincall::inline lab {
namespace {

using Clock = std::chrono::steady_clock;

double seconds_since(Clock::time_point start) {
    return std::chrono::duration<double>(Clock::now() - start).count();
}

PathRow row_of(const Task& task,
               const Plan& plan,
               const MemoryRecorder& recorder,
               const RunTotals& totals,
               double wall_s) {
    PathRow row;
    row.key = task.key;
    row.index = task.index;
    row.seed = task.seed;
    RunFacts facts;
    facts.version = program_version;
    facts.wall_s = wall_s;
    facts.peak_rss_mb = peak_rss_mb();
    row.summary = summarise(plan, totals, recorder, facts);
    row.series = path_series(plan, recorder);
    return row;
}

// The worlds of one job, in the order of their indices: one, or those of one seed that begin alike.
using Batch = std::vector<Task>;

// Seed by seed where worlds share a beginning, so that what is there early is whole seeds; else by index.
std::vector<Batch> batches_of(const TaskList& list, const std::vector<Task>& todo) {
    std::vector<Batch> out;
    if (list.base().plan.switches.off_after <= Duration{}) {
        for (const Task& task : todo) {
            out.push_back({task});
        }
        return out;
    }
    std::map<std::pair<std::uint64_t, std::size_t>, Batch> by_start;
    for (const Task& task : todo) {
        by_start[{task.seed, list.start_of(task.cell)}].push_back(task);
    }
    for (auto& [start, batch] : by_start) {
        out.push_back(std::move(batch));
    }
    return out;
}

// Runs batches of one list into one folder.
class BatchRunner {
  public:
    BatchRunner(const TaskList& list,
                WorldStore& store,
                const PoolOptions& options,
                std::size_t workers)
        : list_(list), store_(store), options_(options) {
        for (std::size_t k = 0; k < workers; ++k) {
            plans_.emplace_back(list);
        }
    }

    [[nodiscard]] std::expected<JobCount, Error> run(const Batch& batch,
                                                     std::size_t worker,
                                                     std::atomic<double>& share) {
        return batch.size() == 1 ? run_one(batch.front(), worker, share)
                                 : run_all(batch, worker, share);
    }
    // All of a batch; those of it that have ended stay.
    [[nodiscard]] std::expected<JobCount, Error> failed(const Batch& batch,
                                                        const std::string& reason) {
        for (const Task& task : batch) {
            if (auto written = fail(task, reason); !written) {
                return std::unexpected(std::move(written.error()));
            }
        }
        return JobCount{0, batch.size()};
    }
    [[nodiscard]] std::optional<KeptWorld> take_kept() { return std::move(kept_); }
    // After the worlds that run.
    void stop() { stopping_ = true; }
    [[nodiscard]] bool stopped() const { return stopping_; }

  private:
    [[nodiscard]] std::expected<void, Error> fail(const Task& task, const std::string& reason) {
        return store_.append_failed({task.key, task.index, task.seed, reason});
    }

    [[nodiscard]] std::expected<JobCount, Error> run_one(const Task& task,
                                                         std::size_t worker,
                                                         std::atomic<double>& share) {
        const Plan& plan = plans_[worker].of(task);
        auto recorder = std::make_unique<MemoryRecorder>(plan);
        RunTotals totals;
        ShareMonitor monitor(share, plan.length);
        const PathRow row =
            options_.world(task, plan, *recorder, totals, &monitor, options_.command.c_str());
        if (options_.keep_tables_of == task.index) {
            kept_ = KeptWorld{std::move(recorder), totals};  // one job has this index
        }
        if (auto written = store_.append(worker, row); !written) {
            return std::unexpected(std::move(written.error()));
        }
        return one_finished;
    }

    // Their beginning once, then each from there.
    [[nodiscard]] std::expected<JobCount, Error> run_all(const Batch& batch,
                                                         std::size_t worker,
                                                         std::atomic<double>& share) {
        const Clock::time_point begun = Clock::now();
        const auto worlds = static_cast<double>(batch.size());
        const Plan plan = list_.plan_of(batch.front());
        ShareMonitor stem(share, plan.length, 0.0, worlds);
        const CommonStart start(plan, &stem, options_.command.c_str());
        const double stem_s = seconds_since(begun) / worlds;
        const double stem_share = to_seconds(plan.switches.off_after) / to_seconds(plan.length);
        JobCount count;
        double before = worlds * stem_share;
        for (const Task& task : batch) {
            if (stopping_) {
                break;
            }
            const Clock::time_point own = Clock::now();
            PathRow row;
            const std::optional<std::string> failure = failure_of([&] {
                ShareMonitor monitor(share, plan.length, before - stem_share);
                const FinishedWorld world = start.go_on(switches_of(task.cell), &monitor);
                row = row_of(
                    task, start.plan(), *world.recorder, world.totals, stem_s + seconds_since(own));
            });
            before += 1.0 - stem_share;
            if (auto written = failure ? fail(task, *failure) : store_.append(worker, row);
                !written) {
                return std::unexpected(std::move(written.error()));
            }
            ++(failure ? count.failed : count.finished);
        }
        return count;
    }

    // No draw touches them; a cell is compiled for them once.
    [[nodiscard]] Switches switches_of(std::size_t cell) {
        const std::lock_guard guard{mutex_};
        const auto known = switches_.find(cell);
        return known != switches_.end()
                   ? known->second
                   : switches_.emplace(cell, list_.plan_of(cell).switches).first->second;
    }

    const TaskList& list_;
    WorldStore& store_;
    const PoolOptions& options_;
    std::vector<TaskPlans> plans_;  // by worker
    std::atomic<bool> stopping_ = false;
    std::mutex mutex_;
    std::map<std::size_t, Switches> switches_;  // by cell
    std::optional<KeptWorld> kept_;
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
    return row_of(task, plan, recorder, totals, seconds_since(start));
}

WorldsResult run_worlds(const TaskList& list,
                        WorldStore& store,
                        const PoolOptions& options,
                        const std::function<bool(const PoolProgress&)>& watch) {
    const std::size_t workers = std::max<std::size_t>(options.workers, 1);
    PoolProgress before;
    std::vector<Task> todo;
    for (std::uint64_t index = 0; index < list.size(); ++index) {
        if (!options.shard.has(index)) {
            continue;
        }
        ++before.worlds;
        Task task = list.task(index);
        if (store.finished().contains(task.key)) {
            ++before.finished;
        } else if (!options.retry_failed && store.failed().contains(task.key)) {
            ++before.failed;
        } else {
            todo.push_back(std::move(task));
        }
    }
    const std::vector<Batch> batches = batches_of(list, todo);
    std::vector<std::uint64_t> numbers(batches.size());
    std::iota(numbers.begin(), numbers.end(), std::uint64_t{0});
    BatchRunner runner(list, store, options, workers);
    Jobs jobs;
    jobs.run = [&](std::uint64_t k, std::size_t worker, std::atomic<double>& share) {
        return runner.run(batches[k], worker, share);
    };
    jobs.failed = [&](std::uint64_t k, const std::string& reason) {
        return runner.failed(batches[k], reason);
    };
    JobsEnd end = run_jobs(numbers, before, workers, jobs, [&](const PoolProgress& now) {
        const bool go_on = watch(now);
        if (!go_on) {
            runner.stop();
        }
        return go_on;
    });
    WorldsResult result;
    result.stopped =
        runner.stopped() && end.progress.finished + end.progress.failed < end.progress.worlds;
    result.progress = end.progress;
    result.error = std::move(end.error);
    result.kept = runner.take_kept();
    return result;
}

}  // namespace margincall::inline lab
