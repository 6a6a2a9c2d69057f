#include "analytics/price_figures.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>

#include "record/synthetic_run.hpp"

namespace margincall {
namespace {

const PriceLine hand_made = {{60, 100}, {120, 98}, {180, 90}, {240, 95}, {300, 94}, {360, 97}};

TEST(PriceFigures, ValueAtIsTheLastThatWasKnown) {
    EXPECT_FALSE(value_at(hand_made, 59));
    EXPECT_EQ(value_at(hand_made, 60), 100.0);
    EXPECT_EQ(value_at(hand_made, 179.9), 98.0);
    EXPECT_EQ(value_at(hand_made, 1e9), 97.0);
    EXPECT_EQ(part_of(hand_made, 120, 240).size(), 3U) << "both ends belong to it";
    EXPECT_TRUE(part_of(hand_made, 121, 179).empty());
    EXPECT_TRUE(part_of(hand_made, 240, 120).empty());
}

TEST(PriceFigures, SteepestFallIsInsideItsWindow) {
    EXPECT_NEAR(*steepest_fall(hand_made, 120), -10.0, 1e-12) << "100 to 90 takes 120 s";
    EXPECT_NEAR(*steepest_fall(hand_made, 119), 100.0 * (90.0 / 98.0 - 1.0), 1e-12);
    EXPECT_EQ(steepest_fall(PriceLine{{0, 1}, {1, 2}}, 10), 0.0) << "nothing fell";
    EXPECT_FALSE(steepest_fall(PriceLine{}, 10));
}

TEST(PriceFigures, ReboundBeginsAtTheLowAndEndsWithItsWindow) {
    EXPECT_NEAR(*rebound_after_low(hand_made, 60), 100.0 * (95.0 / 90.0 - 1.0), 1e-12);
    EXPECT_NEAR(*rebound_after_low(hand_made, 180), 100.0 * (97.0 / 90.0 - 1.0), 1e-12);
    EXPECT_EQ(rebound_after_low(PriceLine{{0, 5}, {60, 4}}, 60), 0.0) << "the low is the end";
    EXPECT_FALSE(rebound_after_low(PriceLine{}, 60));
    EXPECT_EQ(lowest_of(PriceLine{{0, 5}, {60, 4}, {120, 4}})->second, 60.0) << "the first low";
}

TEST(PriceFigures, LongestBelowCountsUnbrokenSteps) {
    EXPECT_EQ(longest_below(hand_made, 98, 60), 240.0);
    EXPECT_EQ(longest_below(hand_made, 95, 60), 60.0) << "at the limit is not below it";
    EXPECT_EQ(longest_below(hand_made, 90, 60), 0.0);
}

TEST(PriceFigures, ShapeIsOfFallingMinutesOnly) {
    const std::vector<PriceMinute> minutes = {
        {60, 10, 11, 6, 8},  // range 5, wick 2, body 2
        {120, 8, 20, 1, 9},  // rises
        {180, 9, 9, 9, 9},   // stands
        {240, 9, 9, 4, 5},   // range 5, wick 1, body 4
    };
    const auto shape = falling_minutes(minutes);
    ASSERT_TRUE(shape);
    EXPECT_DOUBLE_EQ(shape->lower_wick, 0.3);
    EXPECT_DOUBLE_EQ(shape->close_open, 0.6);
    EXPECT_FALSE(falling_minutes(std::span{minutes}.subspan(1, 2)));
}

TEST(PriceFigures, BarsOfSecondsBecomeMinutes) {
    std::vector<BarRecord> bars;
    for (const std::int64_t second : {1, 30, 60, 61, 120}) {
        BarRecord bar;
        bar.time_ns = seconds(second).raw();
        bar.open = static_cast<double>(second);
        bar.high = bar.open + 5;
        bar.low = bar.open - 5;
        bar.close = bar.open + 1;
        bars.push_back(bar);
    }
    const auto minutes = minutes_of(bars);
    ASSERT_EQ(minutes.size(), 2U);
    EXPECT_EQ(minutes[0].second, 60.0) << "a bar that ends with the minute belongs to it";
    EXPECT_EQ(minutes[0].open, 1.0);
    EXPECT_EQ(minutes[0].high, 65.0);
    EXPECT_EQ(minutes[0].low, -4.0);
    EXPECT_EQ(minutes[0].close, 61.0);
    EXPECT_EQ(minutes[1].open, 61.0);
    EXPECT_EQ(minutes[1].close, 121.0);
}

TEST(PriceFigures, VarianceRatioTellsSwingsFromTrends) {
    std::vector<double> swings;
    std::vector<double> slow;
    for (int k = 0; k < 400; ++k) {
        swings.push_back(k % 2 == 0 ? 0.0 : 1.0);
        slow.push_back(std::sin(k * 0.0157));
    }
    EXPECT_NEAR(*variance_ratio(swings, 2), 0.0, 1e-4) << "back after two";
    EXPECT_NEAR(*variance_ratio(swings, 3), 1.0 / 3.0, 1e-2);
    EXPECT_EQ(variance_ratio(swings, 1), 1.0);
    EXPECT_GT(*variance_ratio(slow, 20), 15.0) << "moves that go on";
    EXPECT_FALSE(variance_ratio(std::vector<double>(10, 3.0), 2)) << "nothing moves";
    EXPECT_FALSE(variance_ratio(std::vector<double>{1, 2, 3}, 2)) << "too short";
}

// Books of the synthetic plan with bars by hand, a minute each.
class CrashFigures : public ::testing::Test {
  protected:
    void bar(double second, std::uint32_t instrument, double index, double bids = 100.0) {
        BarRecord record;
        record.time_ns = static_cast<std::int64_t>(second * 1e9);
        record.instrument = instrument;
        record.open = record.high = index;
        record.low = record.close = index;
        record.index = record.mark = index;
        record.bid_2 = bids;
        record.open_interest_coins = index;
        recorder.on(record);
    }
    [[nodiscard]] std::optional<double> value(std::string_view name) const {
        const auto figures = crash_figures(MarketView{plan, recorder});
        const auto found = std::ranges::find(figures, name, &PriceFigure::name);
        EXPECT_NE(found, figures.end()) << name;
        return found != figures.end() ? found->value : std::nullopt;
    }

