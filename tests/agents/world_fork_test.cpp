// A forked world goes on as its original would, whatever becomes of that; and what is injected acts as if
// it had been declared. The whole market is there: all agents, chain, hack, accounts in several coins.
#include <gtest/gtest.h>

#include "agents/make_agents.hpp"
#include "agents/population.hpp"
#include "agents/programme.hpp"
#include "record/memory_recorder.hpp"
#include "sim/world.hpp"
#include "support/small_plan.hpp"

namespace margincall {
namespace {

using testing::chain_plan;

EventPlan declared(const char* name, EventType type, SimTime at) {
    EventPlan row;
    row.name = name;
    row.type = type;
    row.cause = "test";
    row.at = at;
    row.until = at;
    row.d_fair_value = {0.0, 0.0};
    row.sell_usd = {0.0, 0.0};
    return row;
}

Plan market_plan() {
    Plan plan = chain_plan(seconds(90));
    plan.population.coins_max = 6;
    EventPlan hack = declared("drained", EventType::hack, SimTime{} + seconds(15));
    hack.until = SimTime{} + seconds(84);
    hack.reported_usd = 128e6;
    hack.sold_share = 1.0;
    EventPlan fall = declared("both fall", EventType::fair_value, SimTime{} + seconds(40));
    fall.d_fair_value = {-0.2, -0.3};
    EventPlan sale = declared("a sale", EventType::flow, SimTime{} + seconds(20));
    sale.until = SimTime{} + seconds(70);
    sale.sell_usd = {2e6, 1e6};
    plan.events = {hack, sale, fall};
    return plan;
}

std::unique_ptr<World> world_of(const Plan& plan) {
    return std::make_unique<World>(plan, make_agents(plan), draw_population(plan));
}

std::uint64_t digest_of(const Plan& plan) {
    return world_of(plan)->run(nullptr).digest;
}

// Forks at `count` random times of one run; every fork goes on to the end after its original is gone.
// `proved`: so long every law is proved after every event of the fork.
void expect_forks_to_go_on(int count, Duration proved) {
    const Plan plan = market_plan();
    const std::uint64_t expected = digest_of(plan);
    Rng rng(20251104, 1, Purpose::choice);
    for (int k = 0; k < count; ++k) {
        const SimTime at = SimTime{} + duration_from_seconds(90.0 * rng.uniform());
        std::unique_ptr<World> original = world_of(plan);
        ASSERT_TRUE(original->advance(at, nullptr));
        std::unique_ptr<World> fork = original->fork();
        ASSERT_EQ(fork->state_digest(), original->state_digest());
        if (k % 3 == 0) {
            // The original going on must not be seen by the fork, nor a fork of the fork by either.
            const std::unique_ptr<World> second = fork->fork();
            (void)second->advance(at + seconds(10), nullptr);
            EXPECT_EQ(original->run(nullptr).digest, expected);
        }
        original.reset();
        fork->set_verify(proved > Duration{} ? Verify::every_event : Verify::periodic);
        (void)fork->advance(at + proved, nullptr);
        fork->set_verify(Verify::periodic);
        ASSERT_EQ(fork->run(nullptr).digest, expected)
            << "forked " << to_seconds(at - SimTime{}) << " s after the start";
    }
}

TEST(WorldFork, GoesOnLikeTheOriginal) {
    expect_forks_to_go_on(8, Duration{});
}

TEST(WorldFork, HoldsEveryLawAfterEveryEvent) {
    expect_forks_to_go_on(3, milliseconds(500));
}

// Forks all along one run, each compared with the run itself some seconds later, every tenth at the end.
TEST(WorldFork, AThousandGoOnLikeTheOriginal) {
#ifdef MC_DEBUG_CHECKS
    constexpr int grid = 10;  // a hundred, because every check is on
#else
    constexpr int grid = 100;
#endif
    const Plan plan = market_plan();
    const auto at = [&](int step) {
        return SimTime{} + nanoseconds(plan.length.raw() * step / grid);
    };
    std::vector<std::uint64_t> expected;
    const std::unique_ptr<World> run = world_of(plan);
    for (int step = 0; step <= grid; ++step) {
        (void)run->advance(at(step), nullptr);
        expected.push_back(run->state_digest());
    }
    const std::unique_ptr<World> stem = world_of(plan);
    Rng rng(20251104, 2, Purpose::choice);
    int forks = 0;
    for (int step = 0; step < grid; ++step) {
        (void)stem->advance(at(step), nullptr);
        for (int k = 0; k < 10; ++k, ++forks) {
            const std::unique_ptr<World> fork = stem->fork();
            const int until =
                k == 0 ? grid : std::min(grid, step + 1 + static_cast<int>(8.0 * rng.uniform()));
            (void)fork->advance(at(until), nullptr);
            ASSERT_EQ(fork->state_digest(), expected[static_cast<std::size_t>(until)])
                << "fork " << forks << " of step " << step << " at step " << until;
        }
    }
    EXPECT_EQ(forks, 10 * grid);
}

// Worlds that differ in what is off from a moment on have their beginning in common: a fork of it that is
// told what is off ends as the run whose plan says so from its start.
TEST(WorldFork, WhatIsOffFromAMomentOnCanBeToldToAFork) {
    Plan plan = market_plan();
    plan.switches.off_after = seconds(45);
    const std::unique_ptr<World> stem = world_of(plan);
    ASSERT_TRUE(stem->advance(SimTime{} + plan.switches.off_after, nullptr));
    const std::uint64_t nothing_off = digest_of(plan);
    int acted = 0;
    for (const auto off : {+[](Switches& s) { s.forced_orders = false; },
                           +[](Switches& s) { s.stops = false; },
                           +[](Switches& s) { s.maker_losses = false; },
                           +[](Switches& s) { s.overload = false; },
                           +[](Switches& s) { s.behaviour = false; },
                           +[](Switches& s) { s.makers_frozen = true; },
                           +[](Switches& s) { s.arbitrage_unlimited = true; }}) {
        Plan other = plan;
        off(other.switches);
        const std::uint64_t expected = digest_of(other);
        const std::unique_ptr<World> fork = stem->fork();
        fork->set_switches(other.switches);
        EXPECT_EQ(fork->run(nullptr).digest, expected);
        acted += expected != nothing_off ? 1 : 0;
    }
    EXPECT_GE(acted, 4) << "most of them change these ninety seconds";
}

TEST(WorldFork, StepsOfAnySizeGiveTheSameDigest) {
    const Plan plan = market_plan();
    const std::unique_ptr<World> world = world_of(plan);
    for (int ms = 0; ms < 90'000; ms += 137) {
        ASSERT_TRUE(world->advance(SimTime{} + milliseconds(ms), nullptr));
        EXPECT_EQ(world->reached(), SimTime{} + milliseconds(ms));
    }
    EXPECT_EQ(world->run(nullptr).digest, digest_of(plan));
}

TEST(WorldFork, StopsAfterSoManyEvents) {
    const Plan plan = market_plan();
    const std::unique_ptr<World> world = world_of(plan);
    ASSERT_TRUE(world->advance(SimTime{} + plan.length, nullptr, 1000));
    EXPECT_EQ(world->totals().events, 1000U);
    EXPECT_EQ(world->reached(), world->now());
    EXPECT_TRUE(world->fork()->finish().interrupted) << "ended before the end";
    EXPECT_EQ(world->run(nullptr).digest, digest_of(plan));
}

TEST(WorldFork, AForkHasNoRecorder) {
    const Plan plan = market_plan();
    MemoryRecorder records(plan);
    const std::unique_ptr<World> world = world_of(plan);
    world->set_recorder(&records);
    (void)world->advance(SimTime{} + seconds(30), nullptr);
    const std::size_t bars = records.bars().size();
    const std::size_t liquidations = records.liquidations().size();
    EXPECT_EQ(world->fork()->run(nullptr).digest, digest_of(plan));
    EXPECT_EQ(records.bars().size(), bars);
    EXPECT_EQ(records.liquidations().size(), liquidations);
}

// What is declared at the start and what is injected later is the same news: fair value follows it to the
// last bit, for whoever reads it.
TEST(WorldInject, MovesFairValueAsADeclaredEventWould) {
    Plan with = market_plan();
    EventPlan news = declared("news", EventType::factor, SimTime{} + seconds(30));
    news.until = SimTime{} + seconds(80);
    news.d_equities = -0.1;
    EventPlan fear = declared("fear", EventType::uncertainty, SimTime{} + seconds(50));
    fear.add_uncertainty = 0.4;
    Plan without = with;
    with.events.push_back(news);
    with.events.push_back(fear);
    FairValue expected(with);
    FairValue told(without);
    for (int s = 0; s <= 90; ++s) {
        if (s == 10) {
            told.add(news);
        }
        if (s == 49) {
            told.add(fear);
        }
        expected.step(SimTime{} + seconds(s));
        told.step(SimTime{} + seconds(s));
        EXPECT_EQ(told.value(AssetId::from_raw(1)), expected.value(AssetId::from_raw(1))) << s;
        EXPECT_EQ(told.uncertainty(), expected.uncertainty()) << s;
    }
    EXPECT_NE(expected.uncertainty(), FairValue(without).uncertainty());

    const std::unique_ptr<World> world = world_of(without);
    (void)world->advance(SimTime{} + seconds(10), nullptr);
    world->inject(news, {});
    (void)world->advance(SimTime{} + seconds(90), nullptr);
    FairValue news_only(without);
    news_only.add(news);
    for (int s = 0; s <= 90; ++s) {
        news_only.step(SimTime{} + seconds(s));
    }
    EXPECT_EQ(world->fair_value().value(AssetId::from_raw(0)),
              news_only.value(AssetId::from_raw(0)));
}

TEST(WorldInject, ASaleIsCarriedOutByItsProgrammes) {
    const Plan plan = market_plan();
    const std::unique_ptr<World> world = world_of(plan);
    (void)world->advance(SimTime{} + seconds(30), nullptr);
    const std::unique_ptr<World> other = world->fork();
    EventPlan sale = declared("forced", EventType::flow, SimTime{} + seconds(30));
    sale.until = SimTime{} + seconds(60);
    sale.forced = true;
    sale.perps = true;
    sale.sell_usd = {5e6, 0.0};
    ASSERT_EQ(world->events().size(), 3U);
    other->inject(sale, make_programmes_of(plan, other->events().size(), sale));
    ASSERT_EQ(other->events().size(), 4U);
    EXPECT_EQ(other->events().back().name, "forced");
    const RunTotals with = other->run(nullptr);
    EXPECT_NE(with.digest, world->run(nullptr).digest);
    // 5 million over half a minute, short in the perps of the first coin, at a price that falls.
    double short_usd = 0.0;
    for (const InstrumentPlan& p : plan.instruments) {
        const Instrument& inst = p.instrument;
        if (inst.kind == InstrumentKind::linear_perp && inst.base.raw() == 0) {
            const AgentSlot& seller = other->agent(
                AgentId::from_raw(static_cast<std::uint32_t>(make_agents(plan).size())));
            const AccountId account = seller.account[inst.venue.raw()];
            short_usd -= static_cast<double>(other->clearing().position(account, inst.id).raw()) *
                         inst.lot_base * 100'000.0;
        }
    }
    EXPECT_NEAR(short_usd, 5e6, 2e6);
}

TEST(WorldInjectDeathTest, ThePastAndHacksAreBugs) {
    const Plan plan = market_plan();
    const std::unique_ptr<World> world = world_of(plan);
    (void)world->advance(SimTime{} + seconds(30), nullptr);
    EXPECT_DEATH(world->inject(declared("late", EventType::factor, SimTime{} + seconds(29)), {}),
                 "event.at >= reached_");
    EXPECT_DEATH(world->inject(declared("hack", EventType::hack, SimTime{} + seconds(31)), {}),
                 "EventType::hack");
}

}  // namespace
}  // namespace margincall
