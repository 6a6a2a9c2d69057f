#include "lab/world_run.hpp"

#include <sys/resource.h>

#include "agents/make_agents.hpp"
#include "agents/population.hpp"
#include "base/check.hpp"

namespace margincall::inline lab {

RunTotals run_world(const Plan& plan,
                    Recorder* recorder,
                    RunMonitor* monitor,
                    const char* reproduce) {
    CheckContext& context = check_context();
    context.seed = plan.seed;
    context.reproduce = reproduce;
    World world(plan, make_agents(plan), draw_population(plan));
    world.set_recorder(recorder);
    RunTotals totals = world.run(monitor);
    context.reproduce = "";
    return totals;
}

double peak_rss_mb() {
    struct rusage usage {};
    getrusage(RUSAGE_SELF, &usage);
    return static_cast<double>(usage.ru_maxrss) / 1024.0;
}

}  // namespace margincall::inline lab
