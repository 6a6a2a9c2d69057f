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

CommonStart::CommonStart(const Plan& plan, RunMonitor* monitor, const char* reproduce)
    : reproduce_(reproduce) {
    auto own = std::make_unique<Plan>(plan);
    own->switches = plan.switches.none_off();
    plan_ = std::move(own);
    CheckContext& context = check_context();
    context.seed = plan_->seed;
    context.reproduce = reproduce_;
    records_ = std::make_unique<MemoryRecorder>(*plan_);
    world_ = std::make_unique<World>(*plan_, make_agents(*plan_), draw_population(*plan_));
    world_->set_recorder(records_.get());
    (void)world_->advance(SimTime{} + plan_->switches.off_after, monitor);
    context.reproduce = "";
}

FinishedWorld CommonStart::go_on(const Switches& off, RunMonitor* monitor) const {
    CheckContext& context = check_context();
    context.seed = plan_->seed;
    context.reproduce = reproduce_;
    FinishedWorld out;
    out.recorder = std::make_unique<MemoryRecorder>(*records_);
    const std::unique_ptr<World> world = world_->fork();
    world->set_switches(off);
    world->set_recorder(out.recorder.get());
    out.totals = world->run(monitor);
    context.reproduce = "";
    return out;
}

double peak_rss_mb() {
    struct rusage usage {};
    getrusage(RUSAGE_SELF, &usage);
    return static_cast<double>(usage.ru_maxrss) / 1024.0;
}

}  // namespace margincall::inline lab
