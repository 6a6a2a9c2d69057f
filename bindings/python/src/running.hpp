// What runs of every kind share: who listens to Ctrl-C while the lock is free, and what a run leaves.
#pragma once

#include <nanobind/nanobind.h>

#include <chrono>
#include <exception>
#include <filesystem>
#include <map>
#include <memory>
#include <set>
#include <string>

#include "analytics/summary.hpp"
#include "bindings.hpp"
#include "record/memory_recorder.hpp"
#include "sim/world.hpp"

namespace margincall::python {

// Every tenth of a second: Ctrl-C (of the main thread), and whoever wants to know how far it is.
class PythonMonitor final : public RunMonitor {
  public:
    PythonMonitor(const Plan& plan, nanobind::object progress)
        : length_ns_(static_cast<double>(plan.length.raw())), progress_(std::move(progress)) {}

    bool keep_going(SimTime now, std::uint64_t /*messages*/) override {
        constexpr auto pause = std::chrono::milliseconds(100);
        const std::chrono::steady_clock::time_point moment = std::chrono::steady_clock::now();
        if (moment < next_) {
            return true;
        }
        next_ = moment + pause;
        const nanobind::gil_scoped_acquire lock;
        try {
            if (PyErr_CheckSignals() != 0) {
                throw nanobind::python_error();
            }
            if (!progress_.is_none()) {
                progress_(static_cast<double>(now.ns()) / length_ns_);
            }
        } catch (...) {
            problem_ = std::current_exception();
            return false;
        }
        return true;
    }
    // With the lock held.
    void raise_problem() const {
        if (problem_) {
            std::rethrow_exception(problem_);
        }
    }

  private:
    double length_ns_;
    nanobind::object progress_;
    std::chrono::steady_clock::time_point next_;
    std::exception_ptr problem_;
};

// A run in memory, or a folder that was read back; _core.Run.
struct SharedRun {
    std::shared_ptr<const Compiled> compiled;  // null of a folder
    std::shared_ptr<const Plan> plan;          // never null
    std::string resolved;
    std::shared_ptr<const MemoryRecorder> recorder;      // null: not recorded
    std::shared_ptr<const std::set<std::string>> words;  // what a folder's records point to
    RunTotals totals;
    Summary summary;
    std::string started;
    std::filesystem::path folder;  // empty of a run in memory
    std::string not_saved;         // why no scenario gives this run again; empty: one does
    std::map<std::string, std::shared_ptr<const Table>, std::less<>> made;
};

// The figures of a run whose plan and totals stand, and its records; `recorder` may be null.
void sum_up(SharedRun& run, std::shared_ptr<const MemoryRecorder> recorder, double seconds);

}  // namespace margincall::python
