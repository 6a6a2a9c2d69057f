#include "lab/worker_pool.hpp"

#include <fmt/format.h>

#include <chrono>
#include <condition_variable>
#include <exception>
#include <mutex>
#include <new>
#include <thread>
#include <vector>

#include "base/check.hpp"
#include "base/version.hpp"

namespace margincall::inline lab {
namespace {

using Clock = std::chrono::steady_clock;
constexpr auto watch_every = std::chrono::milliseconds(100);

// What the workers share. All but the atomics is guarded by `mutex`.
struct Shared {
    std::mutex mutex;
    std::condition_variable changed;
    std::vector<std::uint64_t> todo;  // indices, in order
    std::size_t next = 0;
    std::size_t alive = 0;
    PoolProgress progress;
    std::optional<Error> error;
    std::optional<KeptWorld> kept;
    bool stop = false;
    std::vector<std::atomic<double>> shares;  // of each worker's world

    explicit Shared(std::size_t workers) : shares(workers) {}
};

class ShareMonitor final : public RunMonitor {
  public:
    ShareMonitor(std::atomic<double>& share, Duration length) : share_(share), length_(length) {}
    bool keep_going(SimTime now, std::uint64_t /*messages*/) override {
        share_ = static_cast<double>(now.ns()) / static_cast<double>(length_.raw());
        return true;
    }

  private:
    std::atomic<double>& share_;
    Duration length_;
};

class Worker {
  public:
    Worker(const TaskList& list,
           WorldStore& store,
           const PoolOptions& options,
           Shared& shared,
           std::size_t number)
        : list_(list), store_(store), options_(options), shared_(shared), number_(number) {}

    void operator()() {
        check_context().throws = true;
        while (const std::optional<std::uint64_t> index = take()) {
            const Task task = list_.task(*index);
            std::expected<void, Error> written;
            bool failed = false;
            try {
                run(task);
                written = store_.append(number_, *row_);
            } catch (const std::bad_alloc&) {
                failed = true;
                written = note_failure(task, "out of memory");
            } catch (const std::exception& problem) {
                failed = true;
                written = note_failure(task, problem.what());
            }
            done(failed, std::move(written));
        }
        const std::lock_guard guard{shared_.mutex};
        --shared_.alive;
        shared_.changed.notify_all();
    }

  private:
    std::optional<std::uint64_t> take() {
        const std::lock_guard guard{shared_.mutex};
        if (shared_.stop || shared_.error || shared_.next == shared_.todo.size()) {
            return std::nullopt;
        }
        return shared_.todo[shared_.next++];
    }

    void run(const Task& task) {
        if (!plan_ || cell_ != task.cell) {
            plan_ = std::make_unique<Plan>(list_.plan_of(task.cell));
            cell_ = task.cell;
        }
        plan_->seed = task.seed;
        auto recorder = std::make_unique<MemoryRecorder>(*plan_);
        RunTotals totals;
        ShareMonitor monitor(shared_.shares[number_], plan_->length);
        row_ = options_.world(task, *plan_, *recorder, totals, &monitor, options_.command.c_str());
        if (options_.keep_tables_of == task.index) {
            const std::lock_guard guard{shared_.mutex};
            shared_.kept = KeptWorld{std::move(recorder), totals};
        }
    }

    std::expected<void, Error> note_failure(const Task& task, const std::string& reason) {
        return store_.append_failed({task.key, task.index, task.seed, reason});
    }

    void done(bool failed, std::expected<void, Error> written) {
        const std::lock_guard guard{shared_.mutex};
        shared_.shares[number_] = 0.0;
        if (failed) {
            ++shared_.progress.failed;
        } else if (written) {
            ++shared_.progress.finished;
            ++shared_.progress.fresh;
        }
        if (!written && !shared_.error) {
            shared_.error = std::move(written.error());
        }
        shared_.changed.notify_all();
    }

    const TaskList& list_;
    WorldStore& store_;
    const PoolOptions& options_;
    Shared& shared_;
    std::size_t number_;
    std::unique_ptr<Plan> plan_;
    std::size_t cell_ = 0;
    std::optional<PathRow> row_;
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

PoolResult run_worlds(const TaskList& list,
                      WorldStore& store,
                      const PoolOptions& options,
                      const std::function<bool(const PoolProgress&)>& watch) {
    const std::size_t workers = std::max<std::size_t>(options.workers, 1);
    Shared shared(workers);
    for (std::uint64_t index = 0; index < list.size(); ++index) {
        if (!options.shard.has(index)) {
            continue;
        }
        ++shared.progress.worlds;
        const std::string key = list.task(index).key;
        if (store.finished().contains(key)) {
            ++shared.progress.finished;
        } else if (!options.retry_failed && store.failed().contains(key)) {
            ++shared.progress.failed;
        } else {
            shared.todo.push_back(index);
        }
    }
    shared.alive = workers;
    PoolResult result;
    {
        std::vector<std::jthread> threads;
        for (std::size_t w = 0; w < workers; ++w) {
            threads.emplace_back(Worker(list, store, options, shared, w));
        }
        std::unique_lock lock{shared.mutex};
        while (shared.alive > 0) {
            shared.changed.wait_for(lock, watch_every);
            PoolProgress now = shared.progress;
            for (const std::atomic<double>& share : shared.shares) {
                now.running += share;
            }
            lock.unlock();
            const bool go_on = watch(now);
            lock.lock();
            if (!go_on && !shared.stop) {
                shared.stop = true;
                result.stopped = true;
            }
        }
    }
    result.stopped = result.stopped && shared.next < shared.todo.size();
    result.progress = shared.progress;
    result.error = std::move(shared.error);
    result.kept = std::move(shared.kept);
    return result;
}

}  // namespace margincall::inline lab
