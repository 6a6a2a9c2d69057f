// amplify, perturb, critical-shock and detect from outside, on a few minutes of a small market: what they print and
// keep, that they go on, and what they refuse.
#include "cli/cause_commands.hpp"

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>

#include "base/json_text.hpp"
#include "cli/moment_option.hpp"
#include "cli/program.hpp"
#include "lab/amplification.hpp"
#include "lab/detection.hpp"
#include "temporary_folder.hpp"

namespace margincall {
namespace {

namespace fs = std::filesystem;
using OrderedJson = nlohmann::ordered_json;
using testing::margincall_says;
using testing::read;
using testing::Said;

class CauseCommand : public ::testing::Test {
  protected:
    [[nodiscard]] std::vector<std::string> tiny(const std::string& command,
                                                const std::vector<std::string>& more) const {
        std::vector<std::string> arguments = {command,
                                              "builtin/blank.toml",
                                              "--preview",
                                              "--set",
                                              "assets.T.copies=2",
                                              "--set",
                                              "clock.length=4 min",
                                              "--set",
                                              "clock.day_to=4 min",
                                              "--workers",
                                              "1",
                                              "--progress",
                                              "none",
                                              "--out",
                                              (temporary_.path() / command).string()};
        arguments.insert(arguments.end(), more.begin(), more.end());
        return arguments;
    }
    [[nodiscard]] std::string text(const std::string& file) const {
        return read(temporary_.path() / file);
    }
    testing::TemporaryFolder temporary_;
};

TEST_F(CauseCommand, AmplifyKeepsItsWorldsAndSumsUpPairs) {
    const auto arguments = tiny("amplify", {"--paths", "2", "--json"});
    const Said said = margincall_says(arguments);
    ASSERT_EQ(said.code, 0) << said.err;
    const OrderedJson kept = OrderedJson::parse(text("amplify/amplification.json"));
    ASSERT_EQ(kept["rows"].size(), amplification_levels.size() * fall_words.size());
    EXPECT_EQ(kept["off"].size(), amplification_levels.size());
    EXPECT_EQ(kept["rows"][0]["figure"], "A");
    EXPECT_EQ(kept["rows"][0]["pairs"].size(), 2U);
    EXPECT_EQ(kept["rows"][0]["difference"]["n"], 2);
    const std::string first = said.out.substr(0, said.out.find('\n'));
    EXPECT_EQ(OrderedJson::parse(first), kept["rows"][0]);
    EXPECT_NE(said.err.find("mechanisms.forced_orders=false"), std::string::npos) << said.err;
    // Prices of runs whose gates are not met are no finding, and the table says so.
    EXPECT_EQ(said.err.find("not a finding") != std::string::npos,
              kept["price_gates"]["reason"] != "");

    EXPECT_EQ(margincall_says(arguments).code, 4) << "it is there already";
    auto again = arguments;
    again.emplace_back("--resume");
    const Said resumed = margincall_says(again);
    ASSERT_EQ(resumed.code, 0) << resumed.err;
    EXPECT_EQ(resumed.out, said.out);
}

TEST_F(CauseCommand, DetectCountsWhatItsTestsFindAndGoesOn) {
    const std::string scenario = (temporary_.path() / "informed.toml").string();
    std::ofstream(scenario) << R"(
extends = "builtin/blank.toml"
[[events]]
name = "News"
at = 2025-11-03T00:03:00Z
until = 2025-11-03T00:04:00Z
type = "factor"
cause = "macro"
change = { equities = "-1 %" }
[[events]]
at = 2025-11-03T00:00:10Z
until = 2025-11-03T00:03:00Z
type = "information"
cause = "informed"
about = "News"
sell = { BTC = "100 m USD" }
participation = "100 %"
)";
    auto arguments = tiny("detect", {"--paths", "2", "--json"});
    arguments[1] = scenario;
    const Said said = margincall_says(arguments);
    ASSERT_EQ(said.code, 0) << said.err;
    const OrderedJson kept = OrderedJson::parse(text("detect/detection.json"));
    ASSERT_EQ(kept["detectors"].size(), detectors.size());
    EXPECT_EQ(kept["seeds"], 2);
    EXPECT_EQ(kept["event_at"], "2025-11-03 00:03 UTC");
    EXPECT_EQ(kept["detectors"][0]["power"]["worlds"], 2);
    EXPECT_EQ(OrderedJson::parse(said.out.substr(0, said.out.find('\n'))), kept["detectors"][0]);
    arguments.emplace_back("--resume");
    EXPECT_EQ(margincall_says(arguments).out, said.out);

