// Agents of declared rows beside plain programmes: flows that answer to returns or wait for a price,
// hedgers of options, loans against coins; and what regulation and a slow venue do to a market.
#include <gtest/gtest.h>

#include <cmath>

#include "agents/fund_flow.hpp"
#include "agents/make_agents.hpp"
#include "agents/outside_leverage.hpp"
#include "agents/programme.hpp"
#include "sim/world.hpp"
#include "support/small_plan.hpp"

namespace margincall {
namespace {

using testing::small_plan;

constexpr AssetId btc_coin = AssetId::from_raw(0);

Plan without_owners(Duration length) {
    Plan plan = small_plan(length);
    plan.population.turnover_per_day = 0.0;
    return plan;
}

EventPlan row_of(EventType type, Duration at, Duration until) {
    EventPlan event;
    event.name = "row";
    event.type = type;
    event.cause = "funds";
    event.at = SimTime{} + at;
    event.until = SimTime{} + until;
    event.sell_usd = {0.0, 0.0};
    event.participation = 100.0;
    return event;
}

EventPlan sale_of(double usd, Duration at, Duration until) {
    EventPlan event = row_of(EventType::flow, at, until);
    event.cause = "news";
    event.sell_usd = {usd, 0.0};
    event.perps = true;
    return event;
}

// Coins of BTC in all books of the agent whose random streams have that name, at a time.
double coins_of(const Plan& plan, std::uint64_t entity, Duration at) {
    World world(plan, make_agents(plan), {});
    std::uint32_t k = 0;
    while (world.agent(AgentId::from_raw(k)).setup.entity != entity) {
        ++k;
    }
    (void)world.advance(SimTime{} + at, nullptr);
    const AgentContext context(world, AgentId::from_raw(k));
    double coins = 0.0;
    for (std::uint32_t i = 0; i < 5; ++i) {
        coins += static_cast<double>(context.position(InstrumentId::from_raw(i)).raw()) * 0.001;
    }
    return coins;
}

double index_at(const Plan& plan, Duration at) {
    World world(plan, make_agents(plan), {});
    (void)world.advance(SimTime{} + at, nullptr);
    return world.index_usd(btc_coin);
}

struct Ran {
    RunTotals totals;
    double index = 0;
    double coins = 0;  // of the last agent, all books of BTC
    double fees = 0;   // venue A's taker fee at the end
};

Ran run_world(const Plan& plan) {
    World world(plan, make_agents(plan), {});
    (void)world.advance(SimTime{} + plan.length, nullptr);
    Ran out;
    const auto last = AgentId::from_raw(static_cast<std::uint32_t>(make_agents(plan).size() - 1));
    AgentContext context(world, last);
    for (std::uint32_t i = 0; i < 5; ++i) {
        out.coins += static_cast<double>(context.position(InstrumentId::from_raw(i)).raw()) * 0.001;
    }
    out.fees = context.taker_fee(VenueId::from_raw(0));
    out.index = world.index_usd(btc_coin);
    out.totals = world.finish();
    return out;
}

// --- funds that answer

TEST(FundFlow, AddsUpWhatTheReturnsSay) {
    EventPlan event;
    event.answer_base = 114e6;
    event.answer_yesterday = 47e6;
    event.answer_today = 43e6;
    event.answer_noise = 270e6;
    EXPECT_NEAR(fund_answer(event, -0.02, -0.05, 0.0), -195e6, 1.0);
    EXPECT_NEAR(fund_answer(event, 0.0, 0.0, 0.0), 114e6, 1.0);
    EXPECT_NEAR(fund_answer(event, 0.0, 0.0, -1.0), -156e6, 1.0);
}

TEST(FundFlow, TheTradingDayBeforeIsNoWeekend) {
    const std::int64_t monday = 1'762'203'600;  // 2025-11-03 21:00
    EXPECT_EQ(trading_day_before(monday), monday - 3 * 86'400);
    EXPECT_EQ(trading_day_before(monday + 86'400), monday);
}

// The index stood at 99,083 at the close before, a Friday's: 142 steps of half an hour before the start.
TEST(FundFlow, BuysOnARiseAndSellsWhenTheDayTurns) {
    Plan plan = without_owners(minutes(50));
    EventPlan session = row_of(EventType::flow, minutes(10), minutes(40));
    session.coin = btc_coin;
    session.answer_today = 20e6;
    const std::uint64_t entity = FundFlow(plan, 0, session).setup().entity;
    const double close = 100'000.0 * (1.0 + 0.02 * (2.0 - 24.0) / 48.0);
    for (const double sold : {1.0, 300e6}) {
        plan.events = {session, sale_of(sold, minutes(15), minutes(30))};
        const double index = index_at(plan, minutes(40));
        const double said = fund_answer(session, 0.0, std::log(index / close), 0.0);
        EXPECT_NEAR(coins_of(plan, entity, plan.length) * index, said, 0.15 * std::abs(said));
        EXPECT_EQ(said > 0.0, sold == 1.0) << "the sale turns the day";
        EXPECT_GT(coins_of(plan, entity, minutes(15)), 0.0) << "and what was bought is sold again";
    }
}

// --- a programme that waits for its price

TEST(ProgrammeWorld, ATriggerStartsItAtItsPriceAndNotBefore) {
    Plan plan = without_owners(minutes(40));
    EventPlan company = sale_of(20e6, minutes(1), minutes(39));
    company.perps = false;
    company.trigger_over = minutes(5);
    const auto sold_with_trigger = [&](double below) {
        company.trigger_below = below;
        plan.events = {sale_of(200e6, minutes(10), minutes(15)), company};
        const std::uint64_t entity = Programme(plan, 1, company, btc_coin).setup().entity;
        return std::pair{coins_of(plan, entity, minutes(9)), coins_of(plan, entity, minutes(40))};
    };
    const auto [early, sold] = sold_with_trigger(99'900.0);
    EXPECT_DOUBLE_EQ(early, 0.0);
    EXPECT_NEAR(sold, -200.0, 15.0);                            // 20 m USD
    EXPECT_DOUBLE_EQ(sold_with_trigger(50'000.0).second, 0.0);  // never so low
}

// --- options

TEST(Options, GammaIsBlackAndScholes) {
    // S = K = 100, 20 % a year, one year: d1 = 0.1, density 0.39695, over 20 (Hull, ch. 19).
    EXPECT_NEAR(option_gamma(100.0, 100.0, 0.2, 1.0), 0.39695 / 20.0, 1e-6);
    EXPECT_DOUBLE_EQ(option_gamma(100.0, 100.0, 0.2, 0.0), 0.0);
    EXPECT_GT(option_gamma(100.0, 100.0, 0.2, 0.01), option_gamma(100.0, 100.0, 0.2, 1.0));
    EXPECT_LT(option_gamma(150.0, 100.0, 0.2, 0.01), 1e-9);
}

TEST(Options, DealersWhoSoldThemSellIntoAFallAndThoseWhoBoughtThemBuy) {
    Plan plan = without_owners(minutes(40));
    EventPlan options = row_of(EventType::options, minutes(1), hours(96));
    options.coin = btc_coin;
    options.open_usd = 2e9;
    options.strike_usd = 100'000.0;
    const auto coins = [&](double dealers) {
        options.dealers = dealers;
        plan.events = {options, sale_of(200e6, minutes(5), minutes(15))};
        return run_world(plan).coins;
    };
    const double sold = coins(-0.5);
    const double bought = coins(0.5);
    EXPECT_LT(sold, -10.0);
    EXPECT_GT(bought, 10.0);
    EXPECT_DOUBLE_EQ(coins(0.0), 0.0);
}

// --- loans

TEST(Loans, AreCalledCuredAndSoldAtTheirLevels) {
    EventPlan event = row_of(EventType::loans, Duration{}, hours(1));
    event.loans_usd = 200e6;
    const std::vector<LoanCohort> all = loan_cohorts(event, 100'000.0);
    double usd = 0.0;
    for (const LoanCohort& cohort : all) {
        usd += cohort.usd;
        EXPECT_GT(cohort.ltv(100'000.0), 0.2);
        EXPECT_LT(cohort.ltv(100'000.0), 0.6);
    }
    EXPECT_NEAR(usd, 200e6, 1.0);

    Rng rng{1, 2, Purpose::test};
    LoanCohort loan{.usd = 60'000.0, .coins = 1.0};
    EXPECT_DOUBLE_EQ(step_cohort(loan, event, 81'000.0, rng), 0.0);  // 74 %
    EXPECT_FALSE(loan.ignored);
    event.cures = 1.0;
    EXPECT_DOUBLE_EQ(step_cohort(loan, event, 80'000.0, rng), 0.0);  // 75 %: called and answered
    EXPECT_NEAR(loan.ltv(80'000.0), 0.6, 1e-12);
    loan = {.usd = 60'000.0, .coins = 1.0};
    event.cures = 0.0;
    EXPECT_DOUBLE_EQ(step_cohort(loan, event, 79'000.0, rng), 0.0);
    EXPECT_TRUE(loan.ignored);
    event.cures = 1.0;  // asked once
    EXPECT_DOUBLE_EQ(step_cohort(loan, event, 72'000.0, rng), 0.0);
    EXPECT_TRUE(loan.ignored);
    EXPECT_NEAR(step_cohort(loan, event, 70'000.0, rng), 60'000.0 / 70'000.0, 1e-12);  // 86 %
    EXPECT_DOUBLE_EQ(step_cohort(loan, event, 60'000.0, rng), 0.0);                    // gone
}

TEST(Loans, AreSoldOnSpotAfterAFallOnly) {
    Plan plan = without_owners(minutes(40));
    EventPlan loans = row_of(EventType::loans, minutes(1), minutes(39));
    loans.coin = btc_coin;
    loans.loans_usd = 400e6;
    loans.ltv_low = 0.70;
    loans.ltv_high = 0.849;
    loans.ltv_call = 0.8495;
    loans.cures = 0.0;
    plan.events = {loans};
    EXPECT_NEAR(run_world(plan).coins, 0.0, 25.0);
    plan.events = {loans, sale_of(300e6, minutes(5), minutes(15))};
    EXPECT_LT(run_world(plan).coins, -60.0);
}

// --- regulation and slow venues

TEST(Regulation, TakesPartOfTheCrowdAndAddsToFeesAndUncertainty) {
    Plan plan = without_owners(minutes(10));
    const Ran calm = run_world(plan);
    EventPlan rule = row_of(EventType::regulatory, minutes(1), minutes(1));
    rule.retail_leaves = 0.5;
    plan.events = {rule};
    const Ran fewer = run_world(plan);
    EXPECT_LT(static_cast<double>(fewer.totals.trades),
              0.9 * static_cast<double>(calm.totals.trades));

    rule.retail_leaves = 0.0;
    rule.fee_change = 0.001;
    plan.events = {rule};
    const Ran dearer = run_world(plan);
    EXPECT_NEAR(dearer.fees - calm.fees, 0.001, 1e-9);
    rule.until = SimTime{} + minutes(5);  // a rule that ends
    plan.events = {rule};
    EXPECT_NEAR(run_world(plan).fees, calm.fees, 1e-12);
    rule.venues = {VenueId::from_raw(1)};
    rule.until = rule.at;
    plan.events = {rule};
    EXPECT_NEAR(run_world(plan).fees, calm.fees, 1e-12);

    rule.add_uncertainty = 0.2;
    EXPECT_NEAR(FairValue::uncertainty_at(
                    0.1, std::span<const EventPlan>(&rule, 1), SimTime{} + minutes(2)),
                0.3,
                1e-12);
}

TEST(Regulation, ChargesTheChangedFeeToTakersAlone) {
    Plan plan = without_owners(minutes(6));
    EventPlan rule = row_of(EventType::regulatory, Duration{}, Duration{});
    rule.fee_change = 0.01;
    plan.events = {rule};
    World world(plan, make_agents(plan), {});
    (void)world.advance(SimTime{} + minutes(1), nullptr);
    EXPECT_EQ(world.clearing().fee_change_ppm(VenueId::from_raw(0)), 10'000);
    (void)world.advance(SimTime{} + plan.length, nullptr);
    check_world(world);
}

TEST(SlowVenue, RequestsWaitSoMuchLongerAndTransfersDoNotStop) {
    Plan plan = without_owners(minutes(6));
    EventPlan slow = row_of(EventType::venue, minutes(1), minutes(4));
    slow.venues = {VenueId::from_raw(0)};
    slow.request_delay_s = 7.0;
    plan.events = {slow};
    World world(plan, make_agents(plan), {});
    AgentContext context(world, AgentId::from_raw(0));
    (void)world.advance(SimTime{} + minutes(2), nullptr);
    EXPECT_DOUBLE_EQ(context.venue_wait_s(VenueId::from_raw(0)), 7.0);
    EXPECT_DOUBLE_EQ(context.venue_wait_s(VenueId::from_raw(1)), 0.0);
    EXPECT_FALSE(context.transfers_stopped(VenueId::from_raw(0)));
    (void)world.advance(SimTime{} + minutes(5), nullptr);
    EXPECT_DOUBLE_EQ(context.venue_wait_s(VenueId::from_raw(0)), 0.0);
}

}  // namespace
}  // namespace margincall
