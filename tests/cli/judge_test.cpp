// Where `judge` has what it judges by from: folders of worlds, a file that it kept, and what the program carries.
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <map>
#include <nlohmann/json.hpp>
#include <sstream>

#include "cli/program.hpp"
#include "lab/verdict_evidence.hpp"
#include "temporary_folder.hpp"

namespace margincall {
namespace {

namespace fs = std::filesystem;
using Json = nlohmann::json;
using testing::margincall_says;
using testing::read;
using testing::Said;

std::map<std::string, Json> by_id(const std::string& lines) {
    std::map<std::string, Json> out;
    std::istringstream in(lines);
    for (std::string line; std::getline(in, line);) {
        const Json one = Json::parse(line);
        out[one.at("id").get<std::string>()] = one;
    }
    return out;
}

class JudgeCommand : public ::testing::Test {
  protected:
    void SetUp() override {
        std::string text = read(MC_SOURCE_DIR "/tests/data/planted-sale.toml");
        const std::string extends = "../../scenarios/";
        text.replace(text.find(extends), extends.size(), MC_SOURCE_DIR "/scenarios/");
        std::ofstream(scenario()) << text;
    }
    [[nodiscard]] std::string path(const std::string& name) const {
        return (temporary_.path() / name).string();
    }
    [[nodiscard]] std::string scenario() const { return path("sale.toml"); }
    void worlds(std::vector<std::string> arguments, const std::string& folder) const {
        arguments.insert(arguments.begin() + 1, scenario());
        arguments.insert(arguments.end(),
                         {"--set",
                          "world.size=preview",
                          "--paths",
                          "2",
                          "--workers",
                          "1",
                          "--progress",
                          "none",
                          "-o",
                          path(folder)});
        const Said said = margincall_says(arguments);
        ASSERT_EQ(said.code, 0) << said.err;
    }
    [[nodiscard]] Said judged(std::vector<std::string> more) const {
        more.insert(more.begin(), {"judge", scenario(), "--json"});
        return margincall_says(more);
    }
    testing::TemporaryFolder temporary_;
};

TEST_F(JudgeCommand, WhatItKeepsIsJudgedAlikeAndNotOfAnotherScenario) {
    worlds({"attribute", "--players", "leverage,makers"}, "causes");
    worlds({"policies", "--only", "cap_20,fund_x2"}, "table");
    std::string day;
    for (const auto& entry : fs::directory_iterator(path("table"))) {
        day = entry.is_directory() ? entry.path().string() : day;
    }
    const Said first =
        judged({"--worlds", path("causes"), "--policies", day, "--keep", path("kept.jsonl")});
    ASSERT_EQ(first.code, 0) << first.err;
    EXPECT_NE(first.err.find("--set world.size=preview"), std::string::npos)
        << "whatever else was set is said: " << first.err;
    const auto folders = by_id(first.out);
    EXPECT_EQ(folders.size(), 14U);
    EXPECT_EQ(folders.at("S2").at("worlds"), 2);
    EXPECT_EQ(folders.at("S12").at("worlds"), 2);
    EXPECT_EQ(folders.at("S14").at("worlds"), 2);
    EXPECT_TRUE(folders.at("S2").at("made").is_null()) << "a folder does not say when";

    const Said again = judged({"--worlds", path("kept.jsonl")});
    ASSERT_EQ(again.code, 0) << again.err;
    EXPECT_NE(again.err.find("run by the core of this program, kept on 20"), std::string::npos)
        << again.err;
    for (auto [id, verdict] : by_id(again.out)) {
        const bool of_worlds = id == "S2" || id == "S12" || id == "S14";
        EXPECT_TRUE(!of_worlds || verdict.at("made").is_string()) << id;
        verdict["made"] = nullptr;
        EXPECT_EQ(verdict, folders.at(id)) << id;
    }

    // Of another core: their shares are void, until a world of them is run again and comes out the same.
    const std::string kept = read(path("kept.jsonl"));
    const auto change_all =
        [&](std::string text, const std::string& what, const std::string& in_its_place) {
            for (std::size_t at = text.find(what); at != std::string::npos;
                 at = text.find(what, at + in_its_place.size())) {
                text.replace(at, what.size(), in_its_place);
            }
            return text;
        };
    const std::string core = Json::parse(kept.substr(0, kept.find('\n')))["day"]["sources"];
    const std::string aged = change_all(kept, core, "an older one");
    std::ofstream(path("other.jsonl")) << aged;
    const Said older = judged({"--worlds", path("other.jsonl")});
    EXPECT_NE(older.err.find("run by another core than this program's, kept"), std::string::npos)
        << older.err;
    // What comes first is judged by.
    ASSERT_EQ(judged({"--worlds",
                      path("other.jsonl"),
                      "--worlds",
                      path("kept.jsonl"),
                      "--keep",
                      path("first.jsonl")})
                  .code,
              0);
    EXPECT_EQ(read(path("first.jsonl")), aged);
    const Said same = judged(
        {"--worlds", path("other.jsonl"), "--confirm", "1", "--keep", path("confirmed.jsonl")});
    EXPECT_EQ(same.err.find("not the same"), std::string::npos) << same.err;
    EXPECT_EQ(read(path("confirmed.jsonl")), kept) << "they are this core's again";
    std::string other_digest = Json::parse(kept.substr(0, kept.find('\n')))["day"]["digests"][0];
    const std::string digest = other_digest;
    other_digest[3] = other_digest[3] == '0' ? '1' : '0';
    std::ofstream(path("other.jsonl")) << change_all(aged, digest, other_digest);
    const Said unlike = judged({"--worlds", path("other.jsonl"), "--confirm", "1"});
    EXPECT_NE(unlike.err.find("not the same"), std::string::npos) << unlike.err;

    // The scenario is another one when a size in it is: its worlds are not judged by for it.
    std::string text = read(scenario());
    text.replace(text.find("4 bn"), 4, "5 bn");
    std::ofstream(scenario()) << text;
    const Said other = judged({"--worlds", path("kept.jsonl")});
    ASSERT_EQ(other.code, 0) << other.err;
    EXPECT_NE(other.err.find("left out, of another version of the scenario"), std::string::npos);
    EXPECT_EQ(by_id(other.out).at("S2").at("worlds"), 0);
    const Said stranger =
        margincall_says({"judge", "builtin/blank.toml", "--json", "--worlds", path("kept.jsonl")});
    EXPECT_EQ(stranger.code, 4);
    EXPECT_NE(stranger.err.find("E715"), std::string::npos) << stranger.err;
}

TEST_F(JudgeCommand, WorldsOfAnotherWindowOrOfAGridAreNotTheDays) {
    worlds({"attribute", "--players", "leverage,makers", "--from", "1 min", "--until", "150 s"},
           "causes");
    worlds({"sweep", "--vary", "venues.A.insurance_fund=1 m USD,2 m USD"}, "grid");
    const Said said = judged({"--worlds", path("causes"), "--worlds", path("grid")});
    ASSERT_EQ(said.code, 0) << said.err;
    EXPECT_NE(said.err.find("another window"), std::string::npos) << said.err;
    EXPECT_NE(said.err.find("not the scenario's own (--vary"), std::string::npos) << said.err;
    const auto verdicts = by_id(said.out);
    EXPECT_EQ(verdicts.at("S2").at("worlds"), 2);
    EXPECT_NE(verdicts.at("S2").at("figure").get<std::string>().find("00:01:00"),
              std::string::npos);
    EXPECT_EQ(verdicts.at("S5").at("worlds"), 0);
}

// Statements have their figures without a run, by what the program carries, with its day.
TEST(ShippedEvidence, JudgesTheFourthOfNovemberWithoutARun) {
    const auto kept = parse_evidence(shipped_evidence("2025-11-04"), "shipped");
    ASSERT_TRUE(kept) << kept.error().message;
    ASSERT_TRUE(kept->day && kept->causes && kept->cap);
    EXPECT_EQ(kept->causes->source.paths, 20);
    EXPECT_GE(kept->day->rows.size(), 20U);
    for (std::size_t k = 0; k < kept->day->rows.size(); ++k) {
        const PathRow& row = kept->day->rows[k];
        EXPECT_EQ(row.key.size(), 16U);
        EXPECT_EQ(row.seed, kept->day->source.seed_from + k);
        EXPECT_EQ(row.summary.digest, kept->day->source.digests[k]);
    }

    const Said said =
        margincall_says({"judge", MC_SOURCE_DIR "/scenarios/2025-11-04.toml", "--json"});
    ASSERT_EQ(said.code, 0) << said.err;
    EXPECT_EQ(said.err.find("left out"), std::string::npos)
        << "the shipped worlds are of the shipped scenario: " << said.err;
    EXPECT_NE(said.err.find("kept on 20"), std::string::npos) << said.err;
    const auto verdicts = by_id(said.out);
    ASSERT_EQ(verdicts.size(), 14U);
    for (const char* const id : {"S5", "S12", "S13", "S14"}) {
        EXPECT_GE(verdicts.at(id).at("worlds").get<int>(), 20) << id;
        EXPECT_TRUE(verdicts.at(id).at("made").is_string()) << id;
    }
    EXPECT_EQ(verdicts.at("S5").at("verdict"), "contradicted");
    // A seed in which all causes together do nothing has no shares.
    for (const char* const id : {"S1", "S2", "S6", "S7", "S8", "S9"}) {
        EXPECT_GE(verdicts.at(id).at("worlds").get<int>(), 8) << id;
        EXPECT_TRUE(verdicts.at(id).at("made").is_string()) << id;
    }
    const Said other = margincall_says({"judge", "builtin/2025-10-10.toml", "--json"});
    EXPECT_NE(other.err.find("none are shipped for it"), std::string::npos) << other.err;
}

}  // namespace
}  // namespace margincall
