#include "analytics/summary.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>
#include <deque>
#include <fstream>
#include <sstream>
#include <tuple>

#include "record/synthetic_run.hpp"

namespace margincall {
namespace {

using testing::add_books;
using testing::synthetic_plan;
using testing::synthetic_venue;
using testing::SyntheticRun;

constexpr std::uint32_t a_perp = 0;  // books of small_plan()
constexpr std::uint32_t a_spot = 1;
constexpr std::uint32_t b_perp = 2;
constexpr std::uint32_t eth_perp = 4;

// Bitcoin and Ether on two venues, four hours in ten-minute bars; the day is the last two hours,
// and the run starts on the full hour.
Plan small_plan() {
    Plan plan;
    plan.name = "small";
    plan.start_unix_s = testing::synthetic_start_unix_s;
    plan.length = hours(4);
    plan.day_from = hours(2);
    plan.day_to = hours(4);
    plan.output.bar = minutes(10);
    plan.assets.resize(2);
    plan.assets[0].name = "BTC";
    plan.assets[1].name = "ETH";
    plan.venues.push_back(synthetic_venue("A", VenueKind::central_perp, 0.6));
    plan.venues.push_back(synthetic_venue("B", VenueKind::central_perp, 0.4));
    add_books(plan, 0, 0, 0.1);
    add_books(plan, 0, 1, 0.1);
    add_books(plan, 1, 0, 0.1);
    return plan;
}

struct Small {
    Plan plan = small_plan();
    MemoryRecorder recorder;

    // A bar that ends `minute` minutes after the start.
    BarRecord& bar(
        std::uint32_t instrument, std::int64_t minute, double open, double low, double close) {
        BarRecord record;
        record.time_ns = minutes(minute).raw();
        record.instrument = instrument;
        record.open = open;
        record.high = std::max(open, close);
        record.low = low;
        record.close = close;
        record.trades = 1;
        waiting.push_back(record);
        return waiting.back();
    }
    LiquidationRecord& liquidation(std::uint32_t instrument, std::int64_t second, double usd) {
        LiquidationRecord record;
        record.time_ns = seconds(second).raw();
        record.instrument = instrument;
        record.account = static_cast<std::uint32_t>(liquidated.size());
        record.notional_usd = usd;
        record.published = 1;
        liquidated.push_back(record);
        return liquidated.back();
    }
    [[nodiscard]] Summary summary() {
        for (const BarRecord& record : waiting) {
            recorder.on(record);
        }
        for (const LiquidationRecord& record : liquidated) {
            recorder.on(record);
        }
        waiting.clear();
        liquidated.clear();
        return summarise(plan, {}, recorder);
    }
    [[nodiscard]] std::optional<double> value(std::string_view metric) {
        return summary().metric(metric).value;
    }

