#include "lab/job_pool.hpp"

#include <algorithm>
#include <chrono>
#include <condition_variable>
#include <exception>
#include <mutex>
#include <new>
#include <thread>
#include <vector>

#include "base/check.hpp"

namespace margincall::inline lab {
namespace {

constexpr auto watch_every = std::chrono::milliseconds(100);

// What the workers share. All but the atomics is guarded by `mutex`.
struct Shared {
    std::mutex mutex;
    std::condition_variable changed;
    std::span<const std::uint64_t> todo;
    std::size_t next = 0;
    std::size_t alive = 0;
    PoolProgress progress;
    std::optional<Error> error;
    bool stop = false;
    std::vector<std::atomic<double>> shares;  // of each worker's job

    explicit Shared(std::size_t workers) : shares(workers) {}
};

class Worker {
  public:
    Worker(const Jobs& jobs, Shared& shared, std::size_t number)
        : jobs_(jobs), shared_(shared), number_(number) {}

    void operator()() {
        check_context().throws = true;
        while (const std::optional<std::uint64_t> index = take()) {
            std::expected<JobCount, Error> ended;
            const std::optional<std::string> failure =
                failure_of([&] { ended = jobs_.run(*index, number_, shared_.shares[number_]); });
            if (failure) {
                ended = jobs_.failed(*index, *failure);
            }
            done(std::move(ended));
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

    void done(std::expected<JobCount, Error> ended) {
        const std::lock_guard guard{shared_.mutex};
        shared_.shares[number_] = 0.0;
        if (ended) {
            shared_.progress.failed += ended->failed;
            shared_.progress.finished += ended->finished;
            shared_.progress.fresh += ended->finished;
        } else if (!shared_.error) {
            shared_.error = std::move(ended.error());
        }
        shared_.changed.notify_all();
    }

    const Jobs& jobs_;
    Shared& shared_;
    std::size_t number_;
};

}  // namespace

std::optional<std::string> failure_of(const std::function<void()>& work) {
    try {
        work();
    } catch (const std::bad_alloc&) {
        return "out of memory";
    } catch (const std::exception& problem) {
        return problem.what();
    }
    return std::nullopt;
}

JobsEnd run_jobs(std::span<const std::uint64_t> todo,
                 const PoolProgress& before,
                 std::size_t workers,
                 const Jobs& jobs,
                 const std::function<bool(const PoolProgress&)>& watch) {
    workers = std::max<std::size_t>(workers, 1);
    Shared shared(workers);
    shared.todo = todo;
    shared.progress = before;
    shared.alive = workers;
    JobsEnd end;
    {
        std::vector<std::jthread> threads;
        for (std::size_t w = 0; w < workers; ++w) {
            threads.emplace_back(Worker(jobs, shared, w));
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
                end.stopped = true;
            }
        }
    }
    end.stopped = end.stopped && shared.next < shared.todo.size();
    end.progress = shared.progress;
    end.error = std::move(shared.error);
    return end;
}

}  // namespace margincall::inline lab
