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

TEST_F(CrashFigures, CoinsHaveTheirOwnLowsAndTheTailItsMean) {
    plan.assets[3].tail = true;
    plan.assets[4].tail = true;
    // ETH, SOL and two of the tail; the first book of each is A's perp.
    for (const auto& [instrument, before, news, low] : {std::tuple{6U, 98.0, 90.0, 45.0},
                                                        {12U, 98.0, 80.0, 20.0},
                                                        {18U, 97.0, 50.0, 30.0},
                                                        {24U, 95.0, 40.0, 20.0}}) {
        bar(60, instrument, 100);
        bar(crash_before_s, instrument, before);
        bar(crash_news_s, instrument, news);
        bar(crash_news_s + 60, instrument, low);
        bar(crash_end_s + 60, instrument, 1);  // after the window
    }
    bar(60, 0, 100);
    EXPECT_NEAR(*value("ETH index from 20:50 to its low"), -50.0, 1e-9);
    EXPECT_NEAR(*value("A's SOL perp from 20:50 to its low"), -75.0, 1e-9);
    EXPECT_NEAR(*value("tail index from 20:50 to its low, mean"), -45.0, 1e-9);
    EXPECT_NEAR(*value("farthest tail coin at 20:49"), -5.0, 1e-9);
    EXPECT_NEAR(*value("nearest tail coin at 20:49"), -3.0, 1e-9);
}

TEST_F(CrashFigures, MinutesAreThoseFromTheNewsToTheLow) {
    const auto minute = [this](double second, double open, double high, double low, double close) {
        BarRecord record;
        record.time_ns = static_cast<std::int64_t>(second * 1e9);
        record.open = open;
        record.high = high;
        record.low = low;
        record.close = record.index = close;
        recorder.on(record);
    };
    minute(60, 100, 100, 100, 100);
    minute(crash_news_s, 100, 100, 0, 99);       // ends with the news
    minute(crash_news_s + 60, 99, 99, 89, 91);   // range 10, wick 2, body 8
    minute(crash_news_s + 120, 91, 91, 80, 80);  // the low: range 11, body 11
    minute(crash_news_s + 180, 90, 90, 0, 85);   // after it
    EXPECT_NEAR(*value("lower wick of the falling minutes"), 2.0 / 21.0, 1e-12);
    EXPECT_NEAR(*value("close to open of the falling minutes"), 19.0 / 21.0, 1e-12);
}