    Plan plan = testing::synthetic_plan();
    MemoryRecorder recorder;
};

TEST_F(CrashFigures, StateLoopAndReboundAreOfTheirMoments) {
    for (const auto& [second, index, bids] : {std::tuple{60.0, 100.0, 7.0},
                                              {600.0, 200.0, 1'000.0},
                                              {crash_before_s, 96.0, 700.0},
                                              {crash_news_s, 95.0, 40.0},
                                              {33'000.0, 76.0, 40.0},
                                              {33'060.0, 80.0, 60.0},
                                              {34'200.0, 85.5, 60.0},
                                              {34'260.0, 94.0, 60.0},
                                              {crash_end_s, 93.1, 60.0}}) {
        bar(second, 0, index, bids);
    }
    EXPECT_NEAR(*value("BTC at 20:49"), -4.0, 1e-9) << "from the first bar";
    EXPECT_NEAR(*value("bids within 2 % at 20:49 of their start"), 70.0, 1e-9);
    EXPECT_NEAR(*value("BTC index from 20:50 to the low"), -20.0, 1e-9);
    EXPECT_NEAR(*value("rebound within 20 min of the low"), 12.5, 1e-9) << "94 comes too late";
    EXPECT_NEAR(*value("steepest 20 min of A's BTC mark"), -20.0, 1e-9);
    EXPECT_NEAR(*value("open interest of BTC"), -2.0, 1e-9);
    // Two bars of the plan's step lie below 5 % of the thousand.
    EXPECT_NEAR(*value("longest time with bids within 2 % below 5 % of calm"),
                2.0 * to_seconds(plan.output.bar) / 60.0,
                1e-9);
    EXPECT_EQ(value("liquidated from 20:50"), 0.0);
}

TEST_F(CrashFigures, LiquidationsAreSplitAtTheNewsAndByKind) {
    bar(60, 0, 100);
    for (const auto& [second, kind, usd] :
         {std::tuple{crash_news_s - 1, LiquidationKind::book, 2e9},
          {crash_news_s, LiquidationKind::book, 3e9},
          {crash_end_s - 1, LiquidationKind::adl, 1e9},
          {crash_end_s, LiquidationKind::takeover, 9e9}}) {
        LiquidationRecord row;
        row.time_ns = static_cast<std::int64_t>(second * 1e9);
        row.kind = static_cast<std::uint8_t>(kind);
        row.notional_usd = usd;
        recorder.on(row);
    }
    EXPECT_NEAR(*value("liquidated 12:00-20:50"), 2.0, 1e-9);
    EXPECT_NEAR(*value("liquidated from 20:50"), 4.0, 1e-9);
    EXPECT_NEAR(*value("of it in a book"), 75.0, 1e-9);
    EXPECT_NEAR(*value("of it taken over"), 0.0, 1e-9);
    EXPECT_NEAR(*value("of it by ADL"), 25.0, 1e-9);
}

TEST(PriceFigures, MetricsAreInPercentAndBillions) {
    const auto of = [](std::string_view name, double value) {
        return metric_in_unit(metric_names[static_cast<std::size_t>(metric_index(name))], value);
    };
    EXPECT_DOUBLE_EQ(of("btc_fall_open_to_low", -0.07), -7.0);
    EXPECT_DOUBLE_EQ(of("liquidated_true_usd", 2.5e9), 2.5);
    EXPECT_DOUBLE_EQ(of("btc_low", 98'944), 98'944);
}

TEST(PriceFigures, EarlyBarsCanBeLeftOut) {
    MemoryRecorder recorder;
    recorder.keep_bars_from(seconds(60));
    for (const std::int64_t second : {59, 60, 61}) {
        BarRecord bar;
        bar.time_ns = seconds(second).raw();
        recorder.on(bar);
    }
    ASSERT_EQ(recorder.bars().size(), 2U);
    EXPECT_EQ(recorder.bars().front().time_ns, seconds(60).raw());
}

}  // namespace
}  // namespace margincall
