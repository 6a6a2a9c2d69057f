// One world from plan to figures: the only place where a plan becomes a world, whoever asks (a run, a
// sweep, a verification, another language).
#pragma once

#include <memory>

#include "analytics/path_series.hpp"
#include "analytics/summary.hpp"
#include "plan/plan.hpp"
#include "record/memory_recorder.hpp"
#include "sim/recorder.hpp"
#include "sim/world.hpp"

namespace margincall::inline lab {

// Draws the population, makes the agents and runs to the end; `recorder` and `monitor` may be null.
// `reproduce` is the command line that a failing CHECK names; it outlives the call.
[[nodiscard]] RunTotals run_world(const Plan& plan,
                                  Recorder* recorder,
                                  RunMonitor* monitor,
                                  const char* reproduce);

// A finished world with its records.
struct FinishedWorld {
    RunTotals totals;
    std::unique_ptr<MemoryRecorder> recorder;
};

// A world up to the moment from which the plan's switches act, with its records. Worlds that differ in these
// switches only go on from it: each ends as run_world of its whole plan would, event for event.
class CommonStart {
  public:
    // Runs to plan.switches.off_after with nothing off.
    CommonStart(const Plan& plan, RunMonitor* monitor, const char* reproduce);
    // To the end, with the records of the whole run.
    [[nodiscard]] FinishedWorld go_on(const Switches& off, RunMonitor* monitor) const;
    [[nodiscard]] const Plan& plan() const { return *plan_; }

  private:
    std::unique_ptr<const Plan> plan_;  // the world reads it
    std::unique_ptr<MemoryRecorder> records_;
    std::unique_ptr<World> world_;
    const char* reproduce_;
};

// Of this process, MiB.
[[nodiscard]] double peak_rss_mb();

}  // namespace margincall::inline lab