    std::deque<BarRecord> waiting;
    std::deque<LiquidationRecord> liquidated;
};

ObservedPlan observed(std::string metric, double value, double tolerance) {
    ObservedPlan row;
    row.metric = std::move(metric);
    row.value = value;
    row.tolerance = tolerance;
    row.has_value = true;
    return row;
}

TEST(Summary, WithoutRecordsNothingIsKnown) {
    const Summary summary = summarise(small_plan(), {}, MemoryRecorder{});

    for (std::size_t i = 0; i < metric_names.size(); ++i) {
        EXPECT_FALSE(summary.metrics[i].value.has_value()) << metric_names[i].name;
    }
}

TEST(Summary, PricesAreOfTheReferenceSpotWithinTheDay) {
    Small world;
    world.bar(a_spot, 10, 200, 90, 120);    // before the day: its low does not count
    world.bar(a_spot, 130, 110, 105, 108);  // first bar of the day
    world.bar(a_spot, 150, 108, 99, 100);   // the low
    world.bar(a_spot, 210, 100, 100, 102);  // one hour after it
    world.bar(a_spot, 240, 102, 101, 104);  // last of the day
    world.bar(a_perp, 150, 108, 50, 100);   // another book

    const Summary summary = world.summary();

    EXPECT_EQ(summary.metric("btc_open").value, 110);
    EXPECT_EQ(summary.metric("btc_low").value, 99);
    EXPECT_EQ(summary.metric("btc_close").value, 104);
    EXPECT_DOUBLE_EQ(*summary.metric("btc_fall_open_to_low").value, 99.0 / 110 - 1);
    EXPECT_DOUBLE_EQ(*summary.metric("btc_rebound_1h").value, 102.0 / 99 - 1);
    EXPECT_EQ(summary.low_ns, minutes(150).raw());
}

TEST(Summary, WorstHourStartsAtTheOpenOfAClockHour) {
    Small world;
    world.bar(a_spot, 130, 100, 98, 98);  // 02:00 hour: 100 -> 97
    world.bar(a_spot, 180, 98, 97, 97);   // ends at 03:00, still the hour before
    world.bar(a_spot, 190, 97, 95, 95);   // 03:00 hour: 97 -> 95
    world.bar(a_spot, 240, 95, 96, 96);

    EXPECT_DOUBLE_EQ(*world.value("btc_worst_hour"), 97.0 / 100 - 1);
}

TEST(Summary, RunThatEndsEarlyHasNoCloseAndNoReboundYet) {
    Small world;
    world.bar(a_spot, 130, 100, 98, 98);
    world.bar(a_spot, 140, 98, 90, 91);

    const Summary summary = world.summary();

    EXPECT_EQ(summary.metric("btc_low").value, 90);
    EXPECT_FALSE(summary.metric("btc_close").value.has_value());
    EXPECT_FALSE(summary.metric("btc_rebound_1h").value.has_value());
}

TEST(Summary, EthHasNoSpotBookMeansNoData) {
    Small world;
    world.plan.instruments.resize(eth_perp + 1);  // drops A:ETH-SPOT
    world.bar(eth_perp, 130, 10, 9, 9);

    EXPECT_FALSE(world.value("eth_low").has_value());
}

TEST(Summary, ReportedCountsOnlyWhatTheFeedsShow) {
    Small world;
    world.bar(a_perp, 130, 100, 100, 100);
    world.liquidation(a_perp, 7'300, 100).weight = 3;
    world.liquidation(a_perp, 7'300, 50).published = 0;
    world.liquidation(b_perp, 7'400, 30).was_long = 0;
    world.liquidation(
        a_perp, 7'200, 1'000);  // ends at the first instant of the day: the day before

    const Summary summary = world.summary();

    EXPECT_EQ(summary.metric("liquidated_true_usd").value, 180);
    EXPECT_EQ(summary.metric("liquidated_reported_usd").value, 130);
    EXPECT_DOUBLE_EQ(*summary.metric("long_share_true").value, 150.0 / 180);
    EXPECT_DOUBLE_EQ(*summary.metric("long_share_reported").value, 100.0 / 130);
    EXPECT_EQ(summary.metric("long_share_full_feed").value,
              0.0);  // B publishes everything, A does not
    EXPECT_EQ(summary.metric("accounts_true").value, 5);
    EXPECT_EQ(summary.metric("accounts_reported").value, 4);
}

TEST(Summary, AnAccountLiquidatedInStepsIsOneAccount) {
    Small world;
    world.bar(a_perp, 130, 100, 100, 100);
    for (const std::int64_t second : {7'300, 7'301, 9'000}) {
        LiquidationRecord& step = world.liquidation(a_perp, second, 10);
        step.account = 77;
        step.weight = 13;
        step.first = second == 7'300 ? 1 : 0;
    }

    EXPECT_EQ(world.value("accounts_true"), 13);
}

// Seven persons who hold two coins in one account each, at a venue that shows everything.
TEST(Summary, AnAccountInSeveralCoinsCountsItsPersonsOnce) {
    Small world;
    world.bar(b_perp, 130, 100, 100, 100);
    for (const std::uint32_t instrument : {std::uint32_t{b_perp}, std::uint32_t{eth_perp}}) {
        LiquidationRecord& r = world.liquidation(instrument, 7'300, 10);
        r.account = 77;
        r.weight = 7;
        r.first = instrument == b_perp ? 1 : 0;
    }

    EXPECT_EQ(world.value("accounts_true"), 7);
    EXPECT_EQ(world.value("accounts_reported"), 7);
    EXPECT_EQ(world.value("liquidated_true_usd"), 20);
}

TEST(Summary, PeakMinuteAndHourFollowTheClock) {
    Small world;
    world.bar(a_perp, 130, 100, 100, 100);
    world.liquidation(a_perp, 7'259, 10);  // 02:00:59
    world.liquidation(a_perp, 7'260, 20);  // 02:01:00: the next minute
    world.liquidation(a_perp, 7'319, 5);
    world.liquidation(a_perp, 10'799, 1);   // 02:59:59
    world.liquidation(a_perp, 10'800, 30);  // 03:00:00: the next hour

    const Summary summary = world.summary();

    EXPECT_EQ(summary.metric("peak_minute_usd").value, 30);
    EXPECT_EQ(summary.metric("peak_hour_usd").value, 36);
}

TEST(Summary, PeaksDoNotDependOnTheOrderOfTheRecords) {
    Small world;
    world.bar(a_perp, 130, 100, 100, 100);
    world.liquidation(a_perp, 7'259, 10);
    world.liquidation(a_perp, 7'260, 20);
    world.liquidation(a_perp, 7'258, 15);  // told late by a throttled feed

    EXPECT_EQ(world.value("peak_minute_usd"), 25);
}

TEST(Summary, NobodyLiquidatedIsZeroDollarsButNoShare) {
    Small world;
    world.bar(a_perp, 130, 100, 100, 100);

    const Summary summary = world.summary();

    EXPECT_EQ(summary.metric("liquidated_true_usd").value, 0);
    EXPECT_FALSE(summary.metric("long_share_true").value.has_value());
}

TEST(Summary, DepthShareIsTheThinnestSampleOverTheMeanOfTheFirstTwoHours) {
    Small world;
    world.bar(a_perp, 60, 100, 100, 100).bid_1 = 100;
    world.bar(a_perp, 120, 100, 100, 100).bid_1 = 300;
    BarRecord& thin = world.bar(a_perp, 150, 100, 100, 100);
    thin.bid_1 = 180;
    thin.bid_1_min = 50;
    BarRecord& later = world.bar(a_perp, 160, 100, 100, 100);
    later.bid_1 = 100;
    later.bid_1_min = 100;

    EXPECT_DOUBLE_EQ(*world.value("depth_1pct_min_share"), 50.0 / 200);
}

// A book that thins out for forty minutes of the day, in bars of ten.
Small thin_world() {
    Small world;
    const auto add = [&](std::int64_t minute, double bid, double smallest) {
        BarRecord& bar = world.bar(a_perp, minute, 100, 100, 100);
        bar.bid_1 = bid;
        bar.bid_1_min = smallest;
    };
    add(60, 100, 100);
    add(120, 300, 300);  // usual depth: 200
    add(130, 90, 90);    // below half of it
    add(140, 120, 95);
    add(150, 70, 50);  // the thinnest
    add(160, 99, 99);
    add(170, 99.9, 99.9);
    add(180, 100, 100);  // half is not thin
    return world;
}

TEST(Summary, BidsAreThinBelowHalfOfTheUsualAndBackWhenABarEndsWithHalf) {
    Small world = thin_world();

    const Summary summary = world.summary();

    EXPECT_EQ(summary.metric("depth_1pct_min_usd").value, 50);
    EXPECT_EQ(summary.metric("depth_1pct_thin_minutes").value, 40);      // 130, 150, 160, 170
    EXPECT_EQ(summary.metric("depth_1pct_recovery_minutes").value, 30);  // 150 to 180
}

TEST(Summary, BidsThatDoNotComeBackHaveNoTimeOfRecovery) {
    Small world = thin_world();
    world.waiting.pop_back();

    const Summary summary = world.summary();

    EXPECT_EQ(summary.metric("depth_1pct_thin_minutes").value, 40);
    EXPECT_FALSE(summary.metric("depth_1pct_recovery_minutes").value.has_value());
}

TEST(Summary, BidsThatWereNeverThinAreBackAtOnce) {
    Small world;
    world.bar(a_perp, 60, 100, 100, 100).bid_1 = 100;
    BarRecord& dip = world.bar(a_perp, 150, 100, 100, 100);
    dip.bid_1 = 60;
    dip.bid_1_min = 20;  // gone and back within one bar

    const Summary summary = world.summary();

    EXPECT_EQ(summary.metric("depth_1pct_thin_minutes").value, 0);
    EXPECT_EQ(summary.metric("depth_1pct_recovery_minutes").value, 0);
}

TEST(Summary, MeanSpreadLeavesOutBarsWithOneSideAndOtherBooks) {
    Small world;
    const auto quote = [&](std::uint32_t book, std::int64_t minute, double bid, double ask) {
        BarRecord& bar = world.bar(book, minute, 100, 100, 100);
        bar.bid = bid;
        bar.ask = ask;
    };
    quote(a_perp, 120, 90, 110);  // the day before
    quote(a_perp, 130, 99, 101);  // 200 bps
    quote(a_perp, 140, 0, 101);
    quote(a_perp, 150, 99.5, 100.5);  // 100 bps
    quote(b_perp, 150, 90, 110);

    EXPECT_DOUBLE_EQ(*world.value("spread_mean_bps"), 150);
}

TEST(Summary, VolumeIsOfAllBooksWithinTheDay) {
    Small world;
    world.bar(a_perp, 120, 100, 100, 100).volume_usd = 1'000;  // the day before
    world.bar(a_perp, 130, 100, 100, 100).volume_usd = 1;
    world.bar(a_spot, 130, 100, 100, 100).volume_usd = 20;
    world.bar(eth_perp, 240, 100, 100, 100).volume_usd = 300;

    EXPECT_EQ(world.value("volume_usd"), 321);
}

TEST(Summary, ForgoneProfitOfWinnersIsToTheMarkAtTheEndOfTheRun) {
    Small world;
    world.bar(b_perp, 130, 100, 100, 100).mark = 95;
    world.bar(b_perp, 240, 100, 100, 100).mark = 90;
    const auto closed = [&](std::int64_t second, bool was_long, double coins, double price) {
        AdlRecord record;
        record.time_ns = seconds(second).raw();
        record.instrument = b_perp;
        record.was_long = was_long ? 1 : 0;
        record.qty = coins;
        record.price = price;
        world.recorder.on(record);
    };
    EXPECT_EQ(world.value("adl_forgone_usd"), 0) << "nobody was closed";
    closed(7'200, false, 100, 100);  // the day before
    closed(7'300, false, 2, 96);     // a short: 12 more by the end
    closed(7'300, true, 1, 94);      // a long: 4 less
    EXPECT_EQ(world.value("adl_forgone_usd"), 8);
    AdlRecord without_mark;
    without_mark.time_ns = seconds(7'400).raw();
    without_mark.instrument = a_perp;
    world.recorder.on(without_mark);
    EXPECT_FALSE(world.value("adl_forgone_usd").has_value());
}

TEST(Summary, FundingMinimumIsOfTheDayAndLastOfTheRun) {
    Small world;
    world.bar(a_perp, 130, 100, 100, 100);
    const auto print = [&world](std::int64_t minute, std::uint32_t instrument, double rate) {
        FundingRecord record;
        record.time_ns = minutes(minute).raw();
        record.instrument = instrument;
        record.rate = rate;
        world.recorder.on(record);
    };
    print(60, a_perp, -0.01);  // before the day
    print(180, a_perp, 0.0002);
    print(180, b_perp, -0.02);  // another venue
    print(240, a_perp, 0.0001);
    print(250, a_perp, 0.0003);  // after the day

    const Summary summary = world.summary();

    EXPECT_EQ(summary.metric("funding_btc_min").value, 0.0001);
    EXPECT_EQ(summary.metric("funding_btc_last").value, 0.0003);
}

TEST(Summary, OpenInterestChangeIsInCoinsOverAllVenues) {
    Small world;
    for (const auto& [minute, a, b] : {std::tuple{120, 60.0, 40.0}, {240, 66.0, 39.0}}) {
        world.bar(a_perp, minute, 100, 100, 100).open_interest_coins = a;
        world.bar(b_perp, minute, 100, 100, 100).open_interest_coins = b;
    }

    EXPECT_DOUBLE_EQ(*world.value("oi_btc_change"), 105.0 / 100 - 1);
}

TEST(Summary, VenueGapIgnoresBooksThatDidNotTrade) {
    Small world;
    world.bar(a_perp, 130, 100, 100, 100);
    world.bar(b_perp, 130, 100, 100, 102);
    world.bar(a_perp, 140, 100, 100, 100);
    world.bar(b_perp, 140, 100, 100, 150).trades = 0;

    EXPECT_DOUBLE_EQ(*world.value("venue_gap_max"), 102.0 / 100 - 1);
}

TEST(Summary, PerpSpotGapComparesLowsOfTheSameBar) {
    Small world;
    world.bar(a_perp, 130, 100, 99, 100);
    world.bar(a_spot, 130, 100, 100, 100);
    world.bar(a_perp, 140, 100, 97, 100);
    world.bar(a_spot, 150, 100, 100, 100);

    EXPECT_DOUBLE_EQ(*world.value("perp_spot_gap_min"), 99.0 / 100 - 1);
}

TEST(Summary, ForcedRoutesAreByVenueAndCoinAndATakeoverOfAnyKindIsOne) {
    Small world;
    world.bar(a_perp, 130, 100, 100, 100);
    const auto closed = [&](std::uint32_t instrument, LiquidationKind kind, double usd) {
        world.liquidation(instrument, 7'300, usd).kind = static_cast<std::uint8_t>(kind);
    };
    closed(b_perp, LiquidationKind::adl, 5);
    closed(a_perp, LiquidationKind::book, 60);
    closed(a_perp, LiquidationKind::takeover, 20);
    closed(a_perp, LiquidationKind::no_counterparty, 10);
    closed(a_perp, LiquidationKind::adl, 10);
    closed(eth_perp, LiquidationKind::book, 7);
    world.liquidation(a_perp, 60, 1'000);  // before the day

    const std::vector<ForcedRoutes> rows = world.summary().forced;

    ASSERT_EQ(rows.size(), 3U);
    EXPECT_EQ(rows[0].venue + rows[0].coin, "ABTC");
    EXPECT_EQ(rows[0].book_usd, 60);
    EXPECT_EQ(rows[0].takeover_usd, 30);
    EXPECT_EQ(rows[0].adl_usd, 10);
    EXPECT_EQ(rows[0].usd(), 100);
    EXPECT_EQ(rows[1].venue + rows[1].coin, "AETH");
    EXPECT_EQ(rows[2].venue + rows[2].coin, "BBTC");
    EXPECT_EQ(rows[2].adl_usd, 5);
}

// Row 7 stands for 5 insolvent accounts, one of which a feed showed apart; winners 1 and 2 stand
// for 3 and 4. Account 90 has no record of being liquidated: a fund whose own position is closed.
TEST(Summary, AdlStepsAreTheInsolventAndFillsTheWinners) {
    Small world;
    world.bar(a_perp, 130, 100, 100, 100);
    for (const std::int64_t weight : {1, 4}) {
        LiquidationRecord& loser = world.liquidation(a_perp, 7'300, 10);
        loser.kind = static_cast<std::uint8_t>(LiquidationKind::adl);
        loser.account = 7;
        loser.weight = weight;
    }
    world.liquidation(a_perp, 7'300, 10).weight = 50;  // into the book: no step
    struct Fill {
        std::int64_t second;
        std::uint32_t instrument, winner, against;
        std::int64_t weight;
    };
    for (const Fill& fill : {Fill{7'300, a_perp, 1, 7, 3},
                             {7'300, a_perp, 2, 7, 4},
                             {7'300, a_perp, 2, 90, 4},
                             {7'400, a_perp, 2, 90, 4},
                             {7'400, b_perp, 3, 91, 1},
                             {60, b_perp, 3, 91, 1}}) {
        AdlRecord record;
        record.time_ns = seconds(fill.second).raw();
        record.instrument = fill.instrument;
        record.account = fill.winner;
        record.against = fill.against;
        record.weight = fill.weight;
        record.notional_usd = 10;
        world.recorder.on(record);
    }

    const Summary summary = world.summary();

    EXPECT_EQ(summary.metric("adl_usd").value, 50);
    EXPECT_EQ(summary.metric("adl_accounts").value, 8);  // 3 + 4 + 1
    EXPECT_EQ(summary.metric("adl_steps").value, 8);     // 5 + 2 of fund 90 + 1
    EXPECT_EQ(summary.metric("adl_fills").value, 16);
    ASSERT_EQ(summary.adl.size(), 2U);
    EXPECT_EQ(summary.adl[0].venue, "A");
    EXPECT_EQ(summary.adl[0].steps, 7);
    EXPECT_EQ(summary.adl[0].fills, 15);
    EXPECT_EQ(summary.adl[1].usd, 10);
}

TEST(Summary, FundMinimumIsTheReferenceVenuesAndBadDebtEverybodys) {
    Small world;
    const auto fund = [&world](std::uint32_t venue, double balance, double bad_debt) {
        FundRecord record;
        record.venue = venue;
        record.balance_usd = balance;
        record.bad_debt_usd = bad_debt;
        world.recorder.on(record);
    };
    fund(0, 100, 0);
    fund(1, 5, 3);
    fund(0, 80, 1);
    fund(0, 90, 2);

    const Summary summary = world.summary();

    EXPECT_EQ(summary.metric("fund_min_usd").value, 80);
    EXPECT_EQ(summary.metric("bad_debt_usd").value, 5);
}

TEST(Summary, FundMinimumCountsTheStart) {
    Small world;
    for (const double inflow : {260'907.0, 5'000.0}) {  // an empty fund that only grows
        FundRecord record;
        record.balance_usd = inflow == 5'000.0 ? 265'907.0 : inflow;
        record.inflow_usd = inflow;
        world.recorder.on(record);
    }

    EXPECT_EQ(world.summary().metric("fund_min_usd").value, 0.0);
}

TEST(Summary, FundDrawIsTheStartLessTheLowestOfEveryVenue) {
    Small world;
    const auto fund = [&](std::uint32_t venue, std::int64_t minute, double balance, double out) {
        FundRecord record;
        record.time_ns = minutes(minute).raw();
        record.venue = venue;
        record.balance_usd = balance;
        record.outflow_usd = out;
        world.recorder.on(record);
    };
    fund(0, 10, 90, 10);  // began with 100
    fund(1, 10, 50, 0);
    fund(0, 20, 60, 30);
    fund(1, 20, 70, 0);  // a gain is no draw
    fund(0, 30, 130, 0);
    EXPECT_EQ(world.value("fund_draw_usd"), 40);
}

TEST(Summary, SentimentIsTheLastPrintNotTheValueAtTheEnd) {
    Small world;
    world.recorder.on(SentimentRecord{0, 42, 1});
    world.recorder.on(SentimentRecord{hours(3).raw(), 21, 1});
    world.recorder.on(SentimentRecord{hours(4).raw(), 5, 0});

    EXPECT_EQ(world.value("sentiment_last"), 21);
}

TEST(Summary, InsideMeansWithinTheToleranceOfTheMeasuredValue) {
    Small world;
    world.plan.observed = {observed("btc_low", 100, 1),
                           observed("btc_open", 100, 1),
                           observed("eth_low", 100, 1),
                           ObservedPlan{}};
    world.plan.observed[3].metric = "depth_4pct_min_share";
    world.plan.observed[3].article = "almost empty";
    world.bar(a_spot, 130, 102, 99, 100);

    const Summary summary = world.summary();

    EXPECT_EQ(summary.observed[0].inside, true);
    EXPECT_EQ(summary.observed[1].inside, false);
    EXPECT_FALSE(summary.observed[2].inside.has_value());  // no simulated value
    EXPECT_FALSE(summary.observed[3].inside.has_value());  // nothing measured
    EXPECT_EQ(summary.observed[3].article, "almost empty");
}

Summary path_with_low(double low, std::uint64_t seed) {
    Small world;
    world.plan.seed = seed;
    world.plan.observed = {observed("btc_low", 100, 0.5)};
    if (low > 0) {
        world.bar(a_spot, 130, 102, low, low);
    }
    return world.summary();
}

TEST(Aggregate, GivesMedianAndBandOverTheSeeds) {
    std::vector<Summary> paths;
    for (std::uint64_t seed = 1; seed <= 21; ++seed) {
        paths.push_back(path_with_low(89.0 + static_cast<double>(seed), seed));  // 90 .. 110
    }

    const Summary total = aggregate(paths);

    EXPECT_EQ(total.metric("btc_low").p05, 91);
    EXPECT_EQ(total.metric("btc_low").value, 100);
    EXPECT_EQ(total.metric("btc_low").p95, 109);
    EXPECT_EQ(total.observed[0].simulated, 100);
    EXPECT_EQ(total.observed[0].inside, true);
    EXPECT_EQ(total.seeds.size(), 21U);
}

TEST(Aggregate, LeavesOutPathsWithoutAValue) {
    const std::vector paths = {path_with_low(90, 1), path_with_low(0, 2)};

    const Summary total = aggregate(paths);

    EXPECT_EQ(total.metric("btc_low").value, 90);
    EXPECT_FALSE(total.metric("eth_low").value.has_value());
}

TEST(Aggregate, ForcedRoutesAndAdlAreMeansOverAllPaths) {
    Summary one = path_with_low(90, 1);
    one.forced = {{"A", "BTC", 60, 20, 0}};
    one.adl = {{"A", 100, 4, 2, 6}};
    Summary two = path_with_low(90, 2);
    two.forced = {{"A", "BTC", 40, 0, 10}, {"B", "BTC", 8, 0, 0}};

    const Summary total = aggregate(std::vector{one, two});

    ASSERT_EQ(total.forced.size(), 2U);
    EXPECT_EQ(total.forced[0].book_usd, 50);
    EXPECT_EQ(total.forced[0].takeover_usd, 10);
    EXPECT_EQ(total.forced[0].adl_usd, 5);
    EXPECT_EQ(total.forced[1].book_usd, 4);
    ASSERT_EQ(total.adl.size(), 1U);
    EXPECT_EQ(total.adl[0].fills, 3);
}

TEST(SummaryJson, ReadsBackWhatItWrote) {
    const SyntheticRun run{synthetic_plan(hours(30))};
    const Summary summary = summarise(run.plan, run.totals, run.recorder, {"0.1.0", 12.5, 812.25});

    const auto read = parse_summary_json(summary_json(summary), "summary.json");

    ASSERT_TRUE(read.has_value());
    EXPECT_EQ(summary_json(*read), summary_json(summary));
    EXPECT_EQ(read->digest, summary.digest);
}

TEST(SummaryJson, KeepsWhatTheGatesSaid) {
    const SyntheticRun run;
    Summary summary = summarise(run.plan, run.totals, run.recorder);
    EXPECT_EQ(summary_json(summary).find("price_gates"), std::string::npos) << "nobody asked them";
    summary.price_gates = {"missed", "price formation misses its gate loop", {"loop"}};
    const auto read = parse_summary_json(summary_json(summary), "summary.json");
    ASSERT_TRUE(read.has_value());
    EXPECT_EQ(read->price_gates.state, "missed");
    EXPECT_EQ(read->price_gates.reason, "price formation misses its gate loop");
    EXPECT_EQ(read->price_gates.missed, (std::vector<std::string>{"loop"}));
}

TEST(SummaryJson, RefusesWhatIsNotASummary) {
    EXPECT_EQ(parse_summary_json("{", "x.json").error().message, "not a JSON object");
    EXPECT_EQ(parse_summary_json("{}", "x.json").error().message, "has no \"metrics\" object");
    EXPECT_EQ(parse_summary_json(R"({"metrics": {"btc_lwo": {}}})", "x.json").error().message,
              "unknown metric \"btc_lwo\"");
    EXPECT_EQ(read_summary("/nowhere/summary.json").error().code, "E503");
}

// The contract of the file, key by key. Rewrite with UPDATE_GOLDEN=1 and read the difference.
TEST(SummaryJson, KeepsItsContract) {
    const SyntheticRun run;
    const Summary summary = summarise(run.plan, run.totals, run.recorder, {"0.1.0", 12.5, 812.25});
    const std::string golden = MC_SOURCE_DIR "/tests/golden/summary.json";
    if (std::getenv("UPDATE_GOLDEN") != nullptr) {
        std::ofstream{golden} << summary_json(summary);
    }

    std::ostringstream expected;
    expected << std::ifstream{golden}.rdbuf();
    EXPECT_EQ(summary_json(summary), expected.str());
}

}  // namespace
}  // namespace margincall
