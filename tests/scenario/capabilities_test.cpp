// The table of what each command executes, against the fields that a scenario may set, the compiler
// that refuses by it, and every shipped rule file as the first venue's rules.
#include "scenario/capabilities.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <string>

#include "scenario/builtin.hpp"
#include "scenario/compile.hpp"
#include "scenario/error_text.hpp"
#include "scenario/fields.hpp"

namespace margincall {
namespace {

TEST(Capabilities, EveryWordOfEveryRuleHasARow) {
    for (const Field& field : fields()) {
        if (field.scope != Scope::venue || !is_rule_key(field.path)) {
            continue;
        }
        if (field.choices.empty()) {
            EXPECT_NE(find_capability(field.path, ""), nullptr) << field.path;
        }
        for (const std::string_view word : field.choices) {
            EXPECT_NE(find_capability(field.path, word), nullptr) << field.path << " " << word;
        }
    }
    for (const std::string_view word : collateral_valuations) {
        EXPECT_NE(find_capability("collateral.valuation", word), nullptr) << word;
    }
    EXPECT_EQ(find_capability("margin.style", "by-mood"), nullptr);
}

TEST(Capabilities, EveryRowIsAKeyAndSaysWhyItIsNotSimplyYes) {
    for (const Capability& row : capabilities()) {
        const bool all_of_a_section = row.key.ends_with(".*");
        const std::string_view key = row.key.substr(0, row.key.size() - (all_of_a_section ? 1 : 0));
        const bool known = std::ranges::any_of(fields(), [&](const Field& field) {
            const bool word = field.choices.empty()
                                  ? row.value.empty()
                                  : std::ranges::count(field.choices, row.value) > 0;
            return field.scope == Scope::venue &&
                   (all_of_a_section ? field.path.starts_with(key) : field.path == key && word);
        });
        EXPECT_TRUE(known || row.key.starts_with("collateral.")) << row.key << " " << row.value;
        EXPECT_EQ(row.reason.empty(), row.run == Support::yes && row.stress == Support::yes)
            << row.key << " " << row.value;
    }
}

TEST(Capabilities, WhatACommandCannotExecuteIsRefusedForThatCommand) {
    const std::string text =
        "extends = \"builtin/blank.toml\"\n[venues.A.collateral]\nETH = { ratio = 0.9, valuation = "
        "\"conversion\" }\nwBETH = { ratio = 0.9, valuation = \"conversion\" }\n";
    const auto run = compile_text(text, "x.toml", ".", {}, Subcommand::run);
    EXPECT_TRUE(run) << errors_text(run.error(), "x.toml", "");

    const auto stress = compile_text(text, "x.toml", ".", {}, Subcommand::stress);

    ASSERT_FALSE(stress);
    ASSERT_EQ(stress.error().size(), 1U);  // nobody can hold wBETH in a market without it
    const Error& error = stress.error().front();
    EXPECT_EQ(error.code, "E106");
    EXPECT_EQ(error.line, 3);
    EXPECT_EQ(error.message,
              "venues.A.collateral.valuation: stress cannot execute \"conversion\": stress: its "
              "market has no conversion ratios");
    EXPECT_EQ(error.hint,
              "choose another value; margincall schema --capabilities lists what each command "
              "does");
}

class RuleFile : public ::testing::TestWithParam<std::string> {};

TEST_P(RuleFile, IsTheFirstVenuesInEveryScenarioAndBothCommands) {
    const Overrides overrides = {"venues.A.rules=builtin/rules/" + GetParam()};
    for (const BuiltinFile& file : builtin_files()) {
        if (file.path.contains('/')) {
            continue;
        }
        for (const Subcommand command : {Subcommand::run, Subcommand::stress}) {
            const auto compiled =
                compile_scenario("builtin/" + std::string{file.path}, overrides, command);
            ASSERT_TRUE(compiled) << errors_text(compiled.error(), std::string{file.path}, "");
            for (const InstrumentPlan& ip : compiled->plan.instruments) {
                if (ip.instrument.kind == InstrumentKind::linear_perp) {
                    check_schedule(ip.schedule);
                    ASSERT_FALSE(ip.tiers.empty()) << ip.name;
                }
            }
        }
    }
}

TEST_P(RuleFile, TheResolvedTextCompilesToItself) {
    const auto first =
        compile_scenario("builtin/blank.toml", {"venues.A.rules=builtin/rules/" + GetParam()});
    ASSERT_TRUE(first);
    const auto again = compile_text(first->resolved, "resolved.toml", ".");
    ASSERT_TRUE(again) << errors_text(again.error(), "resolved.toml", "");
    EXPECT_EQ(again->resolved, first->resolved);
    for (std::size_t k = 0; k < first->plan.instruments.size(); ++k) {
        const MarginSchedule& a = first->plan.instruments[k].schedule;
        const MarginSchedule& b = again->plan.instruments[k].schedule;
        ASSERT_EQ(a.tiers.size(), b.tiers.size());
        for (std::size_t n = 0; n < a.tiers.size(); ++n) {
            EXPECT_EQ(a.tiers[n].cap, b.tiers[n].cap);
            EXPECT_TRUE(a.tiers[n].maintenance == b.tiers[n].maintenance);
        }
        EXPECT_TRUE(a.slope == b.slope);
        EXPECT_EQ(a.open_interest_upper, b.open_interest_upper);
    }
}

std::vector<std::string> rule_files() {
    std::vector<std::string> names;
    for (const BuiltinFile& file : builtin_files()) {
        if (file.path.starts_with("rules/") && file.path != "rules/spot-us.toml") {
            names.emplace_back(file.path.substr(6));
        }
    }
    return names;
}
INSTANTIATE_TEST_SUITE_P(All, RuleFile, ::testing::ValuesIn(rule_files()), [](const auto& tested) {
    std::string name = tested.param;
    std::ranges::replace_if(
        name, [](char c) { return !(c >= 'a' && c <= 'z') && !(c >= '0' && c <= '9'); }, '_');
    return name;
});

}  // namespace
}  // namespace margincall
