// Limits as they are written, in a scenario and on the command line.
#include "scenario/limit_text.hpp"

#include <gtest/gtest.h>

#include "scenario/compile.hpp"

namespace margincall {
namespace {

Limit read_limit(std::string_view text) {
    const auto limit = parse_limit(text, LimitScope::any);
    EXPECT_TRUE(limit) << text << ": " << limit.error().message;
    return limit.value_or(Limit{});
}

std::string problem_of(std::string_view text, LimitScope scope = LimitScope::any) {
    const auto limit = parse_limit(text, scope);
    EXPECT_FALSE(limit) << text;
    return limit ? std::string{} : limit.error().code;
}

TEST(LimitText, HasAFigureASignAndAValue) {
    const Limit debt = read_limit(" bad_debt_usd <= 5 m USD ");
    EXPECT_EQ(debt.figure, "bad_debt_usd");
    EXPECT_EQ(debt.text, "bad_debt_usd <= 5 m USD");
    EXPECT_EQ(debt.kind, LimitKind::at_most);
    EXPECT_DOUBLE_EQ(debt.value, 5e6);
    EXPECT_EQ(read_limit("fund_min_usd>=0").kind, LimitKind::at_least);
    EXPECT_EQ(read_limit("adl_accounts < 100").kind, LimitKind::below);
    EXPECT_EQ(read_limit("btc_low > 90,000 USD").kind, LimitKind::above);
    EXPECT_DOUBLE_EQ(read_limit("btc_fall_open_to_low >= -10 %").value, -0.1);
}

TEST(LimitText, EveryFigureOfAStressAndOfARunCanBeNamedOnce) {
    std::size_t both = 0;
    for (const LimitFigure& figure : limit_figures()) {
        EXPECT_TRUE(figure.of_stress || figure.of_run) << figure.key;
        EXPECT_EQ(limit_figure(figure.key), &figure) << figure.key;
        both += figure.of_stress && figure.of_run ? 1U : 0U;
    }
    EXPECT_GE(both, 3U);  // bad_debt_usd, adl_usd, adl_accounts
    EXPECT_EQ(limit_figure("bad_debt"), nullptr);
}

TEST(LimitText, WhatDoesNotReadIsRefusedByKind) {
    EXPECT_EQ(problem_of("bad_debt_usd"), "E205");
    EXPECT_EQ(problem_of("bad_debt_usd = 0"), "E205");
    EXPECT_EQ(problem_of("bad_debt_usd <= many"), "E205");
    EXPECT_EQ(problem_of("bad_dept_usd <= 0"), "E307");
    EXPECT_EQ(problem_of("bad_debt_usd <= 5 %"), "E202");
    EXPECT_EQ(problem_of("adl_accounts <= 5 m USD"), "E202");
    // Only a run has it.
    EXPECT_EQ(problem_of("btc_low >= 1 USD", LimitScope::stress), "E307");
}

TEST(LimitText, AreReadFromAScenarioAndWrittenOutAgain) {
    const std::string text =
        "extends = \"builtin/blank.toml\"\n[limits]\nno_debt = \"bad_debt_usd <= 5 m USD\"\n\"the "
        "fund\" = \"fund_min_usd >= 0\"\n";
    const auto compiled = compile_text(text, "test.toml", ".");
    ASSERT_TRUE(compiled);
    ASSERT_EQ(compiled->limits.size(), 2U);
    EXPECT_EQ(compiled->limits[0].name, "no_debt");
    EXPECT_EQ(compiled->limits[1].name, "the fund");
    EXPECT_EQ(named_text(compiled->limits[1]), "the fund: fund_min_usd >= 0");

    const auto again = compile_text(compiled->resolved, "resolved.toml", ".");
    ASSERT_TRUE(again);
    ASSERT_EQ(again->limits.size(), 2U);
    EXPECT_EQ(again->limits[1].name, "the fund");
    EXPECT_EQ(again->limits[1].text, compiled->limits[1].text);
    EXPECT_EQ(again->plan.scenario_hash, compiled->plan.scenario_hash);
}

TEST(Limits, HoldAsTheirSignSays) {
    const auto at_ten = [](LimitKind kind) {
        return Limit{.name = {}, .text = {}, .figure = {}, .kind = kind, .value = 10.0};
    };
    EXPECT_TRUE(holds(at_ten(LimitKind::at_most), 10.0));
    EXPECT_FALSE(holds(at_ten(LimitKind::below), 10.0));
    EXPECT_TRUE(holds(at_ten(LimitKind::at_least), 10.0));
    EXPECT_FALSE(holds(at_ten(LimitKind::above), 10.0));
    EXPECT_TRUE(holds(at_ten(LimitKind::below), 9.0));
    EXPECT_TRUE(holds(at_ten(LimitKind::above), 11.0));
}

}  // namespace
}  // namespace margincall
