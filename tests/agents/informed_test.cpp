// Informed traders (model 7.10): what one is, when it opens and closes, and in a small market that
// they trade on margin, only where and as much as they may, and change nobody else's draws.
#include "agents/informed.hpp"

#include <gtest/gtest.h>

#include <cmath>

#include "agents/make_agents.hpp"
#include "agents/population.hpp"
#include "sim/world.hpp"
#include "support/small_plan.hpp"

namespace margincall {
namespace {

using testing::small_plan;

// Shorts of 20 m USD over ten minutes from minute 2 on, of an event at minute 15.
EventPlan tip() {
    EventPlan event;
    event.name = "tip";
    event.type = EventType::information;
    event.cause = "informed";
    event.about = "sale";
    event.at = SimTime{} + minutes(2);
    event.until = SimTime{} + minutes(12);
    event.about_at = SimTime{} + minutes(15);
    event.sell_usd = {20e6, 0.0};
    event.participation = 100.0;
    event.traders = 4;
    event.close_low_min = 5.0;
    event.close_high_min = 10.0;
    return event;
}

EventPlan known_sale(double usd) {
    return testing::perp_sale(usd, minutes(15), minutes(20));
}

Plan informed_plan(Duration length = minutes(40)) {
    Plan plan = small_plan(length);
    plan.population.turnover_per_day = 0.0;
    plan.events = {tip(), known_sale(60e6)};
    return plan;
}

// Contracts of BTC of all margined accounts, coins; shorts below 0.
double margined_coins(const World& world, AgentId agent) {
    double sum = 0.0;
    for (const InstrumentId i : world.agent(agent).setup.instruments) {
        const AccountId account = world.agent(agent).account[world.instrument(i).venue.raw()];
        sum += static_cast<double>(world.clearing().position(account, i).raw()) *
               world.instrument(i).lot_base;
    }
    return sum;
}

struct Watched {
    double coins_at_event = 0, coins_later = 0, coins_at_end = 0;
    double sold_of_venue_a = 0;
};

Watched watch_informed(const Plan& plan) {
    const std::size_t first = make_agents(plan).size() - 4;
    World world(plan, make_agents(plan), {});
    const auto all = [&] {
        double sum = 0.0;
        for (std::size_t k = first; k < first + 4; ++k) {
            sum += margined_coins(world, AgentId::from_raw(static_cast<std::uint32_t>(k)));
        }
        return sum;
    };
    Watched out;
    (void)world.advance(SimTime{} + minutes(15), nullptr, 0);
    out.coins_at_event = all();
    const AccountId account =
        world.agent(AgentId::from_raw(static_cast<std::uint32_t>(first))).account[0];
    out.sold_of_venue_a =
        account.valid() ? static_cast<double>(
                              world.clearing().position(account, InstrumentId::from_raw(0)).raw())
                        : 0.0;
    (void)world.advance(SimTime{} + minutes(18), nullptr, 0);
    out.coins_later = all();
    (void)world.advance(SimTime{} + minutes(40), nullptr, 0);
    out.coins_at_end = all();
    check_world(world);
    return out;
}

TEST(Informed, LeverageAndTimeAreDrawnInTheirRangesAndPrecisionIsAChance) {
    const Plan plan = small_plan();
    EventPlan event = tip();
    event.precision = 0.75;
    double right = 0;
    for (std::uint64_t k = 0; k < 2000; ++k) {
        const InformedDraw drawn = draw_informed(plan, event, k);
        EXPECT_GE(drawn.leverage, 5.0);
        EXPECT_LE(drawn.leverage, 10.0);
        EXPECT_GE(drawn.close_time, minutes(5));
        EXPECT_LE(drawn.close_time, minutes(10));
        right += drawn.right ? 1.0 : 0.0;
    }
    EXPECT_NEAR(right / 2000.0, 0.75, 0.04);
    event.precision = 1.0;
    EXPECT_TRUE(draw_informed(plan, event, 1).right);
}

TEST(Informed, HoldsUntilTheEventThenClosesEvenly) {
    const EventPlan event = tip();
    EXPECT_DOUBLE_EQ(informed_held(event, minutes(10), SimTime{} + minutes(14)), 1.0);
    EXPECT_DOUBLE_EQ(informed_held(event, minutes(10), SimTime{} + minutes(15)), 1.0);
    EXPECT_DOUBLE_EQ(informed_held(event, minutes(10), SimTime{} + minutes(18)), 0.7);
    EXPECT_DOUBLE_EQ(informed_held(event, minutes(10), SimTime{} + minutes(25)), 0.0);
    EXPECT_DOUBLE_EQ(informed_held(event, minutes(10), SimTime{} + minutes(99)), 0.0);
}

TEST(Informed, DepositsItsSizeOverItsLeverageAndNothingElse) {
    const Plan plan = informed_plan();
    const auto agents = make_informed_traders(plan);
    ASSERT_EQ(agents.size(), 4u);
    for (std::uint32_t k = 0; k < 4; ++k) {
        const AgentSetup setup = agents[k]->setup();
        const double leverage = draw_informed(plan, tip(), setup.entity).leverage;
        Money sum;
        for (const Money deposit : setup.margin) {
            sum += deposit;
        }
        EXPECT_NEAR(to_usd(sum), 5e6 / leverage, 1.0);
        EXPECT_DOUBLE_EQ(setup.cash_usd_per_venue, 0.0);
        EXPECT_EQ(setup.margin_leverage_e2, std::llround(200.0 * leverage));
    }
}

TEST(Informed, ShortsStandWhenTheEventComesAndAreBoughtBackAfterIt) {
    const Watched seen = watch_informed(informed_plan());

    EXPECT_NEAR(seen.coins_at_event, -200.0, 10.0);  // 20 m USD at 100,000
    EXPECT_GT(seen.coins_later, 0.9 * seen.coins_at_event);
    EXPECT_LT(seen.coins_later, 0.4 * seen.coins_at_event);
    EXPECT_EQ(seen.coins_at_end, 0.0);
    EXPECT_LT(seen.sold_of_venue_a, 0.0);
}

TEST(Informed, ParticipationBoundsWhatTheyOpen) {
    Plan plan = informed_plan();
    plan.events[0].participation = 0.05;  // of 5 bn USD a day: 1.7 m USD in ten minutes

    const Watched seen = watch_informed(plan);

    EXPECT_NEAR(seen.coins_at_event, -17.4, 1.5);
}

TEST(Informed, WhoIsWrongTakesTheOtherSide) {
    Plan plan = informed_plan();
    plan.events[0].precision = 0.0;

    EXPECT_NEAR(watch_informed(plan).coins_at_event, 200.0, 10.0);
}

TEST(Informed, NamedVenuesAreTheOnlyOnes) {
    Plan plan = informed_plan();
    plan.events[0].venues = {VenueId::from_raw(2)};

    const Watched seen = watch_informed(plan);

    EXPECT_EQ(seen.sold_of_venue_a, 0.0);
    EXPECT_LT(seen.coins_at_event, -150.0);
}

TEST(Informed, ARisingPriceLiquidatesThemLikeAnybody) {
    Plan plan = informed_plan();
    plan.events[1].sell_usd = {-2e9, 0.0};  // the event is a purchase, and they are short
    plan.events[1].forced = true;
    plan.events[0].close_low_min = plan.events[0].close_high_min = 600.0;
    World world(plan, make_agents(plan), {});
    const RunTotals totals = world.run(nullptr);

    std::int64_t forced = 0;
    for (const auto& steps : totals.steps) {
        for (const auto n : steps) {
            forced += static_cast<std::int64_t>(n);
        }
    }
    EXPECT_GT(forced, 0);  // there are no other leveraged accounts
}

TEST(Informed, NobodyElseDrawsOtherNumbers) {
    Plan plan = informed_plan();
    const std::vector<AccountSeed> population = draw_population(plan);
    ASSERT_FALSE(population.empty());
    DrawNumbers without;
    DrawNumbers with{.first = 50, .left_out = 12};
    // The k-th account behind the traders' ones is the k-th without them.
    EXPECT_EQ(with.of(AccountId::from_raw(62)), without.of(AccountId::from_raw(50)));
    EXPECT_EQ(with.of(AccountId::from_raw(49)), without.of(AccountId::from_raw(49)));
    EXPECT_GT(with.of(AccountId::from_raw(50)), 0xFFFF'FF00U);

    // In the market: until the first of their orders everything is as it is without them.
    const auto last_before = [&](const Plan& p) {
        World world(p, make_agents(p), population);
        (void)world.advance(SimTime{} + minutes(2), nullptr, 0);
        std::vector<std::int64_t> quotes;
        for (const InstrumentPlan& row : p.instruments) {
            quotes.push_back(world.feed(row.instrument.id).mark.raw());
            quotes.push_back(world.book(row.instrument.id).best_bid().raw());
        }
        quotes.push_back(static_cast<std::int64_t>(world.totals().trades));
        return quotes;
    };
    const auto as_it_is = last_before(plan);
    plan.events[0].sell_usd = {0.0, 0.0};
    EXPECT_EQ(last_before(plan), as_it_is);
}

}  // namespace
}  // namespace margincall
