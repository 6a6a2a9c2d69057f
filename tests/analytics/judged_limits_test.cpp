// How limits stand in one world and in many.
#include "analytics/judged_limits.hpp"

#include <gtest/gtest.h>

#include <array>

#include "analytics/summary.hpp"

namespace margincall {
namespace {

Summary world_with(std::string_view metric, std::optional<double> value) {
    Summary out;
    out.seeds = {1};
    out.metrics.resize(metric_names.size());
    Metric& row = out.metrics[static_cast<std::size_t>(metric_index(metric))];
    row.value = value;
    return out;
}

const std::array<Limit, 1> no_debt = {Limit{.name = "debt",
                                            .text = "bad_debt_usd <= 0",
                                            .figure = "bad_debt_usd",
                                            .kind = LimitKind::at_most,
                                            .value = 0.0}};

JudgedLimit judged(const std::vector<Summary>& worlds) {
    const Summary total = aggregate(worlds);
    return judge_limits(no_debt, total, worlds).at(0);
}

TEST(JudgedLimits, AWorldKeepsOrBreaksThem) {
    const JudgedLimit kept = judged({world_with("bad_debt_usd", 0.0)});
    EXPECT_EQ(state_of(kept), LimitState::kept);
    EXPECT_EQ(kept.worlds, 1);
    EXPECT_EQ(kept.value, 0.0);
    EXPECT_EQ(state_of(judged({world_with("bad_debt_usd", 0.01)})), LimitState::broken);
    EXPECT_EQ(state_of(judged({world_with("bad_debt_usd", std::nullopt)})), LimitState::unknown);
}

// The median keeps it, and yet not every world does.
TEST(JudgedLimits, OfManyWorldsCountWhoKeepsThem) {
    const JudgedLimit row = judged({world_with("bad_debt_usd", 0.0),
                                    world_with("bad_debt_usd", 0.0),
                                    world_with("bad_debt_usd", 7.0),
                                    world_with("bad_debt_usd", std::nullopt)});
    EXPECT_EQ(row.value, 0.0);
    EXPECT_EQ(row.worlds, 3);  // one has no such figure
    EXPECT_EQ(row.kept, 2);
    EXPECT_EQ(state_of(row), LimitState::at_times);
}

TEST(JudgedLimits, OnAFigureOfAStressAreNotJudgedInARun) {
    const std::array<Limit, 1> emptied = {Limit{.name = "funds",
                                                .text = "funds_emptied <= 0",
                                                .figure = "funds_emptied",
                                                .kind = LimitKind::at_most,
                                                .value = 0.0}};
    const std::vector<Summary> worlds{world_with("bad_debt_usd", 0.0)};
    EXPECT_EQ(state_of(judge_limits(emptied, worlds[0], worlds).at(0)), LimitState::unknown);
}

TEST(JudgedLimits, AreInSummaryJsonAndReadBack) {
    Summary summary = world_with("bad_debt_usd", 3.0);
    EXPECT_EQ(summary_json(summary).find("\"limits\""), std::string::npos);
    summary.limits = judge_limits(no_debt, summary, std::vector<Summary>{summary});
    const std::string text = summary_json(summary);
    EXPECT_NE(text.find("\"verdict\": \"broken\""), std::string::npos) << text;
    const auto again = parse_summary_json(text, "summary.json");
    ASSERT_TRUE(again);
    ASSERT_EQ(again->limits.size(), 1U);
    EXPECT_EQ(again->limits[0].name, "debt");
    EXPECT_EQ(again->limits[0].text, "bad_debt_usd <= 0");
    EXPECT_EQ(again->limits[0].worlds, 1);
    EXPECT_EQ(again->limits[0].kept, 0);
}

}  // namespace
}  // namespace margincall
