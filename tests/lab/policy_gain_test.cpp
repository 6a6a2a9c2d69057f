// The change of a policy in units of today's figure, and what the JSON says of it.
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "lab/policy_json.hpp"
#include "lab/policy_table.hpp"

namespace margincall {
namespace {

PolicyChange change_by(double today, double by) {
    PolicyChange out;
    out.before.n = out.change.n = 4;
    out.before.mean = today;
    out.change.mean = by;
    return out;
}

TEST(PolicyGain, IsPositiveForTheBetterInUnitsOfToday) {
    const PolicyFigure less{"liquidated_true_usd", false, false};
    const PolicyFigure more{"fund_min_usd", true, false};
    EXPECT_DOUBLE_EQ(relative_gain(less, change_by(200.0, -50.0)).value(), 0.25);
    EXPECT_DOUBLE_EQ(relative_gain(more, change_by(200.0, -50.0)).value(), -0.25);
    EXPECT_DOUBLE_EQ(relative_gain(more, change_by(-0.10, 0.02)).value(), 0.2)
        << "a fall of 10 % that becomes one of 8 %";
    EXPECT_FALSE(relative_gain(less, change_by(0.0, 5.0)).has_value());
    EXPECT_FALSE(relative_gain(less, PolicyChange{}).has_value());
}

TEST(PolicyGain, OrdersTheRanking) {
    PolicyTable day;
    for (const double by : {-10.0, -60.0, 30.0}) {
        PolicyChange change = change_by(100.0, by);
        change.effect = by < 0.0 ? Effect::helps : Effect::harms;
        day.policies.push_back({std::vector<PolicyChange>(policy_figures().size(), change)});
    }
    constexpr std::size_t liquidated = 2;
    ASSERT_EQ(policy_figures()[liquidated].metric, "liquidated_true_usd");
    EXPECT_EQ(rank_policies(std::span(&day, 1), liquidated).order,
              (std::vector<std::size_t>{1, 0, 2}));
}

TEST(PolicyJson, NamesEveryFigureWithItsLabelAndUnit) {
    const auto json = nlohmann::json::parse(policies_json({}, {}, {"met", "", {}}));
    ASSERT_EQ(json["figures"].size(), policy_figures().size());
    EXPECT_EQ(json["figures"][0]["label"], "BTC fall from open to low");
    EXPECT_EQ(json["figures"][0]["unit"], "fraction");
    EXPECT_EQ(json["figures"][0]["price"], true);
    EXPECT_EQ(json["figures"][2]["more_is_better"], false);
}

}  // namespace
}  // namespace margincall
