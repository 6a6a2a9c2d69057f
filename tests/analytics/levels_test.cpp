#include "analytics/levels.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <tuple>

#include "record/synthetic_run.hpp"

namespace margincall {
namespace {

const Level* find(const std::vector<Level>& all, std::string_view key) {
    const auto at = std::ranges::find(all, key, &Level::key);
    return at != all.end() ? &*at : nullptr;
}

class Levels : public ::testing::Test {
  protected:
    // Instruments of the plan: 0 A:BTC-PERP, 1 A:BTC-SPOT, 2 B:BTC-PERP, ...
    void bar(std::int64_t minute, std::uint32_t instrument, double open, double low, double close) {
        BarRecord record;
        record.time_ns = minutes(minute).raw();
        record.instrument = instrument;
        record.open = open;
        record.low = low;
        record.close = close;
        record.bid_1 = 10 * close;
        record.bid_1_min = 5 * low;
        record.open_interest_usd = 100 * close;
        recorder.on(record);
    }
    [[nodiscard]] std::vector<Level> found() const { return levels(MarketView{plan, recorder}); }

    Plan plan = testing::synthetic_plan();
    MemoryRecorder recorder;
};

TEST_F(Levels, PriceIsOfSpotFromItsFirstTrade) {
    bar(1, 1, 0, 0, 0);  // nothing traded yet
    bar(2, 1, 100, 90, 95);
    bar(3, 1, 95, 80, 85);
    bar(4, 1, 85, 84, 99);
    bar(2, 0, 1, 1, 1);  // the perp is not asked
    const auto all = found();
    const Level* const price = find(all, "price.BTC");
    ASSERT_NE(price, nullptr);
    EXPECT_EQ(price->start, 100.0) << "the open, not the close of the first bar";
    EXPECT_EQ(price->minimum, 80.0);
    EXPECT_EQ(price->minimum_ns, minutes(3).raw());
    EXPECT_EQ(price->end, 99.0);
    EXPECT_EQ(find(all, "price.ETH"), nullptr) << "what was not recorded is left out";
}

TEST_F(Levels, BidsHaveTheSmallestSampleAndInterestIsOfAllVenues) {
    bar(1, 0, 100, 100, 100);
    bar(2, 0, 100, 60, 70);
    bar(3, 0, 70, 70, 90);
    bar(1, 2, 10, 10, 10);
    bar(2, 2, 10, 5, 5);
    bar(3, 2, 5, 5, 20);
    const auto all = found();
    const Level* const bids = find(all, "bids_1pct.BTC");
    ASSERT_NE(bids, nullptr);
    EXPECT_EQ(bids->start, 1000.0);
    EXPECT_EQ(bids->minimum, 300.0);
    EXPECT_EQ(bids->end, 900.0);
    const Level* const interest = find(all, "open_interest.BTC");
    ASSERT_NE(interest, nullptr);
    EXPECT_EQ(interest->start, 11'000.0);
    EXPECT_EQ(interest->minimum, 7'500.0) << "of the sum, not the sum of minima";
    EXPECT_EQ(interest->end, 11'000.0);
}

TEST_F(Levels, FundsStandByVenue) {
    for (const auto& [minute, venue, usd] :
         {std::tuple{1, 0U, 50.0}, {1, 1U, 7.0}, {2, 0U, -3.0}, {3, 0U, 20.0}}) {
        FundRecord fund;
        fund.time_ns = minutes(minute).raw();
        fund.venue = venue;
        fund.balance_usd = usd;
        recorder.on(fund);
    }
    const auto all = found();
    EXPECT_EQ(find(all, "fund.A")->start, 50.0);
    EXPECT_EQ(find(all, "fund.A")->minimum, -3.0);
    EXPECT_EQ(find(all, "fund.A")->end, 20.0);
    EXPECT_EQ(find(all, "fund.B")->end, 7.0);
    EXPECT_EQ(find(all, "fund.H"), nullptr);
}

TEST_F(Levels, AFundThatOnlyGrowsIsLowestAtTheStart) {
    FundRecord fund;
    fund.time_ns = minutes(1).raw();
    fund.balance_usd = 30.0;
    fund.inflow_usd = 30.0;
    recorder.on(fund);
    const auto all = found();
    ASSERT_NE(find(all, "fund.A"), nullptr);
    EXPECT_EQ(find(all, "fund.A")->start, 0.0);
    EXPECT_EQ(find(all, "fund.A")->minimum, 0.0);
    EXPECT_EQ(find(all, "fund.A")->minimum_ns, 0);
    EXPECT_EQ(find(all, "fund.A")->end, 30.0);
}

TEST_F(Levels, DepthBeforeItsFirstSampleIsNoDepth) {
    plan.output.depth = minutes(2);
    BarRecord blank;  // the bar of the first minute, when nobody has looked at the book
    blank.time_ns = minutes(1).raw();
    recorder.on(blank);
    bar(2, 0, 100, 60, 70);
    const auto all = found();
    ASSERT_NE(find(all, "bids_1pct.BTC"), nullptr);
    EXPECT_EQ(find(all, "bids_1pct.BTC")->start, 700.0);
    EXPECT_EQ(find(all, "bids_1pct.BTC")->minimum, 300.0);
}

}  // namespace
}  // namespace margincall
