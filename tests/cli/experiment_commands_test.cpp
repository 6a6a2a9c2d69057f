// externality and cross from outside, on a few minutes of small markets: what they print and keep, that they go on, and what
// they refuse.
#include "cli/experiment_commands.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>

#include "cli/program.hpp"
#include "temporary_folder.hpp"

namespace margincall {
namespace {

namespace fs = std::filesystem;
using OrderedJson = nlohmann::ordered_json;
using testing::margincall_says;
using testing::read;
using testing::Said;

class ExperimentCommand : public ::testing::Test {
  protected:
    [[nodiscard]] std::vector<std::string> tiny(std::vector<std::string> first,
                                                const std::vector<std::string>& more) const {
        const std::string folder = (temporary_.path() / first.front()).string();
        for (const char* const word : {"--preview",
                                       "--set",
                                       "assets.T.copies=2",
                                       "--set",
                                       "population.accounts=2000",
                                       "--set",
                                       "clock.length=4 min",
                                       "--set",
                                       "clock.day_from=0 s",
                                       "--set",
                                       "clock.day_to=4 min",
                                       "--workers",
                                       "1",
                                       "--progress",
                                       "none",
                                       "--out"}) {
            first.emplace_back(word);
        }
        first.push_back(folder);
        first.insert(first.end(), more.begin(), more.end());
        return first;
    }
    // The page of that command is written and has its kind.
    void has_page(const std::string& command) const {
        const std::string page = read(temporary_.path() / command / "report.html");
        EXPECT_NE(page.find("\"kind\":\"" + command + "\""), std::string::npos) << command;
        EXPECT_NE(page.find("\"command\":\"margincall " + command), std::string::npos)
            << "the line to repeat it";
    }
    testing::TemporaryFolder temporary_;
};

TEST_F(ExperimentCommand, ExternalityKeepsItsWorldsAndGoesOn) {
    const auto arguments = tiny({"externality", "builtin/quiet-2025-11.toml"},
                                {"--paths", "2", "--by", "side", "--json"});
    const Said said = margincall_says(arguments);
    ASSERT_EQ(said.code, 0) << said.err;
    const std::string kept = read(temporary_.path() / "externality" / "externality.json");
    EXPECT_EQ(said.out, kept);
    has_page("externality");
    const OrderedJson json = OrderedJson::parse(kept);
    ASSERT_EQ(json["groups"].size(), 2U);
    EXPECT_EQ(json["seeds"], 2);
    EXPECT_EQ(json["step"], 0.1);
    EXPECT_GT(json["groups"][0]["open_interest_usd"]["mean"], 1e9);
    // Nobody is auto-deleveraged in four quiet minutes, with or without the group.
    EXPECT_EQ(json["groups"][0]["effects"][3]["per_dollar"]["state"], "none");
    EXPECT_NE(said.err.find("side: longs"), std::string::npos) << said.err;
    const std::string csv = read(temporary_.path() / "externality" / "externality.csv");
    EXPECT_EQ(std::count(csv.begin(), csv.end(), '\n'), 1 + 2 * 4);
    EXPECT_EQ(margincall_says(arguments).code, 4) << "it is there already";
    auto again = arguments;
    again.emplace_back("--resume");
    EXPECT_EQ(margincall_says(again).out, kept);
}

TEST_F(ExperimentCommand, WarnScoresItsRuns) {
    const auto arguments = tiny({"warn", "builtin/quiet-2025-11.toml"}, {"--paths", "2", "--json"});
    const Said said = margincall_says(arguments);
    ASSERT_EQ(said.code, 0) << said.err;
    const OrderedJson json = OrderedJson::parse(read(temporary_.path() / "warn" / "warning.json"));
    EXPECT_EQ(json["runs"], 2);
    EXPECT_EQ(json["crashes"], 0) << "four quiet minutes";
    EXPECT_TRUE(json["indicators"][0]["auc"].is_null());
    EXPECT_EQ(json["title"], "A quiet day in early November 2025");
    EXPECT_EQ(json["core"].get<std::string>().size(), 16U);
    has_page("warn");
}

TEST_F(ExperimentCommand, CrossRunsFourCells) {
    const fs::path sale = temporary_.path() / "sale.toml";
    std::ofstream(sale)
        << "schema = 1\nextends = \"builtin/quiet-2025-11.toml\"\n[meta]\nname = \"sale\"\n"
           "[[events]]\nname = \"Seller\"\nat = 2025-11-03T00:01:00Z\n"
           "until = 2025-11-03T00:03:00Z\ntype = \"flow\"\ncause = \"news\"\n"
           "sell = { BTC = \"2 bn USD\" }\nforced = true\nperps = true\n"
           "source = \"assumed: a test\"\n";
    const auto plain = tiny({"cross", sale.string(), "builtin/quiet-2025-11.toml"},
                            {"--paths", "2", "--json", "--no-draw"});
    const Said said = margincall_says(plain);
    ASSERT_EQ(said.code, 0) << said.err;
    const OrderedJson json = OrderedJson::parse(read(temporary_.path() / "cross" / "cross.json"));
    ASSERT_EQ(json["cells"].size(), 4U);
    has_page("cross");
    EXPECT_EQ(json["figures"][2]["name"], "liquidated");
    EXPECT_EQ(json["figures"][2]["events"]["n"], 2);
    EXPECT_EQ(json["figures"][0]["cells"][3]["n"], 2);
    // Two states that are one, and a sale in both: the events are the sale, the state is nothing.
    EXPECT_EQ(json["figures"][0]["name"], "btc_fall");
    EXPECT_GT(json["figures"][0]["events"]["mean"], 0.0) << "without the sale it falls less";
    EXPECT_EQ(json["figures"][0]["state"]["state"], "none");
    EXPECT_EQ(json["figures"][0]["interaction"]["state"], "none");
    for (const char* const cell : {"sale_with_sale",
                                   "sale_with_quiet-2025-11",
                                   "quiet-2025-11_with_sale",
                                   "quiet-2025-11_with_quiet-2025-11"}) {
        EXPECT_TRUE(fs::exists(temporary_.path() / "cross" / cell / "plan.json")) << cell;
    }
    EXPECT_NE(said.err.find("interaction"), std::string::npos) << said.err;
    EXPECT_EQ(margincall_says(plain).code, 4);
    auto again = plain;
    again.emplace_back("--resume");
    EXPECT_EQ(margincall_says(again).out, said.out);
}

TEST_F(ExperimentCommand, WhatCannotBeMeantIsRefusedWithWhatCan) {
    for (const std::vector<std::string>& line :
         {std::vector<std::string>{"externality"},
          {"externality", "a.toml", "b.toml"},
          {"cross", "a.toml"},
          {"externality", "builtin/flash.toml", "--step", "0"}}) {
        const Said said = margincall_says(line);
        EXPECT_EQ(said.code, 2) << line.front();
        EXPECT_NE(said.err.find("help: "), std::string::npos) << said.err;
    }
    const Said way = margincall_says({"externality", "builtin/flash.toml", "--by", "age"});
    EXPECT_EQ(way.code, 3) << way.err;
    EXPECT_NE(way.err.find("E751"), std::string::npos) << way.err;
    const Said once = margincall_says({"cross", "builtin/flash.toml", "builtin/flash.toml"});
    EXPECT_EQ(once.code, 3);
    EXPECT_NE(once.err.find("E753"), std::string::npos) << once.err;
}

}  // namespace
}  // namespace margincall
