// Runs the worlds of a list that a folder does not hold yet, one world a thread. Which worker runs a
// world, and how many there are, changes no figure: a world depends on plan and seed only.
#pragma once

#include <cstdint>
#include <expected>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>

#include "base/error.hpp"
#include "lab/job_pool.hpp"
#include "lab/task_list.hpp"
#include "lab/world_run.hpp"
#include "lab/world_store.hpp"

namespace margincall::inline lab {

// One world to its row, as every worker does it.
[[nodiscard]] PathRow world_row(const Task& task,
                                const Plan& plan,
                                MemoryRecorder& recorder,
                                RunTotals& totals,
                                RunMonitor* monitor,
                                const char* reproduce);

using WorldFunction = std::function<PathRow(
    const Task&, const Plan&, MemoryRecorder&, RunTotals&, RunMonitor*, const char*)>;

struct PoolOptions {
    std::size_t workers = 1;
    Shard shard;
    bool retry_failed = false;
    // A world whose tables the caller wants: kept in memory and given back.
    std::optional<std::uint64_t> keep_tables_of;  // index of the task
    std::string command;                          // for the message of a failing CHECK
    // What runs a world; tests put something that fails in its place.
    WorldFunction world = world_row;
};

// The kept world, when this process ran it.
struct KeptWorld {
    std::unique_ptr<MemoryRecorder> recorder;
    RunTotals totals;
};

struct WorldsResult {
    PoolProgress progress;
    bool stopped = false;        // asked to; every world that had begun is finished
    std::optional<Error> error;  // the folder could not be written: nothing further was run
    std::optional<KeptWorld> kept;
};

// `watch` is called by the calling thread; false asks to stop after the worlds that run.
[[nodiscard]] WorldsResult run_worlds(const TaskList& list,
                                      WorldStore& store,
                                      const PoolOptions& options,
                                      const std::function<bool(const PoolProgress&)>& watch);

}  // namespace margincall::inline lab