TEST_F(CrashFigures, VenuesArePartedWhileTwoPerpsLieHalfAPercentApart) {
    const double step = to_seconds(plan.output.bar);
    const auto quote = [this](double second, std::uint32_t instrument, double mid) {
        BarRecord record;
        record.time_ns = static_cast<std::int64_t>(second * 1e9);
        record.instrument = instrument;
        record.bid = mid - 1.0;
        record.ask = mid + 1.0;
        recorder.on(record);
    };
    std::vector<std::uint32_t> perps;
    for (const std::size_t book : MarketView{plan, recorder}.perps(0)) {
        perps.push_back(static_cast<std::uint32_t>(book));
    }
    ASSERT_GE(perps.size(), 2U);
    // Apart for one bar, then for two; a spot book and a one-sided one do not count.
    const std::array apart = {0.4, 0.6, 0.5, 0.6, 0.7, 0.1};
    for (std::size_t k = 0; k < apart.size(); ++k) {
        const double second = step * static_cast<double>(k + 1);
        quote(second, perps[0], 1'000.0);
        quote(second, perps[1], 1'000.0 * (1.0 + 0.01 * apart[k]));
    }
    const PriceFigure parted = parted_figure(MarketView{plan, recorder});
    EXPECT_EQ(parted.unit, "min");
    EXPECT_NEAR(*parted.value, 2.0 * step / 60.0, 1e-9);
}

TEST_F(CrashFigures, FlowIsWhatTakersSellOnBalanceAndHowTheChainVenueEndsIt) {
    const auto traded = [this](double second, std::uint32_t instrument, double net) {
        BarRecord record;
        record.time_ns = static_cast<std::int64_t>(second * 1e9);
        record.instrument = instrument;
        record.taker_net_usd = net;
        recorder.on(record);
    };
    for (const std::uint32_t book : {0U, 1U}) {
        traded(crash_news_s, book, -9e9);  // ends with the news
        traded(crash_news_s + 60, book, -2e9);
        traded(flow_push_until_s, book, 1e9);
        traded(flow_until_s, book, -1e9);
        traded(flow_until_s + 60, book, -9e9);
    }
    std::uint32_t chain_perp = 0;
    for (const InstrumentPlan& row : plan.instruments) {
        if (plan.venues[row.instrument.venue.raw()].kind == VenueKind::chain_perp &&
            row.instrument.base.raw() == 0) {
            chain_perp = row.instrument.id.raw();
        }
    }
    for (const auto& [kind, book, usd] : {std::tuple{LiquidationKind::book, chain_perp, 3e9},
                                          {LiquidationKind::adl, chain_perp, 1e9},
                                          {LiquidationKind::adl, 0U, 5e9}}) {
        LiquidationRecord row;
        row.time_ns = static_cast<std::int64_t>((crash_news_s + 60) * 1e9);
        row.instrument = book;
        row.kind = static_cast<std::uint8_t>(kind);
        row.notional_usd = usd;
        recorder.on(row);
    }
    const auto figures = flow_figures(MarketView{plan, recorder});
    const auto figure = [&](std::string_view name) {
        const auto found = std::ranges::find(figures, name, &PriceFigure::name);
        EXPECT_NE(found, figures.end()) << name;
        return found->value;
    };
    EXPECT_NEAR(*figure("net taker selling of BTC 20:50-21:14"), 2.0, 1e-9);
    EXPECT_NEAR(*figure("net taker selling of BTC 20:50-21:30"), 4.0, 1e-9);
    EXPECT_NEAR(*figure("liquidated 20:50-21:14"), 9.0, 1e-9);
    EXPECT_FALSE(figure("on H, ETH not ended by ADL"));
    ASSERT_NE(chain_perp, 0U) << "the plan has a chain venue";
    EXPECT_NEAR(*figure("on H, BTC not ended by ADL"), 75.0, 1e-9);
}

// A perp and a spot book of one venue, seconds apart.
class ImpactFigures : public ::testing::Test {
  protected:
    ImpactFigures() { plan.output.bar = seconds(20); }
    void bar(double second, std::uint32_t instrument, double mid, double index) {
        BarRecord record;
        record.time_ns = static_cast<std::int64_t>(second * 1e9);
        record.instrument = instrument;
        record.open = record.high = record.low = record.close = mid;
        record.index = index;
        if (mid > 0.0) {
            record.bid = mid - 1.0;
            record.ask = mid + 1.0;
        }
        recorder.on(record);
    }
    [[nodiscard]] std::optional<double> value(std::string_view name) const {
        const auto figures = impact_figures(MarketView{plan, recorder});
        const auto found = std::ranges::find(figures, name, &PriceFigure::name);
        EXPECT_NE(found, figures.end()) << name;
        return found != figures.end() ? found->value : std::nullopt;
    }

    Plan plan = testing::synthetic_plan();
    MemoryRecorder recorder;
};

TEST_F(ImpactFigures, FallsAndGapAreFromTheSaleOn) {
    bar(probe_from_s - 20, 0, 500, 50);  // before it
    bar(probe_from_s - 20, 1, 100, 50);
    bar(probe_from_s, 0, 100, 100);
    bar(probe_from_s, 1, 100, 100);
    bar(probe_from_s + 20, 0, 88, 95);
    bar(probe_from_s + 20, 1, 96, 95);
    bar(probe_from_s + 40, 0, 90, 92);  // the index's low
    bar(probe_from_s + 40, 1, 0, 92);   // one-sided: no gap
    bar(probe_from_s + 60, 0, 100, 99);
    bar(probe_from_s + 60, 1, 50, 99);  // after the low
    EXPECT_NEAR(*value("A's BTC perp from 21:10 to its lowest close"), -12.0, 1e-9);
    EXPECT_NEAR(*value("BTC index from 21:10 to the low"), -8.0, 1e-9);
    EXPECT_NEAR(
        *value("largest gap of perp and spot on A until the low"), 100.0 * 8.0 / 96.0, 1e-9);
}

TEST_F(ImpactFigures, MeanMidIsWeightedAndKeepsWhatAnEmptyBookLastSaid) {
    for (InstrumentPlan& row : plan.instruments) {
        row.depth_share = 0.0;
    }
    plan.instruments[0].depth_share = 0.75;
    plan.instruments[1].depth_share = 0.25;
    // Other books of the coin stand still and weigh nothing.
    std::vector<double> mean;
    for (int k = 0; k < 12; ++k) {
        const double second = probe_from_s + 20.0 * k;
        const double perp = 100.0 + (k * k) % 7;
        bar(second, 0, perp, 100);
        bar(second, 1, k == 5 ? 0.0 : 100.0 + k, 100);
        for (std::uint32_t other = 2; other < 6; ++other) {
            bar(second, other, 77, 100);
        }
        mean.push_back(0.75 * std::log(perp) + 0.25 * std::log(k == 5 ? 104.0 : 100.0 + k));
    }
    EXPECT_NEAR(*value("variance of the mean mid, 60 s over 20 s"), *variance_ratio(mean, 3), 1e-9);
}

TEST(PriceFigures, CalmLowsAreFromTheStartAndAgainstTheCoinsOwnDay) {
    Plan plan = testing::synthetic_plan();
    plan.assets[0].volatility = 0.02;
    plan.assets[1].volatility = 0.05;
    MemoryRecorder recorder;
    for (const auto& [second, instrument, index] : {std::tuple{60, 0U, 100.0},
                                                    {120, 0U, 97.0},
                                                    {180, 0U, 105.0},
                                                    {60, 6U, 10.0},
                                                    {120, 6U, 9.0}}) {
        BarRecord record;
        record.time_ns = seconds(second).raw();
        record.instrument = instrument;
        record.index = index;
        record.volume_usd = 1e9;
        recorder.on(record);
    }
    Summary summary;
    summary.metrics.resize(metric_names.size());
    summary.metrics[static_cast<std::size_t>(metric_index("liquidated_reported_usd"))].value = 3e8;
    const auto figures = calm_figures(MarketView{plan, recorder}, summary);
    const auto value = [&](std::string_view name) {
        return std::ranges::find(figures, name, &PriceFigure::name)->value;
    };
    EXPECT_NEAR(*value("low of BTC"), -3.0, 1e-9);
    EXPECT_NEAR(*value("low of ETH"), -10.0, 1e-9);
    EXPECT_FALSE(value("low of SOL")) << "nothing was recorded";
    EXPECT_NEAR(*value("deepest low of a coin in its own daily sigma"), 2.0, 1e-9) << "ETH's";
    EXPECT_NEAR(*value("reported liquidations"), 0.3, 1e-12);
    EXPECT_NEAR(*value("volume of BTC"), 3.0, 1e-9);
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
