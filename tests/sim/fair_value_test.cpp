#include "sim/fair_value.hpp"

#include <gtest/gtest.h>

#include <cmath>

namespace margincall {
namespace {

Plan three_coins() {
    Plan plan;
    plan.seed = 7;
    plan.assets = {{.name = "BTC", .price = 100'000.0, .volatility = 0.022, .beta = 1.0},
                   {.name = "ETH", .price = 4'000.0, .volatility = 0.038, .beta = 1.35},
                   {.name = "TAIL1", .price = 1.0, .volatility = 0.055, .beta = 1.75}};
    return plan;
}

EventPlan equities_fall(SimTime at, SimTime until) {
    EventPlan event;
    event.type = EventType::factor;
    event.at = at;
    event.until = until;
    event.d_equities = -0.02;
    return event;
}

SimTime at_hours(std::int64_t h) {
    return SimTime{} + hours(h);
}
constexpr AssetId btc = AssetId::from_raw(0);
constexpr AssetId eth = AssetId::from_raw(1);
constexpr AssetId tail = AssetId::from_raw(2);

TEST(NewsPath, LoadingsAreBtcsWithEthsOwnEquityBetaAndBetaForTheRest) {
    Plan plan = three_coins();
    plan.events = {equities_fall(at_hours(1), at_hours(1))};

    const NewsPath news{plan};

    EXPECT_DOUBLE_EQ(news.log_change(btc, SimTime{}), 0.0);
    EXPECT_DOUBLE_EQ(news.log_change(btc, at_hours(1)), -0.04);
    EXPECT_DOUBLE_EQ(news.log_change(eth, at_hours(1)), -0.056);
    EXPECT_DOUBLE_EQ(news.log_change(tail, at_hours(1)), -0.07);
}

TEST(NewsPath, WindowReleasesItselfEvenlyAndInJumpsAndEndsWhole) {
    Plan plan = three_coins();
    plan.events = {equities_fall(at_hours(1), at_hours(5))};

    const NewsPath news{plan};

    double last = 0;
    int jumps = 0;
    for (int s = 3600; s <= 5 * 3600; ++s) {
        const double r = news.released(0, SimTime{} + seconds(s));
        EXPECT_GE(r, last);
        jumps += r - last > 3 * 0.35 / (4 * 3600);
        last = r;
    }
    EXPECT_DOUBLE_EQ(last, 1.0);
    EXPECT_GE(jumps, 6);  // 8 drawn over four hours; two may fall into one second or be tiny
    EXPECT_NEAR(news.log_change(btc, at_hours(48)), -0.04, 1e-12);
}

TEST(FairValue, NoiseHasThePlannedSizeAndCorrelation) {
    Plan plan = three_coins();
    plan.factors.clock = seconds(60);
    FairValue fair{plan};

    double b2 = 0, e2 = 0, be = 0;
    double b0 = std::log(fair.value(btc)), e0 = std::log(fair.value(eth));
    const int days = 60;
    for (int k = 1; k <= days * 1440; ++k) {
        fair.step(SimTime{} + minutes(k));
        const double b1 = std::log(fair.value(btc)), e1 = std::log(fair.value(eth));
        b2 += (b1 - b0) * (b1 - b0);
        e2 += (e1 - e0) * (e1 - e0);
        be += (b1 - b0) * (e1 - e0);
        b0 = b1;
        e0 = e1;
    }

    EXPECT_NEAR(std::sqrt(b2 / days), 0.55 * 0.022, 0.0002);
    EXPECT_NEAR(std::sqrt(e2 / days), 0.55 * 0.038, 0.0004);
    EXPECT_NEAR(be / std::sqrt(b2 * e2), 0.72, 0.01);
}

TEST(FairValue, DelayedViewIsTheOldValueAndNeverNewer) {
    Plan plan = three_coins();
    FairValue fair{plan};
    std::vector<double> seen{fair.value(btc)};
    for (int k = 1; k <= 100; ++k) {
        fair.step(SimTime{} + seconds(k));
        seen.push_back(fair.value(btc));
    }

    EXPECT_EQ(fair.value_delayed(btc, Duration{}), seen[100]);
    EXPECT_EQ(fair.value_delayed(btc, milliseconds(200)), seen[99]);
    EXPECT_EQ(fair.value_delayed(btc, seconds(20)), seen[80]);
    EXPECT_EQ(fair.value_delayed(btc, hours(1)), seen[0]);
}

TEST(FairValue, EventsShiftTheValueButNoDraw) {
    Plan quiet = three_coins();
    Plan busy = quiet;
    busy.events = {equities_fall(at_hours(0), at_hours(1))};
    FairValue a{quiet}, b{busy};
    for (int k = 1; k <= 7200; ++k) {
        a.step(SimTime{} + seconds(k));
        b.step(SimTime{} + seconds(k));
    }

    EXPECT_NEAR(std::log(b.value(btc) / a.value(btc)), -0.04, 1e-9);
    EXPECT_NEAR(std::log(b.value(eth) / a.value(eth)), -0.056, 1e-9);
}

TEST(FairValue, UncertaintyDecaysWithItsHalfLife) {
    Plan plan = three_coins();
    plan.uncertainty = 0.2;
    EventPlan event;
    event.type = EventType::uncertainty;
    event.at = event.until = at_hours(8);
    event.add_uncertainty = 0.1;
    event.half_life_days = 3.0;
    plan.events = {event};

    EXPECT_DOUBLE_EQ(FairValue::uncertainty_at(plan.uncertainty, plan.events, at_hours(7)), 0.2);
    EXPECT_DOUBLE_EQ(FairValue::uncertainty_at(plan.uncertainty, plan.events, at_hours(8)), 0.3);
    EXPECT_DOUBLE_EQ(FairValue::uncertainty_at(plan.uncertainty, plan.events, at_hours(8 + 72)),
                     0.25);
}

}  // namespace
}  // namespace margincall
