// Policies as data: what a file may say, how values are scaled, what a policy changes.
#include "scenario/policies.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>

#include "scenario/compile.hpp"
#include "support/source_file.hpp"

namespace margincall {
namespace {

const Error& only_error(const std::expected<std::vector<Policy>, Errors>& read) {
    EXPECT_FALSE(read);
    EXPECT_EQ(read.error().size(), 1U);
    return read.error().front();
}

TEST(Policies, AreReadWithEverythingTheySay) {
    const auto read = read_policies_text(R"(
[policies.two]
label = "Both"
group = "fund"
about = "why"
set = { "venues.*.insurance_fund" = "x2", "venues.A.leverage_max" = 20 }
)",
                                         "mine.toml");
    ASSERT_TRUE(read) << read.error().front().message;
    ASSERT_EQ(read->size(), 1U);
    const Policy& policy = read->front();
    EXPECT_EQ(policy.name, "two");
    EXPECT_EQ(policy.label, "Both");
    EXPECT_EQ(policy.about, "why");
    EXPECT_EQ(policy.set[0].second, "x2");
    EXPECT_EQ(policy.set[1].second, "20");
}

TEST(Policies, NewsStatesAndBehaviourAreNoRules) {
    for (const char* const key : {"events.0.scale",
                                  "mechanisms.stops",
                                  "assets.BTC.open_interest",
                                  "agents.market_maker.firms",
                                  "venues.A.share",
                                  "population.leverage_median"}) {
        const std::string text = std::string{"[policies.p]\nset = { \""} + key + "\" = 1 }\n";
        const Error error = only_error(read_policies_text(text, "mine.toml"));
        EXPECT_EQ(error.code, "E741") << key;
        EXPECT_EQ(error.line, 2) << key;
        const std::string said = "[policies.p]\nassumes = \"people leave\"\nset = { \"" +
                                 std::string{key} + "\" = 1 }\n";
        const auto read = read_policies_text(said, "mine.toml");
        ASSERT_TRUE(read) << key;
        EXPECT_EQ(read->front().assumes, "people leave");
    }
}

TEST(Policies, AreRefusedWithTheirPlace) {
    EXPECT_EQ(only_error(read_policies_text("x = 1\n", "mine.toml")).code, "E741");
    const Error unknown = only_error(read_policies_text(
        "[policies.p]\nset = { \"venues.A.leverage_max\" = 5 }\nlable = \"a\"\n", "mine.toml"));
    EXPECT_EQ(unknown.line, 3);
    EXPECT_EQ(only_error(read_policies_text("[policies.p]\nabout = \"a\"\n", "mine.toml")).code,
              "E741")
        << "a policy that sets nothing";
    EXPECT_EQ(only_error(read_policies("builtin/nobody.toml")).code, "E102");
}

constexpr std::string_view resolved = R"(
[venues.A]
insurance_fund = "1,230,000,000 USD"
tier_caps = 1
[venues.B]
insurance_fund = { value = "400 m USD", source = "reported: x" }
[defi.lending]
oracle_deviation = "0.5 %"
)";

TEST(Policies, AFactorIsWrittenOutWhereverItStands) {
    Policy policy;
    policy.set = {{"venues.*.insurance_fund", "x2"},
                  {"defi.lending.oracle_deviation", "x4"},
                  {"venues.A.tier_caps", "x0.5"},
                  {"venues.*.leverage_max", "20"}};
    const auto overrides = overrides_of(policy, resolved);
    ASSERT_TRUE(overrides) << overrides.error().message;
    EXPECT_EQ(*overrides,
              (Overrides{"venues.A.insurance_fund=2460000000 USD",
                         "venues.B.insurance_fund=800 m USD",
                         "defi.lending.oracle_deviation=2 %",
                         "venues.A.tier_caps=0.5",
                         "venues.*.leverage_max=20"}));
    policy.set = {{"venues.*.nothing", "x2"}};
    EXPECT_EQ(overrides_of(policy, resolved).error().code, "E742");
}

TEST(Policies, WhatChangesIsListedByKey) {
    const std::string after =
        "[venues.A]\ninsurance_fund = \"2 USD\"\ntier_caps = 1\n[[events]]\nat = 1\n";
    const std::string before = "[venues.A]\ninsurance_fund = \"1 USD\"\ntier_caps = 1\nold = 3\n";
    EXPECT_EQ(changed_keys(before, after),
              (std::vector<std::string>{"events.0.at: none -> 1",
                                        "venues.A.insurance_fund: \"1 USD\" -> \"2 USD\"",
                                        "venues.A.old: 3 -> none"}));
}

constexpr std::string_view knob_text = R"([knobs.fund]
label = "Funds x {}"
group = "fund"
set = { "venues.*.insurance_fund" = "x{}" }
today = 1
most = 16
[search]
pairs = ["fund+adl", "fund+leverage"]
)";

std::string with_line(std::string_view from, std::string_view to) {
    std::string text{knob_text};
    text.replace(text.find(from), from.size(), to);
    return text;
}

