// One world from plan to figures: the only place where a plan becomes a world, whoever asks (a run, a
// sweep, a verification, another language).
#pragma once

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

// Of this process, MiB.
[[nodiscard]] double peak_rss_mb();

}  // namespace margincall::inline lab