    const Said nobody = margincall_says(tiny("detect", {"--paths", "2"}));
    EXPECT_EQ(nobody.code, 2);
    EXPECT_NE(nobody.err.find("no informed traders"), std::string::npos) << nobody.err;
}

TEST_F(CauseCommand, AmplifyFromAMomentMeasuresFromThere) {
    const Said said = margincall_says(tiny("amplify", {"--paths", "1", "--from", "2 min"}));
    ASSERT_EQ(said.code, 0) << said.err;
    const OrderedJson plan = OrderedJson::parse(text("amplify/plan.json"));
    EXPECT_NE(json_text(plan["set"]).find("mechanisms.off_after=120 s"), std::string::npos);
    EXPECT_NE(json_text(plan["set"]).find("clock.day_from=120 s"), std::string::npos);
    const Said late = margincall_says(tiny("amplify", {"--from", "3 h"}));
    EXPECT_EQ(late.code, 2);
    EXPECT_NE(late.err.find("lies outside the scenario"), std::string::npos) << late.err;
}

TEST_F(CauseCommand, PerturbAnswersEachMomentAndGoesOn) {
    const auto arguments =
        tiny("perturb",
             {"--paths", "2", "--at", "1 min", "--at", "2 min", "--sell", "50 m USD", "--json"});
    const Said said = margincall_says(arguments);
    ASSERT_EQ(said.code, 0) << said.err;
    const OrderedJson kept = OrderedJson::parse(text("perturb/perturbation.json"));
    EXPECT_EQ(kept["seeds"], 2);
    ASSERT_EQ(kept["moments"].size(), 2U);
    EXPECT_EQ(kept["moments"][0]["windows"].size(), 2U);
    EXPECT_EQ(kept["moments"][0]["windows"][0]["xi"]["n"], 2);
    const std::string parts = text("perturb/parts/answers-1.jsonl");
    EXPECT_EQ(std::count(parts.begin(), parts.end(), '\n'), 2);

    EXPECT_EQ(margincall_says(arguments).code, 4);
    auto again = arguments;
    again.emplace_back("--resume");
    EXPECT_EQ(margincall_says(again).out, said.out);
    EXPECT_EQ(text("perturb/parts/answers-1.jsonl"), parts) << "nothing was run again";
}

TEST_F(CauseCommand, CriticalShockSaysWhatIsNotReached) {
    const Said said = margincall_says(tiny("critical-shock",
                                           {"--paths",
                                            "1",
                                            "--at",
                                            "1 min",
                                            "--least",
                                            "1 m USD",
                                            "--most",
                                            "1 m USD",
                                            "--within",
                                            "1 min"}));
    ASSERT_EQ(said.code, 0) << said.err;
    EXPECT_NE(said.out.find("a fund is empty"), std::string::npos) << said.out;
    EXPECT_NE(said.out.find("not reached within 1 m USD"), std::string::npos) << said.out;
    const OrderedJson kept = OrderedJson::parse(text("critical-shock/critical-shock.json"));
    ASSERT_EQ(kept["rows"].size(), 3U);
    EXPECT_EQ(kept["rows"][1]["not_reached"], 1);
    EXPECT_EQ(kept["rows"][1]["usd_p50"], nullptr);
}

TEST_F(CauseCommand, WhatCannotBeMeantIsRefusedWithWhatCan) {
    const auto refused = [&](const std::string& command, const std::vector<std::string>& more) {
        const Said said = margincall_says(tiny(command, more));
        EXPECT_EQ(said.code, 2) << said.err;
        EXPECT_NE(said.err.find("help: "), std::string::npos) << said.err;
        return said.err;
    };
    EXPECT_NE(refused("perturb", {}).find("no moment is given"), std::string::npos);
    EXPECT_NE(refused("perturb", {"--at", "soon"}).find("\"soon\""), std::string::npos);
    EXPECT_NE(refused("perturb", {"--at", "1 min", "--sell", "12 BTC"}).find("--sell"),
              std::string::npos);
    EXPECT_NE(refused("perturb", {"--at", "1 min", "--coin", "DOGE"}).find("of: BTC"),
              std::string::npos);
    EXPECT_NE(
        refused("critical-shock", {"--at", "1 min", "--least", "2 bn USD", "--most", "1 bn USD"})
            .find("--least is more than --most"),
        std::string::npos);
    EXPECT_NE(refused("critical-shock", {"--at", "1 min", "--over", "0 s"}).find("--over"),
              std::string::npos);
    EXPECT_EQ(margincall_says({"amplify"}).code, 2);
}

TEST(MomentOption, IsADateOrATimeSinceTheStart) {
    Plan plan;
    plan.start_unix_s = 1'760'054'400;  // 2025-10-10 00:00 UTC
    plan.length = hours(24);
    EXPECT_EQ(parse_moment("2025-10-10T20:50:00Z", plan).value(),
              SimTime{} + seconds(20 * 3600 + 50 * 60));
    EXPECT_EQ(parse_moment("45 min", plan).value(), SimTime{} + minutes(45));
    EXPECT_EQ(parse_moment("0 s", plan).value(), SimTime{});
    for (const char* const wrong : {"2025-10-11T00:00:00Z",
                                    "2025-10-09T23:59:59Z",
                                    "24 h",
                                    "2025-13-10T00:00:00Z",
                                    "2025-10-10T24:00:00Z",
                                    "2025-10-10T20:50:00Zx",
                                    "200 m USD",
                                    ""}) {
        EXPECT_FALSE(parse_moment(wrong, plan)) << wrong;
    }
    EXPECT_EQ(parse_length("30 min").value(), minutes(30));
    EXPECT_FALSE(parse_length("400 d"));
    EXPECT_EQ(parse_dollars("200 m USD").value(), 200e6);
    EXPECT_FALSE(parse_dollars("5"));
}

}  // namespace
}  // namespace margincall
