// Numbered jobs on threads: who runs one, and how many threads there are, is for the pool to choose and
// changes no result. Worlds of a folder (worker_pool.hpp) and of the gates (gates.hpp) run on it.
#pragma once

#include <atomic>
#include <cstdint>
#include <expected>
#include <functional>
#include <optional>
#include <span>
#include <string>

#include "base/error.hpp"
#include "base/time.hpp"
#include "sim/world.hpp"

namespace margincall::inline lab {

// What whoever waits is told, a few times a second.
struct PoolProgress {
    std::uint64_t worlds = 0;    // of the shard
    std::uint64_t finished = 0;  // of them, with those of earlier processes
    std::uint64_t failed = 0;
    std::uint64_t fresh = 0;  // finished by this process
    double running = 0.0;     // worlds' worth of what the jobs that run now have done
};

// Tells the pool how far a job is, in worlds: at simulated time t, `before` + `each` x t / length.
class ShareMonitor final : public RunMonitor {
  public:
    ShareMonitor(std::atomic<double>& share,
                 Duration length,
                 double before = 0.0,
                 double each = 1.0)
        : share_(share), length_(length), before_(before), each_(each) {}
    bool keep_going(SimTime now, std::uint64_t /*messages*/) override {
        share_ =
            before_ + each_ * static_cast<double>(now.ns()) / static_cast<double>(length_.raw());
        return true;
    }

  private:
    std::atomic<double>& share_;
    Duration length_;
    double before_, each_;
};

// Worlds that a job has ended: one, unless several have their beginning in common.
struct JobCount {
    std::uint64_t finished = 0, failed = 0;
};
inline constexpr JobCount one_finished{1, 0}, one_failed{0, 1};

struct Jobs {
    // One job by one worker, 0 .. workers - 1; `share` is how much of it is done, in worlds. What it throws
    // is a failure of this job alone; an error ends the pool.
    std::function<std::expected<JobCount, Error>(
        std::uint64_t index, std::size_t worker, std::atomic<double>& share)>
        run;
    // Called by the worker for a job that threw.
    std::function<std::expected<JobCount, Error>(std::uint64_t index, const std::string& reason)>
        failed;
};

// The reason why `work` threw; nothing when it did not.
[[nodiscard]] std::optional<std::string> failure_of(const std::function<void()>& work);

struct JobsEnd {
    PoolProgress progress;
    bool stopped = false;  // asked to, and jobs are left; every job that had begun is finished
    std::optional<Error> error;  // nothing further was begun
};

// Begins the jobs in the order of `todo`; `before` is what was there already. `watch` is called by the
// calling thread; false asks to stop after the jobs that run.
[[nodiscard]] JobsEnd run_jobs(std::span<const std::uint64_t> todo,
                               const PoolProgress& before,
                               std::size_t workers,
                               const Jobs& jobs,
                               const std::function<bool(const PoolProgress&)>& watch);

}  // namespace margincall::inline lab
