// Makers that must keep showing a share of calm depth: they do, at the venues that ask for it only,
// and until their capital is gone.
#include <gtest/gtest.h>

#include <cmath>

#include "agents/make_agents.hpp"
#include "sim/world.hpp"
#include "support/small_plan.hpp"

namespace margincall {
namespace {

using testing::small_plan;

struct FloorRun {
    double depth_a = 0.0, depth_b = 0.0;  // bids of BTC within 2 %, at the end
    RunTotals totals;
};

FloorRun run_floor(Plan plan) {
    plan.population.turnover_per_day = 0.0;
    plan.patient.enabled = false;
    World world(plan, make_agents(plan), {});
    world.set_verify(Verify::periodic);
    EXPECT_TRUE(world.advance(SimTime{} + plan.length, nullptr));
    FloorRun out;
    out.depth_a = world.feed(InstrumentId::from_raw(0)).depth(Side::buy, 0.02);
    out.depth_b = world.feed(InstrumentId::from_raw(1)).depth(Side::buy, 0.02);
    out.totals = world.finish();
    return out;
}

Plan scared_plan() {
    Plan plan = small_plan(minutes(6));
    plan.uncertainty = 9.0;  // leaves a tenth of calm depth
    return plan;
}

TEST(MakerFloor, DepthStaysAtTheFloorWhereItIsOwed) {
    const FloorRun without = run_floor(scared_plan());
    Plan plan = scared_plan();
    plan.venues[0].rules.maker_floor_ppm = 500'000;
    const FloorRun with = run_floor(plan);
    Plan calm_plan = small_plan(minutes(6));
    const FloorRun calm = run_floor(calm_plan);

    EXPECT_LT(without.depth_a, 0.25 * calm.depth_a);
    EXPECT_GT(with.depth_a, 0.4 * calm.depth_a);
    EXPECT_LT(with.depth_a, 0.7 * calm.depth_a);
    EXPECT_LT(with.depth_b, 0.25 * calm.depth_b);  // B asks for nothing
    EXPECT_EQ(with.totals.makers_ruined, 0);
}

TEST(MakerFloor, AFloorBelowWhatIsShownChangesNothing) {
    Plan plan = small_plan(minutes(3));
    const std::uint64_t off = run_floor(plan).totals.digest;
    plan.venues[0].rules.maker_floor_ppm = 1;
    EXPECT_EQ(run_floor(plan).totals.digest, off);
}

// Fair value falls by a tenth; makers hold what they bought on the way. With capital of a few
// thousand dollars their running loss is more than that.
TEST(MakerFloor, WhoeverLosesHisCapitalStopsInSpiteOfIt) {
    Plan plan = small_plan(minutes(20));
    plan.maker.capital = 2'000.0;
    EventPlan fall;
    fall.name = "fall";
    fall.type = EventType::fair_value;
    fall.cause = "news";
    fall.at = SimTime{} + minutes(2);
    fall.until = SimTime{} + minutes(12);
    fall.d_fair_value = {std::log(0.9), 0.0};
    plan.events = {fall};
    EXPECT_EQ(run_floor(plan).totals.makers_ruined, 0) << "nobody is obliged";
    plan.venues[0].rules.maker_floor_ppm = 500'000;
    const FloorRun obliged = run_floor(plan);
    EXPECT_GT(obliged.totals.makers_ruined, 0);
    plan.switches.maker_losses = false;
    EXPECT_EQ(run_floor(plan).totals.makers_ruined, 0) << "losses take nothing from them";
    plan.switches.maker_losses = true;
    plan.maker.capital = 1e12;
    EXPECT_EQ(run_floor(plan).totals.makers_ruined, 0) << "capital is enough";
}

}  // namespace
}  // namespace margincall
