#include "agents/maker_math.hpp"

#include <gtest/gtest.h>

#include <cmath>

namespace margincall {
namespace {

TEST(DepthShare, IsOneInACalmMarketAndFallsAsOneOverVolatility) {
    EXPECT_DOUBLE_EQ(depth_share(1.0, 9.0), 1.0);
    // The worked example of docs/agents.md.
    EXPECT_NEAR(depth_share(16.0, 9.0), (10.0 / 9.0) / (25.0 / 9.0), 1e-12);  // 0.40
    EXPECT_NEAR(depth_share(40.0, 9.0), 10.0 / 49.0, 1e-12);
    EXPECT_LT(depth_share(16.0, 8.0), depth_share(16.0, 11.0));
}

TEST(FlowReading, IsTheInverseOfTheDepthThatVolatilityLeaves) {
    EXPECT_NEAR(flow_reading(16.0, 9.0), 2.5, 1e-12);  // measured 2.5 at z 16, 5 at z 40
    EXPECT_NEAR(flow_reading(40.0, 9.0), 4.9, 1e-12);
    EXPECT_DOUBLE_EQ(joint_speed(3.0, 1.0), 2.0);
}

TEST(DepthShare, IsNeverBelowWhatWasMeasuredWhereItWasLeast) {
    EXPECT_DOUBLE_EQ(depth_share(1e6, 9.0), 0.08);
    EXPECT_GT(depth_share(100.0, 9.0), 0.08);
    EXPECT_DOUBLE_EQ(flow_reading(1e6, 9.0), 12.5);
}

TEST(DepthState, FallsInAMinuteAndComesBackInFive) {
    DepthState state{.level = 1.0};
    const DepthStateRates rates;
    for (int s = 0; s < 60; ++s) {
        state.step(0.1, seconds(1), rates);
    }
    EXPECT_NEAR(state.level, 0.1 + 0.9 * std::exp(-1.0), 1e-9);

    const double low = state.level;
    for (int m = 0; m < 5; ++m) {
        state.step(1.0, minutes(1), rates);
    }
    EXPECT_NEAR(state.level, 1.0 - (1.0 - low) * std::exp(-1.0), 1e-9);
}

TEST(Ladder, LevelsWithinOnePercentAddUpToOneForEverySpread) {
    for (const double spread : {0.00002, 0.0001, 0.0005, 0.002, 0.02}) {
        const Ladder ladder = make_ladder({.half_spread = spread});

        double inner = 0, all = 0;
        for (std::size_t j = 0; j < ladder.levels; ++j) {
            inner += ladder.distance[j] <= 0.01 ? ladder.weight[j] : 0.0;
            all += ladder.weight[j];
            EXPECT_GT(ladder.weight[j], 0.0);
            EXPECT_GT(ladder.tolerance[j], 0.0);
            if (j > 0) {
                EXPECT_GT(ladder.distance[j], ladder.distance[j - 1]);
                // A level may not lag past its neighbour.
                EXPECT_LT(ladder.tolerance[j], ladder.distance[j] - ladder.distance[j - 1]);
            }
        }
        EXPECT_NEAR(inner, 1.0, 1e-12);
        EXPECT_NEAR(all, std::pow(2.0, 0.65), 1e-12);
        EXPECT_LE(ladder.distance[ladder.levels - 1], 0.02);
    }
}

TEST(Ladder, CumulativeDepthFollowsTheMeasuredExponent) {
    const Ladder ladder = make_ladder({.half_spread = 0.000025});

    // 3.5 m at 10 bp and 16.5 m at 100 bp on a measured spot book: exponent 0.67 (model 3).
    double near = 0;
    for (std::size_t j = 0; j < ladder.levels && ladder.distance[j] <= 0.001; ++j) {
        near += ladder.weight[j];
    }
    EXPECT_NEAR(near, 3.5 / 16.5, 0.05);
}

TEST(LearntPrice, AHoleInTheBookIsNoNews) {
    const double delta = 1e-4;
    const SeenBook narrow{.mid = 11.0003, .bid = 11.0, .ask = 11.0 + 5.9e-4};
    EXPECT_DOUBLE_EQ(learnt_log_price(narrow, 11.3, delta), 11.0003);
    // Wider: what the maker thought, as far as it lies inside.
    const SeenBook hole{.mid = 11.05, .bid = 11.0, .ask = 11.1};
    EXPECT_DOUBLE_EQ(learnt_log_price(hole, 11.03, delta), 11.03);
    EXPECT_DOUBLE_EQ(learnt_log_price(hole, 11.3, delta), 11.1 - delta);
    EXPECT_DOUBLE_EQ(learnt_log_price(hole, 10.9, delta), 11.0 + delta);
}

TEST(Skew, LeansAgainstTheInventoryAndIsBoundedByIt) {
    EXPECT_NEAR(inventory_skew(0.5, 1.0, 0.022, 0.5), 0.0055, 1e-12);
    EXPECT_NEAR(inventory_skew(0.5, 1.0, 0.022, -0.5), -0.0055, 1e-12);
    EXPECT_NEAR(inventory_skew(0.5, 1.0, 0.022, 7.0), 0.011, 1e-12);
    EXPECT_DOUBLE_EQ(half_spread(0.000025, 0.3), 0.000025);
    EXPECT_DOUBLE_EQ(half_spread(0.000025, 4.0), 0.0001);
}

TEST(Refill, HalfOfTheMissingIsBackAfterTheHalfLife) {
    EXPECT_DOUBLE_EQ(refilled(seconds(10), 10.0), 0.5);
    EXPECT_DOUBLE_EQ(refilled(seconds(20), 10.0), 0.75);
}

TEST(FlowImpact, MetaorderMovesThePriceConcavelyAndTheMoveDecays) {
    // The same participation (5 % of V) for 1, 4 and 16 hours: impact grows as duration^(1 -
    // decay).
    double impact[3] = {0, 0, 0};
    const int hours_of[3] = {1, 4, 16};
    for (int k = 0; k < 3; ++k) {
        FlowImpact flow{0.35};
        for (int s = 0; s < hours_of[k] * 3600; s += 10) {
            flow.step(seconds(10));
            flow.add(0.05 * 10.0 / 86'400.0, SimTime{} + seconds(s));
        }
        impact[k] = flow.value();
    }
    EXPECT_NEAR(std::log(impact[1] / impact[0]) / std::log(4.0), 0.6, 0.12);
    EXPECT_NEAR(std::log(impact[2] / impact[1]) / std::log(4.0), 0.5, 0.15);

    FlowImpact flow{0.35};
    for (int s = 0; s < 3600; s += 10) {
        flow.step(seconds(10));
        flow.add(0.05 * 10.0 / 86'400.0, SimTime{} + seconds(s));
    }
    const double peak = flow.value();
    flow.step(hours(1));
    EXPECT_GT(flow.value() / peak, 0.3);  // 14.3: 30-70 % of the peak one duration later
    EXPECT_LT(flow.value() / peak, 0.7);
}

TEST(FlowImpact, ALumpCountsByItsRoot) {
    FlowImpact small{0.35}, large{0.35};
    small.add(1e-6, SimTime{});
    large.add(1.0, SimTime{});
    EXPECT_NEAR(small.value() / 1e-6, 39.0, 1.5);
    EXPECT_NEAR(large.value() / small.value() * 1e-6, std::sqrt(1.0 / 1440.0), 0.001);
}

TEST(FlowImpact, ABurstWeighsTheSameHoweverOftenSomebodyLooks) {
    FlowImpact once{0.35}, often{0.35}, later{0.35};
    once.add(0.01, SimTime{} + seconds(9));
    for (int s = 0; s < 10; ++s) {
        often.add(0.001, SimTime{} + seconds(s));
        later.add(0.001, SimTime{} + seconds(10 * s));
    }
    EXPECT_NEAR(often.value(), once.value(), 1e-12);
    EXPECT_GT(later.value(), 1.5 * once.value());  // ten bursts, each a tenth
}

}  // namespace
}  // namespace margincall
