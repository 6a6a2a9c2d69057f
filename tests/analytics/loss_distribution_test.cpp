// Value at risk and expected shortfall by hand, and what too few worlds do not say.
#include "analytics/loss_distribution.hpp"

#include <gtest/gtest.h>

#include "analytics/summary.hpp"

namespace margincall {
namespace {

std::vector<double> one_to(int n) {
    std::vector<double> out;
    for (int k = 1; k <= n; ++k) {
        out.push_back(k);
    }
    return out;
}

TEST(LossTails, AWorldOnTheEdgeCountsForItsPartBeyond) {
    // 30 worlds, 95 %: n q = 28.5, so x(29) is at risk, half of it and x(30) lie beyond: (29 / 2 + 30) / 1.5.
    const std::vector<LossTail> tails = loss_tails(one_to(30));
    ASSERT_EQ(tails.size(), 1U);
    EXPECT_EQ(tails[0].percent, 95);
    EXPECT_EQ(tails[0].at_risk, 29);
    EXPECT_DOUBLE_EQ(tails[0].shortfall, (14.5 + 30) / 1.5);
    EXPECT_EQ(tails[0].beyond, 2U);
}

TEST(LossTails, OfAHundredWorldsFiveLieBeyondNinetyFive) {
    const std::vector<LossTail> tails = loss_tails(one_to(100));
    ASSERT_EQ(tails.size(), 2U);
    EXPECT_EQ(tails[0].at_risk, 95);
    EXPECT_DOUBLE_EQ(tails[0].shortfall, 98);  // mean of 96 .. 100
    EXPECT_EQ(tails[0].beyond, 5U);
    EXPECT_EQ(tails[1].percent, 99);
    EXPECT_EQ(tails[1].at_risk, 99);
    EXPECT_DOUBLE_EQ(tails[1].shortfall, 100);
}

TEST(LossTails, SayNothingThatTheWorldsCannot) {
    EXPECT_EQ(worlds_needed(95), 20U);
    EXPECT_EQ(worlds_needed(99), 100U);
    EXPECT_TRUE(loss_tails(one_to(19)).empty());
    EXPECT_EQ(loss_tails(one_to(20)).size(), 1U);
    EXPECT_EQ(loss_tails(one_to(99)).size(), 1U);
}

TEST(LossDistributions, AreOfWhatWorldsKnow) {
    std::vector<Summary> worlds(25);
    const auto bad_debt = static_cast<std::size_t>(metric_index("bad_debt_usd"));
    for (std::size_t k = 0; k < worlds.size(); ++k) {
        worlds[k].metrics.resize(metric_names.size());
        if (k > 0) {
            worlds[k].metrics[bad_debt].value = k < 20 ? 0.0 : 10.0 * static_cast<double>(k);
        }
    }
    const std::vector<LossDistribution> losses = loss_distributions(worlds);
    ASSERT_EQ(losses.size(), 1U);
    EXPECT_EQ(losses[0].metric, bad_debt);
    EXPECT_EQ(losses[0].horizon, "the run");
    EXPECT_EQ(losses[0].worlds, 24U);
    EXPECT_EQ(losses[0].unknown, 1U);
    EXPECT_EQ(losses[0].without, 19U);
    EXPECT_EQ(losses[0].worst, 240);
    EXPECT_EQ(losses[0].median, 0);
    EXPECT_DOUBLE_EQ(losses[0].mean, (200 + 210 + 220 + 230 + 240) / 24.0);
    ASSERT_EQ(losses[0].tails.size(), 1U);
    EXPECT_EQ(losses[0].tails[0].at_risk, 230);  // x(23) of 24
}

TEST(LossDistributions, AreInTheSummaryOfSeveralWorldsAndReadBack) {
    std::vector<Summary> worlds(20);
    for (std::size_t k = 0; k < worlds.size(); ++k) {
        worlds[k].seeds = {k + 1};
        worlds[k].metrics.resize(metric_names.size());
        worlds[k].metrics[static_cast<std::size_t>(metric_index("adl_usd"))].value =
            static_cast<double>(k);
    }
    const Summary total = aggregate(worlds);
    ASSERT_EQ(total.losses.size(), 1U);
    EXPECT_EQ(total.losses[0].tails[0].at_risk, 18);
    const auto read = parse_summary_json(summary_json(total), "summary.json");
    ASSERT_TRUE(read.has_value());
    EXPECT_EQ(summary_json(*read), summary_json(total));
    EXPECT_TRUE(aggregate(std::span(worlds).first(1)).losses.empty()) << "one world has no tail";
}

}  // namespace
}  // namespace margincall
