// `validate-model --gates` from outside: what it refuses, and a tiny world to its files.
#include <fmt/format.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>

#include "cli/program.hpp"
#include "cli/run_folder.hpp"
#include "lab/gates_file.hpp"
#include "temporary_folder.hpp"

namespace margincall {
namespace {

namespace fs = std::filesystem;
using Json = nlohmann::json;
using testing::margincall_says;
using testing::read;
using testing::Said;

class ValidateModel : public ::testing::Test {
  protected:
    [[nodiscard]] std::string path(const std::string& name) const {
        return (folder_.path() / name).string();
    }
    // Three quiet minutes with few accounts, two seeds.
    [[nodiscard]] std::vector<std::string> tiny(std::vector<std::string> more) const {
        std::vector<std::string> out = {"validate-model", "--gates", "--only", "calm"};
        for (const char* const pair : {"population.accounts=2000",
                                       "assets.T.copies=2",
                                       "clock.length=3 min",
                                       "clock.day_from=0 s",
                                       "clock.day_to=3 min"}) {
            out.insert(out.end(), {"--set", pair});
        }
        out.insert(out.end(), {"--seeds", "4-5", "--progress", "none"});
        out.insert(out.end(), more.begin(), more.end());
        return out;
    }
    testing::TemporaryFolder folder_;
};

TEST_F(ValidateModel, AnUnknownGateIsRefusedWithTheList) {
    const Said outcome =
        margincall_says({"validate-model", "--gates", "--only", "calm,lop", "-o", path("g.json")});
    EXPECT_EQ(outcome.code, 2);
    EXPECT_NE(outcome.err.find("there is no gate \"lop\""), std::string::npos) << outcome.err;
    EXPECT_NE(outcome.err.find("state, impact, flow, loop, push, pace, edge, calm, 4-november, "
                               "22-september, half-step, families"),
              std::string::npos)
        << outcome.err;
    EXPECT_FALSE(fs::exists(path("g.json")));
}

TEST_F(ValidateModel, SeedsThatAreNoneAreRefused) {
    for (const char* const seeds : {"8-1", "one", "1-"}) {
        const Said outcome =
            margincall_says({"validate-model", "--gates", "--seeds", seeds, "-o", path("g.json")});
        EXPECT_EQ(outcome.code, 2) << seeds;
        EXPECT_NE(outcome.err.find("no list of seeds"), std::string::npos) << outcome.err;
    }
}

TEST_F(ValidateModel, PlacesThatCannotTakeTheAnswerAreRefusedBeforeAnythingRuns) {
    const Said folder = margincall_says(tiny({"-o", path("nowhere/g.json")}));
    EXPECT_EQ(folder.code, 10);
    EXPECT_NE(folder.err.find("error[E511]"), std::string::npos) << folder.err;
    std::ofstream(path("page.md")) << "no table\n";
    const Said page = margincall_says(tiny({"-o", path("g.json"), "--page", path("page.md")}));
    EXPECT_EQ(page.code, 2);
    EXPECT_NE(page.err.find("<!-- table gates -->"), std::string::npos) << page.err;
    EXPECT_FALSE(fs::exists(path("g.json")));
    EXPECT_EQ(margincall_says({"validate-model"}).code, 2) << "--gates is the only part yet";
    EXPECT_EQ(margincall_says({"validate-model", "--gates", "--size", "preview"}).code, 2);
    const Said value =
        margincall_says({"validate-model", "--gates", "--only", "calm", "--set", "agents.lop=3"});
    EXPECT_EQ(value.code, 3) << value.err;
}

TEST_F(ValidateModel, ATinyWorldFillsFileAndPage) {
    std::ofstream(path("page.md"))
        << "before\n<!-- table gates -->\nold\n<!-- end gates -->\nafter\n";
    const Said outcome =
        margincall_says(tiny({"-o", folder_.path().string(), "--page", path("page.md"), "--json"}));
    ASSERT_EQ(outcome.code, 0) << outcome.err;
    const std::string text = read(path("gates.json"));
    const auto file = parse_gates_json(text, "gates.json");
    ASSERT_TRUE(file) << file.error().message;
    EXPECT_EQ(file->identity, gate_identity());
    EXPECT_EQ(file->report.set.size(), 5U);
    ASSERT_EQ(file->report.gates.size(), 1U);
    EXPECT_EQ(file->report.gates[0].seeds, (std::vector<std::uint64_t>{4, 5}));
    EXPECT_EQ(Json::parse(outcome.out), Json::parse(text)) << "one line on standard output";
    EXPECT_EQ(std::ranges::count(outcome.out, '\n'), 1);
    EXPECT_NE(outcome.err.find("not met: calm"), std::string::npos) << outcome.err;

    const std::string page = read(path("page.md"));
    EXPECT_TRUE(page.starts_with("before\n<!-- table gates -->\nSize reduced, `population"));
    EXPECT_TRUE(page.ends_with("<!-- end gates -->\nafter\n"));
    EXPECT_NE(page.find("| low of BTC, % | at least -2.5 |"), std::string::npos) << page;
    EXPECT_EQ(page.find("old"), std::string::npos);
}

TEST_F(ValidateModel, AnAnswerIsRenewedOnlyWhenItsWorldsComeOutTheSame) {
    ASSERT_EQ(margincall_says(tiny({"-o", path("g.json"), "-q"})).code, 0);
    GateFile file = parse_gates_json(read(path("g.json")), "g.json").value();
    ASSERT_EQ(file.report.samples.size(), 1U) << "one world of each kind";
    EXPECT_EQ(file.report.samples[0].variant, "calm");
    EXPECT_EQ(file.report.samples[0].seed, 4U);
    EXPECT_EQ(file.ran, gate_identity());
    const std::vector<std::string> confirm = {
        "validate-model", "--gates", "--confirm", "--progress", "none", "-o", path("g.json")};

    file.identity.sources = file.ran.sources = "of another program";
    std::ofstream(path("g.json")) << gates_json(file);
    const Said same = margincall_says(confirm);
    EXPECT_EQ(same.code, 0) << same.err;
    const GateFile renewed = parse_gates_json(read(path("g.json")), "g.json").value();
    EXPECT_EQ(renewed.identity, gate_identity());
    EXPECT_EQ(renewed.ran.sources, "of another program") << "who ran all worlds stays known";

    const auto left_alone = [&](const GateFile& other, int code, std::string_view says) {
        const std::string text = gates_json(other);
        std::ofstream(path("g.json")) << text;
        const Said said = margincall_says(confirm);
        EXPECT_EQ(said.code, code) << said.err;
        EXPECT_NE((said.out + said.err).find(says), std::string::npos) << said.out << said.err;
        EXPECT_EQ(read(path("g.json")), text);
    };
    GateFile other = file;
    other.report.samples[0].digest ^= 1;
    left_alone(other, 7, "calm, seed 4: other events");
    other = file;
    other.report.samples[0].figures ^= 1;
    left_alone(other, 7, "calm, seed 4: other figures");
    other = file;
    other.report.samples[0].variant = "gone";
    left_alone(other, 7, "gone: no such world any more");
    other = file;
    other.identity.rules = "other bands";
    left_alone(other, 2, "judged by other worlds or bands");
    other = file;
    other.report.samples.clear();
    left_alone(other, 2, "judged by other worlds or bands");

    fs::remove(path("g.json"));
    const Said none = margincall_says(confirm);
    EXPECT_EQ(none.code, 4) << none.err;
    EXPECT_NE(none.err.find("error[E716]"), std::string::npos) << none.err;
    EXPECT_EQ(margincall_says({"validate-model", "--gates", "--confirm", "--seeds", "1"}).code, 2);
}

TEST_F(ValidateModel, ARunSaysWhatItsProgramsGatesSaid) {
    const Said outcome = margincall_says({"run",
                                          "builtin/blank.toml",
                                          "--preview",
                                          "--set",
                                          "assets.T.copies=2",
                                          "--set",
                                          "assets.T.copies=2",
                                          "--set",
                                          "clock.length=10 min",
                                          "--set",
                                          "clock.day_to=10 min",
                                          "--progress",
                                          "none",
                                          "--out",
                                          path("run")});
    ASSERT_EQ(outcome.code, 0) << outcome.err;
    const Json summary = Json::parse(read(path("run/summary.json")));
    const PriceGates gates = shipped_price_gates();
    EXPECT_EQ(summary["price_gates"]["state"], gates.state);
    EXPECT_EQ(outcome.out.find("No statement on what share") == std::string::npos,
              gates.state == "met");
    // Another program's gates are no difference of the run, and a page made again says the same.
    const std::string page = read(path("run/report.html"));
    EXPECT_EQ(margincall_says({"report", path("run")}).code, 0);
    EXPECT_EQ(read(path("run/report.html")), page);
    std::string text = read(path("run/summary.json"));
    const std::string state = fmt::format("\"state\": \"{}\"", gates.state);
    text.replace(text.find(state), state.size(), R"("state": "another")");
    const std::string before = file_hash(path("run/summary.json"));
    std::ofstream(path("run/summary.json"), std::ios::binary) << text;
    std::string manifest = read(path("run/manifest.json"));
    manifest.replace(manifest.find(before), before.size(), file_hash(path("run/summary.json")));
    std::ofstream(path("run/manifest.json"), std::ios::binary) << manifest;
    const Said verified = margincall_says({"verify", path("run")});
    EXPECT_EQ(verified.code, 0) << verified.out << verified.err;
}

}  // namespace
}  // namespace margincall