TEST(Knobs, HaveAScaleInEqualStepsOfItsLogarithm) {
    const auto read = read_knobs_text(knob_text, "mine.toml");
    ASSERT_TRUE(read) << read.error().front().message;
    ASSERT_EQ(read->knobs.size(), 1U);
    const Knob& knob = read->knobs.front();
    EXPECT_DOUBLE_EQ(knob_value(knob, 2), 2.0);
    EXPECT_DOUBLE_EQ(knob_value(knob, knob_steps), 16.0);
    const Policy policy = policy_at(knob, 3);
    EXPECT_EQ(policy.name, "fund=2.828");
    EXPECT_EQ(policy.label, "Funds x 2.828");
    EXPECT_EQ(policy.set.front().second, "x2.828");
    ASSERT_EQ(read->pairs.size(), 2U);
    EXPECT_EQ(read->pairs[1], (std::pair<std::string, std::string>{"fund", "leverage"}));
}

TEST(Knobs, OfWholeNumbersAreRounded) {
    const auto read =
        read_knobs_text(with_line("most = 16", "most = 16\nwhole = true"), "mine.toml");
    ASSERT_TRUE(read) << read.error().front().message;
    EXPECT_EQ(knob_value(read->knobs.front(), 1), 1.0);  // 1.41
    EXPECT_EQ(knob_value(read->knobs.front(), 3), 3.0);  // 2.83
    EXPECT_FALSE(read_knobs_text(with_line("most = 16", "most = 16\nwhole = 1"), "mine.toml"));
}

TEST(Knobs, AreRefusedWithTheirPlace) {
    const auto refused = [](const std::string& text) {
        const auto read = read_knobs_text(text, "mine.toml");
        EXPECT_FALSE(read);
        EXPECT_EQ(read.error().front().code, "E741");
        return read ? Error{} : read.error().front();
    };
    EXPECT_EQ(refused(with_line("today = 1", "today = 0")).line, 5);
    EXPECT_EQ(refused(with_line("today = 1\n", "")).line, 1);
    EXPECT_NE(refused(with_line("most = 16", "most = 1")).message.find("equal"), std::string::npos);
    EXPECT_NE(refused(with_line("\"x{}\"", "\"x2\"")).message.find("no value of set"),
              std::string::npos);
    EXPECT_NE(refused(with_line("venues.*.insurance_fund", "agents.market_maker.firms"))
                  .message.find("is no rule"),
              std::string::npos);
    EXPECT_EQ(refused(with_line("\"fund+adl\"", "\"fund\"")).line, 8);
    EXPECT_EQ(refused("x = 1\n").code, "E741");
}

TEST(Knobs, TheShippedOnesAreFourDoublingsLong) {
    const auto knobs = read_knobs(shipped_knobs);
    ASSERT_TRUE(knobs) << knobs.error().front().message;
    EXPECT_GE(knobs->knobs.size(), 4U);
    for (const Knob& knob : knobs->knobs) {
        EXPECT_DOUBLE_EQ(std::abs(std::log2(knob.most / knob.today)), 4.0) << knob.policy.name;
    }
    // A group of a pair that no shipped lever has would never be tried.
    const auto policies = read_policies(shipped_policies);
    ASSERT_TRUE(policies);
    for (const auto& [first, second] : knobs->pairs) {
        for (const std::string& group : {first, second}) {
            EXPECT_TRUE(
                std::ranges::any_of(knobs->knobs,
                                    [&](const Knob& one) { return one.policy.group == group; }) ||
                std::ranges::any_of(*policies,
                                    [&](const Policy& one) { return one.group == group; }))
                << group;
        }
    }
}

// Every shipped policy fits every shipped day, and what it changes are rules.
TEST(Policies, TheShippedOnesChangeRulesOnly) {
    const auto policies = read_policies("builtin/policies/levers.toml");
    ASSERT_TRUE(policies) << policies.error().front().message;
    EXPECT_GE(policies->size(), 15U);
    for (const char* const day : {"2025-10-10", "quiet-2025-11"}) {
        const std::string file = source_file(std::string{"scenarios/"} + day + ".toml");
        const auto today = compile_scenario(file, {"world.size=reduced"});
        ASSERT_TRUE(today);
        for (const Policy& policy : *policies) {
            EXPECT_FALSE(policy.about.empty()) << policy.name;
            auto overrides = overrides_of(policy, today->resolved);
            ASSERT_TRUE(overrides) << policy.name << ": " << overrides.error().message;
            const auto with = compile_text(today->resolved, file, ".", *overrides);
            ASSERT_TRUE(with) << day << " " << policy.name << ": " << with.error().front().message;
            for (const std::string& line : changed_keys(today->resolved, with->resolved)) {
                const bool rule = line.starts_with("venues.") || line.starts_with("defi.");
                EXPECT_TRUE(rule || !policy.assumes.empty()) << policy.name << ": " << line;
            }
        }
    }
}

}  // namespace
}  // namespace margincall
