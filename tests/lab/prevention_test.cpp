// The search for the least change of the rules, on made-up answers: which settings are tried, which is cheapest, what
// fresh seeds say.
#include "lab/prevention.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <functional>
#include <nlohmann/json.hpp>

#include "lab/prevention_json.hpp"
#include "lab/tiny_list.hpp"
#include "support/metric_row.hpp"

namespace margincall {
namespace {

Lever switch_of(std::string name, std::string group) {
    Policy policy;
    policy.name = policy.label = std::move(name);
    policy.group = std::move(group);
    policy.set = {{"venues.*.adl.rank", "pro-rata"}};
    return {policy, std::nullopt};
}
Lever knob_of(std::string name, std::string group, double today, double most) {
    Lever out = switch_of(std::move(name), std::move(group));
    out.policy.set = {{"venues.*.insurance_fund", "x{}"}};
    out.policy.label += " at {}";
    out.knob = Knob{out.policy, today, most};
    return out;
}

KeptLimits kept_in(std::size_t kept, std::size_t worlds = 20) {
    return {{{kept, worlds, 0}}, {kept, worlds, 0}};
}

// Runs a search whose answers are a function of the setting.
SettingSearch searched(std::vector<Lever> levers,
                       std::vector<std::pair<std::string, std::string>> pairs,
                       const std::function<bool(const Setting&)>& holds) {
    SettingSearch search(std::move(levers), std::move(pairs), 0.95);
    for (std::vector<Setting> next = search.next(); !next.empty(); next = search.next()) {
        std::vector<KeptLimits> answers;
        for (const Setting& setting : next) {
            answers.push_back(kept_in(holds(setting) ? 19 : 18));
        }
        search.take(answers);
    }
    return search;
}

TEST(SettingSearch, HalvesTheScaleOfWhatHoldsAndOnlyOfThat) {
    const SettingSearch search =
        searched({knob_of("fund", "fund", 1, 16), knob_of("tiers", "margin", 1, 0.0625)},
                 {{"fund", "margin"}},
                 [](const Setting& s) { return s.levers.front() == 0 && s.step >= 3; });
    std::vector<std::pair<std::size_t, int>> tried;
    for (const TriedSetting& one : search.tried()) {
        tried.emplace_back(one.setting.levers.front(), one.setting.step);
    }
    EXPECT_EQ(tried,
              (std::vector<std::pair<std::size_t, int>>{{0, 8}, {1, 8}, {0, 4}, {0, 2}, {0, 3}}));
    EXPECT_FALSE(search.tried_pairs()) << "something alone is enough";
    const std::vector<std::size_t> order = cheapest_first(search.tried(), {});
    ASSERT_EQ(order.size(), 3U);
    EXPECT_EQ(search.tried()[order[0]].setting.step, 3);
    EXPECT_DOUBLE_EQ(search.tried()[order[0]].size, 1.5);
    EXPECT_EQ(search.tried()[order[0]].round, 4);
    EXPECT_EQ(policy_of(search.levers(), search.tried()[order[0]].setting).set.front().second,
              "x2.828");
}

TEST(SettingSearch, TakesPairsOfTheNamedGroupsWhenNothingAloneHolds) {
    const std::vector<Lever> levers = {knob_of("fund", "fund", 1, 16),
                                       switch_of("rank", "adl"),
                                       switch_of("slow", "pacing"),
                                       knob_of("cap", "leverage", 150, 9.375)};
    const SettingSearch search =
        searched(levers, {{"adl", "fund"}, {"fund", "leverage"}}, [](const Setting& s) {
            return s.levers == std::vector<std::size_t>{0, 1} && s.step >= 6;
        });
    EXPECT_TRUE(search.tried_pairs());
    std::vector<std::vector<std::size_t>> pairs;
    for (const TriedSetting& one : search.tried()) {
        if (one.setting.levers.size() == 2 && one.setting.step == knob_steps) {
            pairs.push_back(one.setting.levers);
        }
    }
    EXPECT_EQ(pairs, (std::vector<std::vector<std::size_t>>{{0, 1}, {0, 3}}));
    const std::vector<std::size_t> order = cheapest_first(search.tried(), {});
    ASSERT_FALSE(order.empty());
    const TriedSetting& best = search.tried()[order.front()];
    EXPECT_EQ(best.setting.step, 6);
    EXPECT_DOUBLE_EQ(best.size, 3.0 + 1.0);
    const Policy both = policy_of(levers, best.setting);
    EXPECT_EQ(both.name, "fund=8+rank");
    ASSERT_EQ(both.set.size(), 2U);
}

TEST(SettingSearch, NothingThatHoldsIsSaidSo) {
    const SettingSearch search =
        searched({switch_of("rank", "adl")}, {}, [](const Setting&) { return false; });
    EXPECT_EQ(search.tried().size(), 1U);
    EXPECT_TRUE(search.tried_pairs()) << "there are none to try";
    EXPECT_TRUE(cheapest_first(search.tried(), {}).empty());
}

TriedSetting held(std::vector<std::size_t> levers, double size) {
    TriedSetting out;
    out.setting.levers = std::move(levers);
    out.size = size;
    out.holds = true;
    return out;
}

TEST(CheapestFirst, IsByLeversThenSizeThenQuietDaysThenOrder) {
    std::vector<TriedSetting> tried = {held({0, 1}, 0.5),
                                       held({2}, 2.0),
                                       held({3}, 1.0),
                                       held({4}, 1.0),
                                       held({5}, 1.0),
                                       held({6}, 1.0)};
    tried[1].holds = true;
    EXPECT_EQ(cheapest_first(tried, {}), (std::vector<std::size_t>{2, 3, 4, 5, 1, 0}));
    const std::vector<QuietCost> costs = {0.0, 0.0, 0.2, 0.1, std::nullopt, 0.1};
    EXPECT_EQ(cheapest_first(tried, costs), (std::vector<std::size_t>{3, 5, 2, 4, 1, 0}));
    tried[3].holds = false;
    EXPECT_EQ(cheapest_first(tried, costs), (std::vector<std::size_t>{5, 2, 4, 1, 0}));
}

TEST(ChangeSize, IsInDoublingsOfWhatIsToday) {
    const std::vector<Lever> levers = {knob_of("cap", "leverage", 150, 9.375),
                                       switch_of("rank", "adl")};
    EXPECT_DOUBLE_EQ(change_size(levers, {{0}, 8}), 4.0);
    EXPECT_DOUBLE_EQ(change_size(levers, {{0}, 2}), 1.0);
    EXPECT_DOUBLE_EQ(change_size(levers, {{1}, 8}), 1.0);
    EXPECT_DOUBLE_EQ(change_size(levers, {{0, 1}, 2}), 2.0);
}

PathRow world_of(double adl, std::optional<double> bad_debt) {
    PathRow out;
    out.summary.metrics.resize(metric_names.size());
    out.summary.metrics[testing::metric_row("adl_usd")].value = adl;
    out.summary.metrics[testing::metric_row("bad_debt_usd")].value = bad_debt;
    return out;
}

TEST(KeptLimits, EveryLimitInOneWorldAndWhatIsNotKnownIsNotKept) {
    const std::vector<Limit> limits = {
        {"", "adl_usd <= 5", "adl_usd", LimitKind::at_most, 5.0},
        {"", "bad_debt_usd < 2", "bad_debt_usd", LimitKind::below, 2}};
    const std::vector<PathRow> rows = {
        world_of(5, 1), world_of(6, 1), world_of(4, 2), world_of(0, std::nullopt)};
    std::vector<const PathRow*> worlds = {&rows[0], &rows[1], &rows[2], &rows[3], nullptr};
    const KeptLimits kept = kept_limits(limits, worlds);
    ASSERT_EQ(kept.limits.size(), 2U);
    EXPECT_EQ(kept.limits[0].kept, 3U);
    EXPECT_EQ(kept.limits[0].unknown, 1U);
    EXPECT_EQ(kept.limits[1].kept, 2U);
    EXPECT_EQ(kept.limits[1].unknown, 2U);
    EXPECT_EQ(kept.all.kept, 1U);
    EXPECT_EQ(kept.all.worlds, 5U);
    EXPECT_EQ(kept.all.unknown, 2U);
}

TEST(Keeps, NineteenOfTwentyAreNinetyFiveOfAHundred) {
    EXPECT_TRUE(keeps({19, 20, 0}, 0.95));
    EXPECT_FALSE(keeps({18, 20, 0}, 0.95));
    EXPECT_TRUE(keeps({20, 20, 0}, 1.0));
    EXPECT_FALSE(keeps({0, 0, 0}, 0.95)) << "no worlds";
}

TEST(Freshness, IsConfirmedByTheLowerEndOfTheInterval) {
    EXPECT_EQ(freshness({60, 60, 0}, 0.95), Freshness::confirmed);
    EXPECT_EQ(freshness({59, 60, 0}, 0.95), Freshness::likely);
    EXPECT_EQ(freshness({57, 60, 0}, 0.95), Freshness::likely);
    EXPECT_EQ(freshness({56, 60, 0}, 0.95), Freshness::failed);
}

TEST(QuietCost, AddsClearLossesOfVolumeAndSpread) {
    PolicyTable day;
    PolicyRow row;
    for (const PolicyFigure& figure : policy_figures()) {
        PolicyChange change;
        change.before.n = change.change.n = 4;
        change.before.mean = 100.0;
        change.change.mean = figure.metric == "volume_usd" ? -10.0 : 20.0;
        change.effect = Effect::harms;
        row.changes.push_back(change);
    }
    day.policies.push_back(row);
    EXPECT_NEAR(quiet_cost(std::span(&day, 1), 0).value(), 0.1 + 0.2, 1e-12);
    PolicyTable other = day;
    for (PolicyChange& change : other.policies[0].changes) {
        change.effect = Effect::not_clear;
    }
    EXPECT_EQ(quiet_cost(std::span(&other, 1), 0).value(), 0.0) << "noise costs nothing";
    const std::vector<PolicyTable> both = {day, other};
    EXPECT_NEAR(quiet_cost(both, 0).value(), 0.15, 1e-12) << "mean over the days";
    EXPECT_FALSE(quiet_cost({}, 0).has_value());
}

struct Ended {
    TaskList list = testing::tiny_list(2);
    Prevention search;
    Ended() {
        search.base = &list;
        search.limits = {{"", "adl_usd <= 5", "adl_usd", LimitKind::at_most, 5.0}};
        search.levers = {switch_of("rank", "adl"), switch_of("slow", "pacing")};
        search.today = kept_in(3);
        search.fresh_from = 31;
        search.fresh_seeds = 60;
        for (const std::size_t lever : {std::size_t{0}, std::size_t{1}}) {
            TriedSetting one = held({lever}, 1.0);
            one.kept = kept_in(20);
            search.tried.push_back(one);
            search.changed.emplace_back();
        }
    }
};

TEST(PreventionAnswer, AWinnerThatFailsOnFreshSeedsIsSaid) {
    Ended of;
    of.search.today_fresh = kept_in(10, 60);
    of.search.fresh = {{0, kept_in(50, 60)}};
    EXPECT_EQ(end_of(of.search), PreventionEnd::failed);
    std::vector<std::string> said = prevention_answer(of.search);
    EXPECT_NE(said[0].find("rank: in the search 20 of 20"), std::string::npos) << said[0];
    EXPECT_NE(said[0].find("fails on fresh seeds"), std::string::npos) << said[0];
    EXPECT_NE(said.back().find("none keeps them"), std::string::npos) << said.back();
    // The next one holds: it is the answer, and the first stays on record.
    of.search.fresh.push_back({1, kept_in(60, 60)});
    EXPECT_EQ(end_of(of.search), PreventionEnd::found);
    said = prevention_answer(of.search);
    EXPECT_NE(said[0].find("fails on fresh seeds"), std::string::npos);
    EXPECT_NE(said[1].find("The least change found: slow"), std::string::npos) << said[1];
    EXPECT_NE(said[1].find("confirmed"), std::string::npos);
}

TEST(PreventionAnswer, NothingAndTodayAreSaid) {
    Ended of;
    for (TriedSetting& one : of.search.tried) {
        one.holds = false;
    }
    of.search.tried[1].kept = kept_in(18);
    of.search.tried[0].kept = kept_in(11);
    EXPECT_EQ(end_of(of.search), PreventionEnd::nothing);
    const std::vector<std::string> said = prevention_answer(of.search);
    EXPECT_NE(said[0].find("Nothing that was tried"), std::string::npos);
    EXPECT_NE(said[1].find("Of 2 settings the closest: slow, in 18 of 20"), std::string::npos)
        << said[1];
    of.search.today = kept_in(19);
    EXPECT_EQ(end_of(of.search), PreventionEnd::today);
    EXPECT_NE(prevention_answer(of.search)[0].find("nothing has to change"), std::string::npos);
}

TEST(PreventionJson, ListsEverySettingWithItsShares) {
    Ended of;
    of.search.today_fresh = kept_in(10, 60);
    of.search.fresh = {{1, kept_in(60, 60)}};
    of.search.costs = {QuietCost{0.5}, std::nullopt};
    const auto json = nlohmann::json::parse(prevention_json(of.search, {"met", "", {}}));
    EXPECT_EQ(json["end"], "found");
    EXPECT_EQ(json["tried"].size(), 2U);
    EXPECT_EQ(json["tried"][0]["quiet_cost"], 0.5);
    EXPECT_TRUE(json["tried"][1]["quiet_cost"].is_null());
    EXPECT_EQ(json["tried"][0]["kept"]["all"]["kept"], 20);
    EXPECT_NEAR(json["tried"][0]["kept"]["all"]["low"].get<double>(), std::pow(0.05, 0.05), 1e-9);
    EXPECT_EQ(json["fresh"][0]["word"], "confirmed");
    EXPECT_EQ(json["limits"][0]["price"], false);
    const std::string csv = prevention_csv(of.search);
    EXPECT_NE(csv.find("slow,slow,1,1,0,all,fresh,60,60,0,1,"), std::string::npos) << csv;
}

}  // namespace
}  // namespace margincall
