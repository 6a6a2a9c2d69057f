// Quotients of falls: worked numbers, what has none, how far pairs go together; and worlds in which nobody
// is forced, where the quotient is one.
#include "lab/amplification.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>

#include "lab/tiny_list.hpp"
#include "lab/worker_pool.hpp"
#include "support/metric_row.hpp"

namespace margincall {
namespace {

using testing::tiny_request;

// A world of path `path` in `cell` of three paths, with these figures.
PathRow fallen(std::uint64_t cell, std::uint64_t path, double low, double close, double rebound) {
    PathRow row;
    row.index = cell * 3 + path;
    row.seed = 100 + path;
    row.summary.metrics.resize(metric_names.size());
    const auto set = [&](std::string_view name, double value) {
        row.summary.metrics[testing::metric_row(name)].value = value;
    };
    set("btc_open", 100.0);
    set("btc_low", low);
    set("btc_close", close);
    set("btc_fall_open_to_low", low / 100.0 - 1.0);
    set("btc_rebound_1h", rebound);
    set("eth_fall_open_to_low", 2.0 * (low / 100.0 - 1.0));
    return row;
}

const AmplificationRow& row_of(const std::vector<AmplificationRow>& rows,
                               std::size_t level,
                               FallAt at) {
    const auto found = std::ranges::find_if(
        rows, [&](const AmplificationRow& r) { return r.level == level && r.at == at; });
    EXPECT_NE(found, rows.end());
    return *found;
}

TEST(Amplification, IsTheFallOfTheWholeMarketOverThatWithout) {
    std::vector<PathRow> worlds;
    const double lows[] = {88.0, 90.0, 94.0};
    for (std::uint64_t path = 0; path < 3; ++path) {
        worlds.push_back(fallen(0, path, lows[path], 95.0, 0.05));
        worlds.push_back(fallen(1, path, lows[path] + 2.0, 96.0, 0.05));
    }
    const auto rows = amplification(worlds, 3);
    EXPECT_EQ(rows.size(), 16U);
    const AmplificationRow& low = row_of(rows, 0, FallAt::btc_low);
    ASSERT_EQ(low.pairs.size(), 3U);
    EXPECT_EQ(low.pairs[1].seed, 101U);
    EXPECT_NEAR(*low.ratio.p50, 0.10 / 0.08, 1e-12);
    EXPECT_NEAR(*low.pairs[2].ratio(), 0.06 / 0.04, 1e-12);
    EXPECT_NEAR(*low.difference.p50, -0.02, 1e-12);
    EXPECT_NEAR(*low.correlation, 1.0, 1e-12);
    EXPECT_NEAR(*row_of(rows, 0, FallAt::btc_close).ratio.p50, 0.05 / 0.04, 1e-12);
    // An hour after its own low: 90 x 1.05 against 92 x 1.05; of the third pair the market without is up.
    const AmplificationRow& after = row_of(rows, 0, FallAt::btc_hour_after_low);
    EXPECT_NEAR(*after.pairs[1].ratio(), 5.5 / 3.4, 1e-9);
    EXPECT_EQ(after.ratio.n, 2);
    EXPECT_EQ(after.difference.n, 3);
    EXPECT_NEAR(*row_of(rows, 0, FallAt::eth_low).ratio.p50, 0.20 / 0.16, 1e-12);
    // Worlds of the other levels are not there.
    EXPECT_EQ(row_of(rows, 3, FallAt::btc_low).pairs.size(), 0U);
    EXPECT_FALSE(row_of(rows, 3, FallAt::btc_low).ratio.p50);
}

TEST(Amplification, AMarketThatDoesNotFallHasNoQuotientButADifference) {
    const std::vector<PathRow> worlds = {fallen(0, 0, 99.0, 101.0, 0.0),
                                         fallen(1, 0, 99.51, 101.0, 0.0),
                                         fallen(0, 1, 99.0, 101.0, 0.0),
                                         fallen(1, 1, 99.5, 101.0, 0.0)};
    const auto rows = amplification(worlds, 3);
    const AmplificationRow& low = row_of(rows, 0, FallAt::btc_low);
    EXPECT_EQ(low.pairs.size(), 2U);
    EXPECT_FALSE(low.pairs[0].ratio()) << "0.49 % is no fall";
    EXPECT_NEAR(*low.pairs[1].ratio(), 2.0, 1e-9) << "half a percent is one";
    EXPECT_EQ(low.ratio.n, 1);
    EXPECT_EQ(low.difference.n, 2);
    EXPECT_FALSE(low.correlation) << "two pairs say nothing";
    EXPECT_EQ(row_of(rows, 0, FallAt::btc_close).ratio.n, 0) << "the close is above the open";
}

TEST(Amplification, CellsTakeOneMechanismMoreOutEach) {
    const auto points = amplification_points();
    ASSERT_EQ(points.size(), 1 + amplification_levels.size());
    EXPECT_TRUE(points[0].empty());
    for (std::size_t k = 1; k < points.size(); ++k) {
        ASSERT_EQ(points[k].size(), k);
        EXPECT_EQ(points[k].back(), amplification_levels[k - 1].off);
        EXPECT_TRUE(std::equal(points[k - 1].begin(), points[k - 1].end(), points[k].begin()));
    }
}

constexpr std::array no_leverage = {"population.leverage_median=1",
                                    "population.leverage_sigma=0",
                                    "population.leverage_slope=0",
                                    "population.cross.leverage_median=1",
                                    "population.cross.leverage_sigma=0"};

// Nobody has leverage, so nobody is forced: without forced orders the worlds are the same to the bit, and A
// would be 1 (model 14.6: lambda to 0).
TEST(Amplification, WithoutLeverageTakingForcedOrdersOutChangesNothing) {
    TaskRequest request = tiny_request(1);
    std::vector<std::string> off(no_leverage.begin(), no_leverage.end());
    request.points = {off, off, {}};
    request.points[1].emplace_back("mechanisms.forced_orders=false");
    const auto list = TaskList::make(std::move(request));
    ASSERT_TRUE(list) << list.error().front().message;
    std::array<PathRow, 3> worlds;
    std::array<double, 3> highest{};  // R at any price down to a fall of 30 %
    for (std::uint64_t index = 0; index < 3; ++index) {
        const Task task = list->task(index);
        const Plan plan = list->plan_of(task);
        MemoryRecorder recorder(plan);
        RunTotals totals;
        worlds[index] = world_row(task, plan, recorder, totals, nullptr, "");
        EXPECT_FALSE(recorder.reproduction().empty());
        for (const ReproductionRecord& r : recorder.reproduction()) {
            highest[index] = std::max(highest[index], r.reproduction);
        }
    }
    EXPECT_EQ(worlds[0].summary.metric("liquidated_true_usd").value, 0.0);
    EXPECT_EQ(highest[0], 0.0);
    EXPECT_EQ(highest[1], 0.0);
    EXPECT_GT(highest[2], 0.1) << "with leverage";
    EXPECT_EQ(worlds[0].summary.digest, worlds[1].summary.digest);
    EXPECT_EQ(fall_of(worlds[0].summary, FallAt::btc_low),
              fall_of(worlds[1].summary, FallAt::btc_low));
}

TEST(SeedQuantiles, QuantilesAndCorrelation) {
    const SeedQuantiles s = seed_quantiles({3.0, 1.0, 2.0, 5.0, 4.0});
    EXPECT_EQ(s.n, 5);
    EXPECT_DOUBLE_EQ(*s.p50, 3.0);
    EXPECT_DOUBLE_EQ(*s.p25, 2.0);
    EXPECT_NEAR(*s.p05, 1.2, 1e-12);
    const double unbounded = std::numeric_limits<double>::infinity();
    const SeedQuantiles open = seed_quantiles({1.0, unbounded, 2.0});
    EXPECT_DOUBLE_EQ(*open.p50, 2.0);
    EXPECT_DOUBLE_EQ(*open.p05, 1.0);
    EXPECT_FALSE(open.se);
    EXPECT_FALSE(seed_quantiles({}).p50);

    const std::vector<double> x = {1.0, 2.0, 3.0, 4.0};
    const std::vector<double> y = {2.0, 1.0, 4.0, 3.0};
    EXPECT_NEAR(*correlation_of(x, y), 0.6, 1e-12);
    EXPECT_NEAR(*correlation_of(x, std::vector{-1.0, -2.0, -3.0, -4.0}), -1.0, 1e-12);
    EXPECT_FALSE(correlation_of(x, std::vector{1.0, 1.0, 1.0, 1.0}));
}

}  // namespace
}  // namespace margincall
