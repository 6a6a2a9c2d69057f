// Verdicts: each is decided by the worlds, and flips when they are other worlds.
#include "lab/judge.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <nlohmann/json.hpp>

#include "lab/identity.hpp"
#include "support/metric_row.hpp"

namespace margincall {
namespace {

using testing::metric_row;

constexpr std::size_t worlds_made = 10;

// Ten worlds with these figures; the curves are empty.
std::vector<PathRow> worlds_with(const std::vector<std::pair<std::string_view, double>>& figures) {
    std::vector<PathRow> out(worlds_made);
    for (std::size_t k = 0; k < out.size(); ++k) {
        out[k].seed = k;
        out[k].summary.metrics.resize(metric_names.size());
        for (const auto& [name, value] : figures) {
            out[k].summary.metrics[metric_row(name)].value =
                value * (1.0 + 0.001 * static_cast<double>(k));
        }
        out[k].series.values.resize(path_series_names.size());
    }
    return out;
}

Plan plan_with(double open_interest_usd) {
    Plan plan;
    plan.assets.resize(1);
    plan.assets[0].open_interest = open_interest_usd;
    return plan;
}

// Bitcoin's fall is one player's by `share`, another's by the rest; run by this program's core.
FallCauses causes_with(const char* player, double share, double spread, bool identified = true) {
    FallCauses out;
    out.source.sources = core_sources_hash();
    out.shares.push_back({player,
                          {worlds_made, share - spread, share, share + spread, share, 0.0},
                          identified});  // attribution_test.cpp says when
    return out;
}

Evidence by_worlds(const Plan& plan, std::vector<PathRow> worlds, PriceGates gates) {
    return {&plan, {"", DayWorlds{{}, std::move(worlds)}, {}, {}}, std::move(gates)};
}
Evidence by_causes(const Plan& plan, FallCauses causes, PriceGates gates) {
    return {&plan, {"", {}, std::move(causes), {}}, std::move(gates)};
}

Verdict verdict_of(const Evidence& evidence, std::string_view id) {
    const std::vector<Verdict> all = judge(evidence);
    EXPECT_EQ(all.size(), 14U);
    const auto found = std::ranges::find(all, id, &Verdict::id);
    return found != all.end() ? *found : Verdict{};
}

const PriceGates met{"met", "", {}};
const PriceGates missed{"missed", "the gate loop is missed", {"loop"}};

TEST(Judge, ASharesVerdictFlipsWithTheWorlds) {
    const Plan plan = plan_with(70e9);
    Evidence evidence = by_causes(plan, causes_with("holders", 0.35, 0.05), met);
    EXPECT_EQ(verdict_of(evidence, "S7").judged, Judged::supported);
    evidence.kept.causes = causes_with("holders", 0.04, 0.03);
    EXPECT_EQ(verdict_of(evidence, "S7").judged, Judged::contradicted);
    evidence.kept.causes = causes_with("holders", 0.20, 0.05);
    EXPECT_EQ(verdict_of(evidence, "S7").judged, Judged::not_identified);
    evidence.kept.causes = causes_with("holders", 0.35, 0.30, false);
    EXPECT_EQ(verdict_of(evidence, "S7").judged, Judged::not_identified) << "covers 10 and 40 %";
    EXPECT_DOUBLE_EQ(*verdict_of(evidence, "S7").low, 0.05);
    evidence.kept.causes = causes_with("holders", 0.35, 0.05, false);
    EXPECT_EQ(verdict_of(evidence, "S7").judged, Judged::not_identified)
        << "whatever its percentiles are";
}

TEST(Judge, NoShareOfAPriceIsSupportedWhereTheGatesAreMissed) {
    const Plan plan = plan_with(70e9);
    const Evidence evidence = by_causes(plan, causes_with("macro", 0.6, 0.05), missed);
    const Verdict verdict = verdict_of(evidence, "S1");
    EXPECT_EQ(verdict.judged, Judged::not_identified);
    EXPECT_NE(verdict.reason.find("gate loop"), std::string::npos);
    EXPECT_DOUBLE_EQ(*verdict.measured, 0.6) << "the figure is shown all the same";
}

// Regulation and informed traders: their size is assumed, so that they are contradicted or nothing.
TEST(Judge, WhatIsAssumedIsContradictedWhereItIsSmallAndNeverSupported) {
    const Plan plan = plan_with(70e9);
    const auto verdict = [&](double low, double high, const PriceGates& gates, std::size_t worlds) {
        FallCauses causes = causes_with("macro", 0.6, 0.05);
        causes.whole = {worlds_made, -0.08, -0.07, -0.06, -0.07, 0.0};
        causes.by_removal_alone.push_back(
            {"regulation", {worlds, low, 0.5 * (low + high), high, 0.0, 0.0}});
        return verdict_of(by_causes(plan, causes, gates), "S10");
    };
    EXPECT_EQ(verdict(-0.006, 0.002, met, 10).judged, Judged::contradicted);
    EXPECT_EQ(verdict(-0.008, 0.002, met, 10).judged, Judged::not_identified) << "a ninth";
    EXPECT_EQ(verdict(-0.002, 0.008, met, 10).judged, Judged::not_identified) << "either sign";
    EXPECT_EQ(verdict(-0.05, -0.03, met, 10).judged, Judged::not_identified);
    EXPECT_EQ(verdict(-0.006, 0.002, missed, 10).judged, Judged::not_identified);
    EXPECT_EQ(verdict(-0.006, 0.002, met, 7).judged, Judged::not_identified) << "too few";
    EXPECT_DOUBLE_EQ(*verdict(-0.006, 0.002, missed, 10).low, -0.006) << "shown all the same";
    EXPECT_EQ(verdict_of(by_causes(plan, causes_with("macro", 0.6, 0.05), met), "S11").judged,
              Judged::not_identified);
}

TEST(Judge, NothingIsSupportedThatWasNotMeasured) {
    const Plan plan = plan_with(70e9);
    const Evidence none{&plan, {}, met};
    for (const Verdict& verdict : judge(none)) {
        EXPECT_NE(verdict.judged, Judged::supported) << verdict.id;
        EXPECT_FALSE(verdict.reason.empty()) << verdict.id;
    }
}

TEST(Judge, TheRecordIsARecordOrNot) {
    const Plan below = plan_with(70.1e9);
    const Plan above = plan_with(95e9);
    EXPECT_EQ(verdict_of({&below, {}, met}, "S3").judged, Judged::contradicted);
    EXPECT_EQ(verdict_of({&above, {}, met}, "S3").judged, Judged::supported);
}

TEST(Judge, BooksAreEmptyOrNot) {
    const Plan plan = plan_with(70e9);
    const auto verdict = [&](double share) {
        return verdict_of(by_worlds(plan, worlds_with({{"depth_4pct_min_share", share}}), missed),
                          "S5")
            .judged;
    };
    EXPECT_EQ(verdict(0.05), Judged::supported);
    EXPECT_EQ(verdict(0.5), Judged::contradicted);
    EXPECT_EQ(verdict(0.2), Judged::not_identified);
    auto few = worlds_with({{"depth_4pct_min_share", 0.5}});
    few.resize(7);
    EXPECT_EQ(verdict_of(by_worlds(plan, few, missed), "S5").judged, Judged::not_identified);
}

TEST(Judge, LongShareIsOverNinetyPercentOrNot) {
    const Plan plan = plan_with(70e9);
    const auto verdict = [&](double share) {
        return verdict_of(by_worlds(plan, worlds_with({{"long_share_true", share}}), missed), "S12")
            .judged;
    };
    EXPECT_EQ(verdict(0.95), Judged::supported);
    EXPECT_EQ(verdict(0.80), Judged::contradicted);
    EXPECT_EQ(verdict(0.8985), Judged::not_identified) << "from 89.9 to 90.7 %";
}

TEST(Judge, AStateThatIsNeverReachedContradictsWhatFollowsFromIt) {
    const Plan plan = plan_with(70e9);
    const auto worlds = [&](double funding) {
        return worlds_with(
            {{"funding_btc_min", funding}, {"sentiment_last", 20.0}, {"btc_rebound_1h", 0.02}});
    };
    EXPECT_EQ(verdict_of(by_worlds(plan, worlds(0.0001), missed), "S13").judged,
              Judged::contradicted);
    const Verdict reached = verdict_of(by_worlds(plan, worlds(-0.0001), missed), "S13");
    EXPECT_EQ(reached.judged, Judged::not_identified);
    EXPECT_EQ(reached.worlds, worlds_made);
    EXPECT_NEAR(*reached.measured, 0.02, 1e-3);
}

// Price walks down through the levels, a hundred dollars a point; forced flow is `at_level` times as large just
// below 100,000 as anywhere else.
std::vector<PathRow> walking_down(double at_level) {
    std::vector<PathRow> out = worlds_with({});
    for (PathRow& row : out) {
        double forced = 0;
        for (double price = 107'000; price > 93'000; price -= 100) {
            const bool below = price < 100'000 && price > 99'000;
            forced += 1e6 * (1.0 + 0.01 * static_cast<double>(row.seed)) * (below ? at_level : 1.0);
            row.series.values[0].push_back(static_cast<float>(price));
            row.series.values[4].push_back(static_cast<float>(forced));
        }
    }
    return out;
}

TEST(Judge, ARoundNumberIsComparedWithOthers) {
    const Plan plan = plan_with(70e9);
    EXPECT_EQ(path_series_names[4].name, "liquidated_usd");
    const Verdict jump = verdict_of(by_worlds(plan, walking_down(20.0), missed), "S4");
    EXPECT_EQ(jump.judged, Judged::supported);
    EXPECT_NEAR(*jump.measured, 20.0, 1.0);
    const Verdict none = verdict_of(by_worlds(plan, walking_down(1.0), missed), "S4");
    EXPECT_EQ(none.judged, Judged::contradicted);
    EXPECT_NEAR(*none.measured, 1.0, 0.1);
}

TEST(Judge, TheCureIsATableOfPolicies) {
    const Plan plan = plan_with(70e9);
    LeverageCap cap;
    cap.change.change = {worlds_made, -2e9, -1e9, -0.5e9, -1e9, 1e8};
    cap.change.low = -1.2e9;
    cap.change.high = -0.8e9;
    cap.change.effect = Effect::helps;
    const Verdict cure = verdict_of({&plan, {"", {}, {}, cap}, missed}, "S14");
    EXPECT_EQ(cure.judged, Judged::not_identified) << "a counterfactual is not measured";
    EXPECT_DOUBLE_EQ(*cure.measured, -1e9);
    EXPECT_EQ(cure.worlds, worlds_made);
    EXPECT_NE(cure.reason.find("helps"), std::string::npos);
}

// Shares stand or fall with the gates of the core that ran them.
TEST(Judge, NoShareOfAPriceIsSaidOfWorldsOfAnotherCore) {
    const Plan plan = plan_with(70e9);
    FallCauses causes = causes_with("holders", 0.35, 0.05);
    EXPECT_EQ(verdict_of(by_causes(plan, causes, met), "S7").judged, Judged::supported);
    causes.source.sources = "another";
    const Verdict old = verdict_of(by_causes(plan, causes, met), "S7");
    EXPECT_EQ(old.judged, Judged::not_identified);
    EXPECT_NE(old.reason.find("another core"), std::string::npos);
}

TEST(Judge, WhatIsOfTheDayIsNotJudgedWithoutWorldsOfTheDay) {
    const Plan plan = plan_with(70e9);
    const Evidence causes_alone = by_causes(plan, causes_with("holders", 0.35, 0.05), met);
    for (const char* const id : {"S4", "S5", "S12", "S13"}) {
        const Verdict verdict = verdict_of(causes_alone, id);
        EXPECT_EQ(verdict.judged, Judged::not_identified) << id;
        EXPECT_NE(verdict.reason.find("own window"), std::string::npos) << id;
    }
}

TEST(Judge, OneLineOfJsonAStatement) {
    const Plan plan = plan_with(70e9);
    for (const Verdict& verdict : judge({&plan, {}, met})) {
        const std::string line = verdict_json(verdict);
        EXPECT_EQ(line.find('\n'), std::string::npos);
        const auto read = nlohmann::json::parse(line);
        for (const char* const key :
             {"id", "verdict", "measured", "low", "high", "worlds", "made", "reason"}) {
            EXPECT_TRUE(read.contains(key)) << key;
        }
    }
}

}  // namespace
}  // namespace margincall
