// A small world with a chain and all agents: what is conserved after every event, what a fall of
// ether does to borrowers, and that nothing of it exists without the plan's section.
#include <gtest/gtest.h>

#include "agents/make_agents.hpp"
#include "agents/population.hpp"
#include "sim/world.hpp"
#include "support/small_plan.hpp"

namespace margincall {
namespace {

using testing::chain_plan;
using testing::small_plan;

EventPlan ether_falls(double log_change) {
    EventPlan row;
    row.name = "ether falls";
    row.type = EventType::fair_value;
    row.cause = "test";
    row.at = SimTime{} + seconds(40);
    row.until = row.at;
    row.d_fair_value = {0.0, log_change};
    return row;
}

// Verify::every_event proves after each event: every ledger asset sums to zero, an audit that
// heard only the postings agrees, claims on the lending markets are backed, pools hold what they
// say.
TEST(ChainWorld, ConservesEveryTokenAfterEveryEvent) {
    Plan plan = chain_plan(seconds(84));
    EventPlan hack;
    hack.name = "drained";
    hack.type = EventType::hack;
    hack.cause = "security";
    hack.at = SimTime{} + seconds(15);
    hack.until = SimTime{} + seconds(84);
    hack.reported_usd = 128e6;
    hack.sold_share = 1.0;
    plan.events = {hack, ether_falls(-0.3)};
    for (EventPlan& e : plan.events) {
        e.d_fair_value.resize(2, 0.0);
        e.sell_usd.resize(2, 0.0);
    }
    World world(plan, make_agents(plan), draw_population(plan));
    world.set_verify(Verify::every_event);
    const RunTotals totals = world.run(nullptr);
    EXPECT_GT(totals.trades, 0U);
    EXPECT_GT(world.chain()->totals().stolen_usd, 50e6);
    EXPECT_EQ(world.chain()->totals().blocks, 7U);
}

// The same with accounts in both coins, all owners and a fall of both.
TEST(ChainWorld, ConservesEveryTokenAfterEveryEventWithAccountsInSeveralCoins) {
    Plan plan = chain_plan(seconds(75));
    plan.population.coins_max = 6;
    plan.events = {ether_falls(-0.3)};
    plan.events.front().d_fair_value = {-0.2, -0.3};
    plan.events.front().sell_usd.resize(2, 0.0);
    World world(plan, make_agents(plan), draw_population(plan));
    world.set_verify(Verify::every_event);
    const RunTotals totals = world.run(nullptr);
    EXPECT_GT(totals.trades, 0U);
    EXPECT_GT(world.clearing().cross_accounts().accounts().size(), 10U);
}

TEST(ChainWorld, IsTheSameForTheSameSeed) {
    const Plan plan = chain_plan(minutes(2));
    World first(plan, make_agents(plan), draw_population(plan));
    World second(plan, make_agents(plan), draw_population(plan));
    EXPECT_EQ(first.run(nullptr).digest, second.run(nullptr).digest);
}

TEST(ChainWorld, DoesNotExistWithoutItsSection) {
    const Plan plan = small_plan(minutes(1));
    World world(plan, make_agents(plan), draw_population(plan));
    (void)world.run(nullptr);
    EXPECT_EQ(world.chain(), nullptr);
    EXPECT_FALSE(world.pegged_asset().valid());
}

}  // namespace
}  // namespace margincall
