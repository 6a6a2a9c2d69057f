// The decisions of the agent families as pure functions; the numbers are the worked examples of
// docs/agents.md.
#include <gtest/gtest.h>

#include <cmath>

#include "agents/arbitrage.hpp"
#include "agents/behaviour.hpp"
#include "agents/market_maker.hpp"
#include "agents/noise.hpp"
#include "agents/patient.hpp"
#include "agents/programme.hpp"
#include "support/small_plan.hpp"

namespace margincall {
namespace {

using testing::small_plan;

TEST(Patient, SlicesAddUpToTheMeasuredStraightLine) {
    PatientPlan plan;
    const int lines = static_cast<int>(plan.orders_per_side);
    const double step = (plan.to - plan.from) / lines;
    double sum = 0;
    for (int k = -6; k < lines + 12; ++k) {
        const double x = plan.from + step * k;
        sum += patient_slice(x, x + step, plan);
        if (k >= 0 && k < lines - 1) {
            EXPECT_NEAR(sum, patient_cumulative(x + step, plan), 1e-9);
        }
    }
    EXPECT_NEAR(patient_cumulative(0.05, plan), 1.0, 1e-12);
    EXPECT_NEAR(sum, 7.25, 1e-9);  // (30 % - 1 %) / (5 % - 1 %)
    EXPECT_DOUBLE_EQ(patient_slice(0.0, 0.009, plan), 0.0);
}

TEST(Noise, LongMemoryComesFromTheMetaordersTail) {
    EXPECT_DOUBLE_EQ(metaorder_tail(0.65), 1.7);
    EXPECT_DOUBLE_EQ(metaorder_tail(0.5), 2.0);
}

TEST(Noise, HourlyActivityAveragesOne) {
    double sum = 0;
    for (int m = 0; m < 1440; ++m) {
        const double a = hourly_activity(m / 60.0);
        EXPECT_GT(a, 0.6);
        EXPECT_LT(a, 1.7);
        sum += a;
    }
    EXPECT_NEAR(sum / 1440.0, 1.0, 1e-3);
}

TEST(CrossArbitrage, NeedsFeesMarginAndLatencyRisk) {
    const ArbitragePlan plan;
    // 4.5 + 4.5 + 1 bp and half a sigma of 2.2 % a day over 15 ms: 10.05 bp.
    EXPECT_NEAR(cross_threshold(0.00045, 0.00045, plan, 0.022, 0.015), 0.0010046, 1e-7);
    ArbitragePlan free = plan;
    free.unlimited = true;
    EXPECT_DOUBLE_EQ(cross_threshold(0.00045, 0.00045, free, 0.022, 0.015), 0.0);
    EXPECT_GT(cross_size(0.004, 100e6, 0.65), cross_size(0.002, 100e6, 0.65));
    EXPECT_LE(cross_size(1.0, 100e6, 0.65), 100e6);
}

TEST(BasisArbitrage, ClosesHalfOfTheExcessWithinDepthAndCapital) {
    const ArbitragePlan plan;
    BasisSize in{.basis = -0.0030,
                 .target = 0.0002,
                 .depth_perp = 100e6,
                 .depth_spot = 80e6,
                 .exponent = 0.65,
                 .inventory_usd = 0.0,
                 .capital_usd = 1.6e9,
                 .seconds = 1.0};
    // Perp 30 bp below spot, premium accepted 2 bp, threshold 5 bp: 27 bp of excess; what stands in
    // the thinner leg within a quarter of it.
    EXPECT_NEAR(basis_size(plan, in), 80e6 * std::pow(0.25 * 0.27, 0.65), 1e4);
    in.basis = -0.0100;
    in.depth_spot = 1e9;
    EXPECT_NEAR(basis_size(plan, in), 25e6, 1.0);  // a quarter of the perp's depth
    in.inventory_usd = 1.59e9;
    EXPECT_NEAR(basis_size(plan, in), 10e6, 1.0);  // capital for buying perps
    in.basis = 0.0005;
    EXPECT_DOUBLE_EQ(basis_size(plan, in), 0.0);  // inside the threshold
    in.basis = 0.0100;
    in.inventory_usd = -7.99e9;
    EXPECT_NEAR(basis_size(plan, in), -10e6, 1.0);  // five times as much for selling them
    ArbitragePlan free = plan;
    free.unlimited = true;
    EXPECT_NEAR(basis_size(free, in), -25e6, 1.0);
}

TEST(BasisArbitrage, InventoryMovesThePremium) {
    const ArbitragePlan plan;
    EXPECT_NEAR(basis_target(plan, 0.0, 1.6e9), 0.0002, 1e-12);
    EXPECT_NEAR(basis_target(plan, 1.6e9, 1.6e9), 0.0002 - 0.0020 * std::tanh(1.0), 1e-12);
    EXPECT_NEAR(basis_target(plan, -1.6e9, 1.6e9), 0.0002 + 0.0020 * std::tanh(0.2), 1e-12);
}

TEST(Trend, FlowSaturates) {
    const TrendPlan plan;
    // 1 % over the slow average in three hours: T = ln 1.01 / (0.022 * sqrt(1/8)) = 1.28.
    const double t = trend_signal(1.01, 1.0, 0.022, 180.0);
    EXPECT_NEAR(t, 1.2793, 1e-3);
    EXPECT_NEAR(trend_flow(plan, 60e9, t), 0.04 * 60e9 * std::tanh(0.8 * t), 1.0);
    EXPECT_NEAR(trend_flow(plan, 60e9, 50.0), 2.4e9, 1e3);
    EXPECT_NEAR(trend_flow(plan, 60e9, -50.0), -2.4e9, 1e3);
}

TEST(Panic, StartsBeyondTwoHourlySigmasAndGrowsWithFear) {
    const PanicPlan plan;
    PanicInputs in{.sigma_daily = 0.022, .volume_usd_day = 60e9};
    const double sigma_hour = 0.022 / std::sqrt(24.0);

    in.return_1h = -1.9 * sigma_hour;
    EXPECT_DOUBLE_EQ(panic_flow(plan, in), 0.0);
    in.return_1h = -4.0 * sigma_hour;
    EXPECT_NEAR(panic_flow(plan, in), 0.05 * 60e9 * 2.0, 1.0);
    in.fear_greed = 20.0;
    in.uncertainty = 0.3;
    EXPECT_NEAR(panic_flow(plan, in), 0.05 * 60e9 * 2.0 * 1.6 * 1.3, 1.0);
    in.return_1h = -50.0 * sigma_hour;
    EXPECT_NEAR(panic_flow(plan, in), 0.05 * 60e9 * 6.0 * 1.6 * 1.3, 1.0);
}

TEST(DipBuyer, RespondsToTheSquareOfTheGapBeyondItsThreshold) {
    const DipBuyerPlan plan;
    EXPECT_DOUBLE_EQ(dip_flow(plan, 60e9, 0.012), 0.0);
    EXPECT_NEAR(dip_flow(plan, 60e9, 0.03), 0.06 * 60e9 * 9.0, 1.0);
    EXPECT_NEAR(dip_flow(plan, 60e9, 0.5), 0.06 * 60e9 * 60.0, 1.0);
    EXPECT_NEAR(dip_flow(plan, 60e9, -0.03), -0.06 * 60e9 * 9.0, 1.0);
}

TEST(Programme, FundsTradeIntoTheClose) {
    EventPlan event;
    event.at = SimTime{} + hours(10);
    event.until = SimTime{} + hours(17);
    event.last_part = hours(2);
    event.last_part_share = 0.6;

    EXPECT_DOUBLE_EQ(programme_due(event, SimTime{} + hours(9)), 0.0);
    EXPECT_NEAR(programme_due(event, SimTime{} + hours(15)), 0.4, 1e-12);
    EXPECT_NEAR(programme_due(event, SimTime{} + hours(16)), 0.7, 1e-12);
    EXPECT_DOUBLE_EQ(programme_due(event, SimTime{} + hours(17)), 1.0);
    event.cause = "funds";
    EXPECT_EQ(programme_cause(event), Cause::funds);
    event.cause = "regulation";
    EXPECT_EQ(programme_cause(event), Cause::news);
}

TEST(Programme, FollowsItsProfileThroughEqualPartsOfTheWindow) {
    EventPlan event;
    event.at = SimTime{} + hours(10);
    event.until = SimTime{} + hours(13);
    event.profile = {3.0, 0.0, 1.0};

    EXPECT_DOUBLE_EQ(programme_due(event, SimTime{} + hours(10)), 0.0);
    EXPECT_NEAR(programme_due(event, SimTime{} + minutes(630)), 0.375, 1e-12);
    EXPECT_NEAR(programme_due(event, SimTime{} + hours(11)), 0.75, 1e-12);
    EXPECT_NEAR(programme_due(event, SimTime{} + minutes(700)), 0.75, 1e-12);
    EXPECT_NEAR(programme_due(event, SimTime{} + minutes(750)), 0.875, 1e-12);
    EXPECT_DOUBLE_EQ(programme_due(event, SimTime{} + hours(13)), 1.0);
}

TEST(Makers, FirmsDifferAndTheirSharesAddUp) {
    Plan plan = small_plan();
    const std::vector<MakerFirm> firms = draw_firms(plan);

    ASSERT_EQ(firms.size(), 8u);
    double share = 0;
    for (const MakerFirm& firm : firms) {
        share += firm.asset == AssetId::from_raw(0) ? firm.share : 0.0;
    }
    EXPECT_NEAR(share, 1.0, 1e-12);
    EXPECT_NE(firms[0].vol_withdraw, firms[1].vol_withdraw);
    EXPECT_LT(firms[0].spread_factor, firms[3].spread_factor);
}

TEST(Makers, OneFirmMoreChangesNobodysDraws) {
    Plan plan = small_plan();
    plan.maker.firms = 3;
    const std::vector<MakerFirm> few = draw_firms(plan);
    plan.maker.firms = 4;
    const std::vector<MakerFirm> more = draw_firms(plan);

    EXPECT_EQ(few[0].vol_withdraw, more[0].vol_withdraw);
    EXPECT_EQ(few[3].vol_withdraw, more[4].vol_withdraw);  // first firm of the second coin
    EXPECT_EQ(few[3].news_delay, more[4].news_delay);
}

TEST(Makers, WiderForWilderAndThinnerCoins) {
    const Plan plan = small_plan();
    EXPECT_NEAR(half_spread_minimum(plan, AssetId::from_raw(0)), 0.25e-4, 1e-12);
    EXPECT_NEAR(half_spread_minimum(plan, AssetId::from_raw(1)),
                0.25e-4 * (0.038 / 0.022) * std::cbrt(5.0 / 3.0),
                1e-12);
}

}  // namespace
}  // namespace margincall
