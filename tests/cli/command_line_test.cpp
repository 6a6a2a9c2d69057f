// The program from outside: arguments in, exit code, text and run folder out.
#include "cli/command_line.hpp"

#include <gtest/gtest.h>
#include <sys/resource.h>
#include <sys/types.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <nlohmann/json.hpp>
#include <string>
#include <thread>
#include <vector>

#include "cli/program.hpp"
#include "cli/run_folder.hpp"
#include "lab/draws.hpp"
#include "scenario/fields.hpp"
#include "scenario/other_keys.hpp"
#include "sim/metrics.hpp"
#include "temporary_folder.hpp"

namespace margincall {
namespace {

namespace fs = std::filesystem;
using Json = nlohmann::json;
using testing::margincall_says;
using testing::read;
using testing::Said;

// A folder of its own that goes away with the test.
class CommandLine : public ::testing::Test {
  protected:
    // Ten quiet minutes with a thousand account rows: the shortest real run.
    std::vector<std::string> tiny_run(const std::string& out) const {
        return {"run",
                "builtin/blank.toml",
                "--preview",
                "--set",
                "assets.T.copies=2",
                "--set",
                "clock.length=10 min",
                "--set",
                "clock.day_to=10 min",
                "--progress",
                "none",
                "--out",
                out};
    }
    [[nodiscard]] std::string path(const std::string& name) const {
        return (folder_ / name).string();
    }
    [[nodiscard]] std::size_t entries() const {
        return static_cast<std::size_t>(
            std::distance(fs::directory_iterator(folder_), fs::directory_iterator()));
    }

    testing::TemporaryFolder temporary_;
    const fs::path& folder_ = temporary_.path();
};

TEST_F(CommandLine, ShippedScenariosAreValid) {
    for (const std::string name : {"2025-11-04",
                                   "2025-10-10",
                                   "2025-09-22",
                                   "quiet-2025-11",
                                   "flash",
                                   "blank",
                                   "2025-11-04-unmeasured",
                                   "2025-10-10-informed"}) {
        const Said outcome =
            margincall_says({"validate", MC_SOURCE_DIR "/scenarios/" + name + ".toml"});
        EXPECT_EQ(outcome.code, 0) << outcome.err;
        EXPECT_NE(outcome.out.find("  ok   5 venues · "), std::string::npos) << outcome.out;
    }
}

TEST_F(CommandLine, AnUnknownOptionIsNamedBeforeAMissingArgument) {
    const Said outcome = margincall_says({"run", "--sed", "7"});
    EXPECT_EQ(outcome.code, 2);
    EXPECT_NE(outcome.err.find("--sed"), std::string::npos) << outcome.err;
    EXPECT_EQ(margincall_says({"run"}).code, 2);
    EXPECT_EQ(margincall_says({}).code, 2);
    EXPECT_EQ(margincall_says({"fly"}).code, 2);
    EXPECT_EQ(margincall_says({"--help"}).code, 0);
    EXPECT_EQ(margincall_says({"--version"}).out, "margincall 0.1.0\n");
}

TEST_F(CommandLine, CommandsOfLaterWorkSayThatTheyAreNotAvailable) {
    for (const char* const name : {"calibrate", "serve", "monitor", "doctor"}) {
        const Said outcome = margincall_says({name, "something", "--option"});
        EXPECT_EQ(outcome.code, 2) << name;
        EXPECT_NE(outcome.err.find("is not available yet"), std::string::npos) << outcome.err;
        EXPECT_EQ(margincall_says({"--help"}).out.find(std::string{"\n  "} + name),
                  std::string::npos)
            << "--help lists what works";
    }
    EXPECT_NE(margincall_says({"--help"}).out.find("\n  query"), std::string::npos);
}

TEST_F(CommandLine, AMissingScenarioIsExitFour) {
    const Said outcome = margincall_says({"run", path("none.toml"), "--out", path("run")});
    EXPECT_EQ(outcome.code, 4);
    EXPECT_NE(outcome.err.find("error[E102] file does not exist"), std::string::npos)
        << outcome.err;
    EXPECT_EQ(entries(), 0U);
}

TEST_F(CommandLine, AnInvalidScenarioIsExitThreeAndRunsNothing) {
    std::ofstream(path("bad.toml")) << "extends = \"builtin/blank.toml\"\n[random]\nsed = 1\n";
    const Said outcome = margincall_says({"run", path("bad.toml"), "--json", "--out", path("run")});
    EXPECT_EQ(outcome.code, 3);
    EXPECT_NE(outcome.err.find("did you mean \"seed\"?"), std::string::npos) << outcome.err;
    EXPECT_NE(outcome.err.find("Nothing was run."), std::string::npos) << outcome.err;
    EXPECT_EQ(Json::parse(outcome.out)["code"], "E104");
    EXPECT_EQ(entries(), 1U);
}

TEST_F(CommandLine, SetNamesItselfInMessages) {
    const Said outcome =
        margincall_says({"validate", "builtin/blank.toml", "--set", "agents.panic.share=5 h"});
    EXPECT_EQ(outcome.code, 3);
    EXPECT_NE(outcome.err.find("--set[1]:1:20: error[E202]"), std::string::npos) << outcome.err;
}

TEST_F(CommandLine, NewWritesAScenarioThatRunsAnywhere) {
    EXPECT_EQ(margincall_says({"new", "2025-11-04", "-o", path("nov4.toml")}).code, 0);
    const Said copy = margincall_says({"validate", path("nov4.toml"), "--json"});
    EXPECT_EQ(copy.code, 0) << copy.err;
    const Said original =
        margincall_says({"validate", MC_SOURCE_DIR "/scenarios/2025-11-04.toml", "--json"});
    EXPECT_EQ(Json::parse(copy.out)["scenario_hash"], Json::parse(original.out)["scenario_hash"]);
    // Never over an existing file.
    EXPECT_EQ(margincall_says({"new", "blank", "-o", path("nov4.toml")}).code, 10);
    EXPECT_EQ(margincall_says({"new", "depeg"}).code, 2);
    EXPECT_EQ(margincall_says({"new", "unheard-of"}).code, 2);
}

TEST_F(CommandLine, ExplainKnowsKeysCodesAndLines) {
    const Said key = margincall_says({"explain", "venues.A.mark.average"});
    EXPECT_EQ(key.code, 0);
    EXPECT_NE(key.out.find("allowed  10 ms … 1 d"), std::string::npos) << key.out;
    EXPECT_EQ(margincall_says({"explain", "E203"}).code, 0);
    EXPECT_EQ(margincall_says({"explain", "population.accounts"}).code, 0);
    EXPECT_EQ(margincall_says({"explain", "btc_low"}).code, 0);
    std::ofstream(path("x.toml")) << "extends = \"builtin/blank.toml\"\n[random]\nseed = 1\n";
    const Said line = margincall_says({"explain", path("x.toml") + ":3"});
    EXPECT_EQ(line.out.substr(0, 11), "random.seed") << line.out << line.err;
    const Said near = margincall_says({"explain", "agents.market_maker.frims"});
    EXPECT_EQ(near.code, 2);
    EXPECT_NE(near.err.find("did you mean agents.market_maker.firms?"), std::string::npos);
}

TEST_F(CommandLine, SchemaIsJson) {
    const Said outcome = margincall_says({"schema", "--json"});
    EXPECT_EQ(outcome.code, 0);
    const Json schema = Json::parse(outcome.out);
    EXPECT_TRUE(schema["properties"]["agents"]["properties"]["market_maker"]["properties"].contains(
        "firms"));
    const Json& fills = schema["properties"]["observed"]["properties"]["adl_fills"];
    EXPECT_EQ(fills["properties"]["unit"]["const"], "fills");
}

// What `arguments` print, between the marker and the page's next heading or its end.
// UPDATE_GOLDEN=1 writes it again.
void expect_in_page(const char* page_name,
                    const std::string& marker,
                    std::vector<std::string> arguments) {
    const fs::path page = fs::path{MC_SOURCE_DIR} / page_name;
    const std::string text = read(page);
    const std::size_t at = text.find(marker);
    ASSERT_NE(at, std::string::npos) << page_name;
    const std::string head = text.substr(0, at + marker.size());
    const std::size_t next = text.find("\n## ", at);
    const std::string rest = next == std::string::npos ? "" : text.substr(next);
    const std::string whole = head + "\n" + margincall_says(std::move(arguments)).out + rest;
    if (std::getenv("UPDATE_GOLDEN") != nullptr) {
        std::ofstream(page, std::ios::binary) << whole;
        return;
    }
    EXPECT_EQ(text, whole);
}

TEST_F(CommandLine, ExplainSaysWhatAWorldDraws) {
    std::ofstream(path("drawn.toml")) << "extends = \"builtin/blank.toml\"\n[ranges]\n"
                                         "\"agents.market_maker.learn\" = { low = \"10 min\", high "
                                         "= \"40 min\", source = \"assumed\" }\n";
    const Said seven = margincall_says({"explain", path("drawn.toml"), "--draw", "7"});
    ASSERT_EQ(seven.code, 0) << seven.err;
    const RangePlan range{"agents.market_maker.learn", 10.0, 40.0, " min", {}, "assumed"};
    EXPECT_NE(seven.out.find(draw_of({range}, 7)[0] + "\n"), std::string::npos) << seven.out;
    EXPECT_NE(seven.out, margincall_says({"explain", path("drawn.toml"), "--draw", "8"}).out);
    EXPECT_EQ(margincall_says({"explain", path("none.toml"), "--draw", "8"}).code, 4);
}

TEST_F(CommandLine, TheDocumentationListsEveryKey) {
    expect_in_page("docs/scenario-file.md",
                   "<!-- keys: written by `margincall schema --markdown` -->\n",
                   {"schema", "--markdown"});
}

TEST_F(CommandLine, TheDocumentationSaysWhatEachCommandExecutes) {
    expect_in_page("docs/venues.md",
                   "<!-- written by `margincall schema --capabilities --markdown` -->\n",
                   {"schema", "--capabilities", "--markdown"});
}

TEST_F(CommandLine, TheDocumentationSaysWhatEachMetricCounts) {
    expect_in_page("docs/metrics.md",
                   "<!-- written by `margincall schema --metrics --markdown` -->\n",
                   {"schema", "--metrics", "--markdown"});
    const Json rows = Json::parse(margincall_says({"schema", "--metrics", "--json"}).out);
    EXPECT_EQ(rows.size(), metric_names.size());
    EXPECT_EQ(rows[0]["unit"], "USD per coin");
    EXPECT_NE(margincall_says({"explain", "adl_fills"}).out.find("counts   closings of one winner"),
              std::string::npos);
    EXPECT_NE(margincall_says({"schema", "--metrics"}).out.find("adl_steps"), std::string::npos);
}

TEST_F(CommandLine, CapabilitiesAreJson) {
    const Json rows = Json::parse(margincall_says({"schema", "--capabilities", "--json"}).out);
    bool found = false;
    for (const Json& row : rows) {
        if (row["key"] == "funding.method" && row["value"] == "continuous") {
            found = true;
            EXPECT_EQ(row["run"], "yes");
            EXPECT_EQ(row["stress"], "no effect");
            EXPECT_EQ(row["reason"], "stress: a stress has no funding");
        }
    }
    EXPECT_TRUE(found);
    EXPECT_NE(margincall_says({"schema", "--capabilities"}).out.find("whole-tier"),
              std::string::npos);
}

TEST_F(CommandLine, ARunLeavesACompleteFolder) {
    std::vector<std::string> arguments = tiny_run(path("run"));
    arguments.emplace_back("--json");
    const Said outcome = margincall_says(arguments);
    ASSERT_EQ(outcome.code, 0) << outcome.err;
    for (const char* const name : {"manifest.json",
                                   "scenario.toml",
                                   "resolved.toml",
                                   "summary.json",
                                   "run.db",
                                   "log.jsonl",
                                   "report.html"}) {
        EXPECT_TRUE(fs::exists(folder_ / "run" / name)) << name;
    }
    EXPECT_EQ(entries(), 1U) << "nothing beside it";
    const Json summary = Json::parse(read(folder_ / "run" / "summary.json"));
    const Json line = Json::parse(outcome.out);
    EXPECT_EQ(line["digest"], summary["digest"]);
    EXPECT_GT(summary["messages"].get<std::int64_t>(), 0);
    const Json manifest = Json::parse(read(folder_ / "run" / "manifest.json"));
    EXPECT_FALSE(manifest["interrupted"].get<bool>());
    EXPECT_EQ(manifest["files_fnv1a64"]["summary.json"],
              file_hash(folder_ / "run" / "summary.json"));

    // The same again, not recorded, from the resolved file: same digest.
    arguments = tiny_run(path("again"));
    arguments[1] = path("run/resolved.toml");
    // The resolved text names every coin drawn; there is no row left to draw from.
    const auto copies = std::ranges::find(arguments, "assets.T.copies=2");
    ASSERT_NE(copies, arguments.end());
    arguments.erase(copies - 1, copies + 1);
    arguments.emplace_back("--no-record");
    arguments.emplace_back("--json");
    const Said again = margincall_says(arguments);
    ASSERT_EQ(again.code, 0) << again.err;
    EXPECT_EQ(Json::parse(again.out)["digest"], summary["digest"]);
    EXPECT_FALSE(fs::exists(folder_ / "again" / "run.db"));
}

// A run of any size is repeated by its own resolved text alone, and says its size.
TEST_F(CommandLine, TheResolvedTextOfASmallWorldRepeatsItsRun) {
    for (const std::string size : {"preview", "reduced"}) {
        std::vector<std::string> arguments = tiny_run(path(size));
        arguments[2] = "--no-record";
        arguments.insert(arguments.end(), {"--set", "world.size=" + size});
        const Said first = margincall_says(arguments);
        ASSERT_EQ(first.code, 0) << first.err;
        EXPECT_NE(first.err.find("ok   " + size + " world · "), std::string::npos) << first.err;
        EXPECT_NE(first.out.find(" (" + size + ")\n"), std::string::npos) << first.out;
        const Json summary = Json::parse(read(folder_ / size / "summary.json"));
        EXPECT_EQ(summary["size"], size);
        EXPECT_EQ(summary["scenario"], "blank");
        const Json manifest = Json::parse(read(folder_ / size / "manifest.json"));
        EXPECT_EQ(manifest["size"], size);
        const Said again = margincall_says({"run",
                                            path(size + "/resolved.toml"),
                                            "--no-record",
                                            "--progress",
                                            "none",
                                            "--out",
                                            path(size + "-again")});
        ASSERT_EQ(again.code, 0) << again.err;
        const Json second = Json::parse(read(folder_ / (size + "-again") / "summary.json"));
        EXPECT_EQ(second["digest"], summary["digest"]);
        EXPECT_EQ(second["scenario_hash"], summary["scenario_hash"]);
        EXPECT_EQ(second["size"], size);
    }
}

TEST_F(CommandLine, AFolderThatCannotBeMadeIsExitTen) {
    std::ofstream(path("file")) << "not a folder";
    const Said outcome = margincall_says(tiny_run(path("file/run")));
    EXPECT_EQ(outcome.code, 10);
    EXPECT_NE(outcome.err.find("error[E511] cannot be written"), std::string::npos) << outcome.err;
    EXPECT_EQ(entries(), 1U);
}

TEST_F(CommandLine, AFullDiskLeavesNothing) {
    {
        auto folder = RunFolder::create(folder_ / "run");
        ASSERT_TRUE(folder);
        // /dev/full takes nothing and says that the disk is full.
        fs::create_symlink("/dev/full", folder->file("summary.json"));
        const auto written = folder->write("summary.json", std::string(100'000, 'x'));
        ASSERT_FALSE(written);
        EXPECT_EQ(written.error().code, "E512");
        EXPECT_EQ(written.error().message, "the disk is full");
    }
    EXPECT_EQ(entries(), 0U);
}

TEST_F(CommandLine, WhatIsWholeIsKeptWhenTheDiskFillsUpLate) {
    auto folder = RunFolder::create(folder_ / "run");
    ASSERT_TRUE(folder);
    ASSERT_TRUE(folder->write("summary.json", "{}"));
    fs::create_symlink("/dev/full", folder->file("log.jsonl"));
    const auto written = folder->write("log.jsonl", "x");
    ASSERT_FALSE(written);
    const Error kept = folder->keep_unfinished(written.error());
    EXPECT_EQ(kept.code, "E512");
    EXPECT_EQ(kept.file, path("run.incomplete/log.jsonl"));
    EXPECT_EQ(kept.hint,
              "these files are whole and kept in " + path("run.incomplete") + ": summary.json");
    EXPECT_EQ(folder->final_path(), folder_ / "run.incomplete");
    EXPECT_EQ(read(folder_ / "run.incomplete" / "summary.json"), "{}");
    EXPECT_EQ(entries(), 1U);
    EXPECT_EQ(
        std::distance(fs::directory_iterator(folder_ / "run.incomplete"), fs::directory_iterator()),
        1);
    // Without any whole file there is nothing to keep.
    auto empty = RunFolder::create(folder_ / "empty");
    ASSERT_TRUE(empty);
    EXPECT_NE(empty->keep_unfinished(written.error()).hint.find("nothing was kept"),
              std::string::npos);
}

TEST_F(CommandLine, ASlashAtTheEndOfTheFolderIsNoFolder) {
    auto folder = RunFolder::create(folder_ / "new/");
    ASSERT_TRUE(folder);
    ASSERT_TRUE(folder->finish());
    EXPECT_EQ(folder->final_path(), folder_ / "new");
    std::vector<std::string> arguments = tiny_run(path("many/"));
    arguments.insert(arguments.end(), {"--paths", "2", "-q"});
    EXPECT_EQ(margincall_says(arguments).code, 0);
    EXPECT_TRUE(fs::exists(folder_ / "many" / "manifest.json"));
    EXPECT_EQ(entries(), 2U);
}

// A path of a limit on the size of files stands for a disk that is full: the same errno family.
TEST_F(CommandLine, ARunWhoseReportDoesNotFitIsKeptIncompleteAndCanBeCompleted) {
    const pid_t child = fork();
    if (child == 0) {
        std::signal(SIGXFSZ, SIG_IGN);
        // Everything but the database and the page is smaller.
        const rlimit limit{300'000, 300'000};
        setrlimit(RLIMIT_FSIZE, &limit);
        std::FILE* const out = std::fopen(path("out").c_str(), "w");
        std::FILE* const err = std::fopen(path("err").c_str(), "w");
        const ExitCode code = run_command_line(tiny_run(path("run")), {out, err});
        std::fclose(out);
        std::fclose(err);
        _exit(static_cast<int>(code));
    }
    int status = 0;
    waitpid(child, &status, 0);
    ASSERT_TRUE(WIFEXITED(status));
    EXPECT_EQ(WEXITSTATUS(status), 10) << read(folder_ / "err");
    const fs::path kept = folder_ / "run.incomplete";
    EXPECT_FALSE(fs::exists(folder_ / "run"));
    const Json manifest = Json::parse(read(kept / "manifest.json"));
    EXPECT_FALSE(manifest["missing"].empty());
    for (const Json& name : manifest["missing"]) {
        EXPECT_FALSE(fs::exists(kept / name.get<std::string>())) << name;
        EXPECT_FALSE(manifest["files_fnv1a64"].contains(name.get<std::string>())) << name;
    }
    EXPECT_TRUE(Json::parse(read(kept / "summary.json")).contains("digest"));
    const std::string said = read(folder_ / "err");
    EXPECT_NE(said.find("kept in " + kept.string()), std::string::npos) << said;
    EXPECT_NE(said.find("summary.json"), std::string::npos) << said;
    EXPECT_NE(read(folder_ / "out").find("digest "), std::string::npos) << "the figures are shown";
}

TEST_F(CommandLine, AWordThatWasMistypedIsRecognised) {
    const auto help = [](const std::vector<std::string>& arguments) {
        const Said said = margincall_says(arguments);
        EXPECT_EQ(said.code, 2);
        return said.err;
    };
    EXPECT_NE(help({"rnu", "x.toml"}).find("did you mean run?"), std::string::npos);
    EXPECT_NE(help({"run", "x.toml", "--sed", "7"}).find("did you mean --seed?"),
              std::string::npos);
    EXPECT_NE(help({"sweep", "verify", "d", "--percnt=3"}).find("did you mean --percent?"),
              std::string::npos);
    EXPECT_NE(help({"stress", "b.csv", "--shok", "BTC=-5%"}).find("did you mean --shock?"),
              std::string::npos);
    EXPECT_NE(help({"new", "flsh"}).find("did you mean flash?"), std::string::npos);
    EXPECT_NE(help({"bench", "liquidat"}).find("did you mean liquidate?"), std::string::npos);
    EXPECT_NE(help({"validate-model", "--gates", "--only", "stat"}).find("did you mean state?"),
              std::string::npos);
    EXPECT_NE(help({"explain", "btc_lwo"}).find("did you mean btc_low?"), std::string::npos);
    EXPECT_EQ(help({"quite-another-word"}).find("did you mean"), std::string::npos);
}

TEST_F(CommandLine, ExplainAlwaysSaysUnitRangeAndDefault) {
    std::vector<std::string> keys = {"btc_low"};
    for (const Field& field : fields()) {
        keys.push_back(std::string{scope_prefix(field.scope)} + std::string{field.path});
    }
    for (const OtherKey& other : other_keys()) {
        keys.emplace_back(other.path);
    }
    for (const std::string& key : keys) {
        const Said said = margincall_says({"explain", key});
        EXPECT_EQ(said.code, 0) << key;
        for (const char* const line : {"\n  unit     ", "\n  allowed  ", "\n  default  "}) {
            const std::size_t at = said.out.find(line);
            ASSERT_NE(at, std::string::npos) << key << line << said.out;
            EXPECT_NE(said.out[at + std::string{line}.size()], '\n') << key << line;
        }
    }
}

TEST_F(CommandLine, AnExistingRunIsNotOverwritten) {
    fs::create_directory(folder_ / "run");
    auto folder = RunFolder::create(folder_ / "run");
    ASSERT_TRUE(folder);
    ASSERT_TRUE(folder->write("summary.json", "{}"));
    ASSERT_TRUE(folder->finish());
    EXPECT_EQ(folder->final_path(), folder_ / "run-2");
}

TEST_F(CommandLine, AnInterruptedRunIsKeptAndMarked) {
    std::vector<std::string> arguments = tiny_run(path("run"));
    arguments[6] = "clock.length=24 h";
    arguments[8] = "clock.day_to=24 h";
    // Presses Ctrl-C as soon as the run has begun.
    std::thread fingers([this] {
        while (entries() == 0) {
            std::this_thread::sleep_for(std::chrono::milliseconds(5));
        }
        std::this_thread::sleep_for(std::chrono::milliseconds(50));
        kill(getpid(), SIGINT);
    });
    const Said outcome = margincall_says(arguments);
    fingers.join();
    EXPECT_EQ(outcome.code, 6) << outcome.err;
    EXPECT_NE(outcome.err.find("interrupted at 2025-11-03T"), std::string::npos) << outcome.err;
    const Json manifest = Json::parse(read(folder_ / "run" / "manifest.json"));
    EXPECT_TRUE(manifest["interrupted"].get<bool>());
    EXPECT_TRUE(fs::exists(folder_ / "run" / "report.html"));
    // A window that had not ended is not known, and nothing of it is scored.
    const Json summary = Json::parse(read(folder_ / "run" / "summary.json"));
    EXPECT_TRUE(summary["metrics"]["btc_low"]["value"].is_null());
    EXPECT_TRUE(summary["metrics"]["liquidated_true_usd"]["value"].is_null());
    // Its resolved scenario is another one than the whole, and ends at the same event.
    EXPECT_NE(read(folder_ / "run" / "resolved.toml").find("stop_after_events = "),
              std::string::npos);
    const Said again = margincall_says({"run",
                                        path("run/resolved.toml"),
                                        "--no-record",
                                        "-q",
                                        "--progress",
                                        "none",
                                        "--out",
                                        path("again")});
    EXPECT_EQ(again.code, 6) << again.err;
    EXPECT_EQ(Json::parse(read(folder_ / "again" / "summary.json"))["digest"], summary["digest"]);
    EXPECT_EQ(Json::parse(read(folder_ / "again" / "summary.json"))["scenario_hash"],
              summary["scenario_hash"]);
}

TEST_F(CommandLine, TwoRunsThatBeginTogetherAreTwoFolders) {
    auto first = RunFolder::create(folder_ / "run");
    auto second = RunFolder::create(folder_ / "run");
    ASSERT_TRUE(first && second);
    ASSERT_TRUE(first->write("summary.json", "first"));
    ASSERT_TRUE(second->write("summary.json", "second"));
    ASSERT_TRUE(second->finish());
    ASSERT_TRUE(first->finish());
    EXPECT_EQ(read(folder_ / "run" / "summary.json"), "second");
    EXPECT_EQ(read(folder_ / "run-2" / "summary.json"), "first");
    EXPECT_EQ(entries(), 2U);
}

TEST_F(CommandLine, NamesOfFoldersAreOnlyNames) {
    EXPECT_EQ(safe_name("2025-11-04"), "2025-11-04");
    EXPECT_EQ(safe_name("../../etc/x y"), "_..-..-etc-x-y");
    EXPECT_EQ(safe_name(""), "_");
    EXPECT_EQ(safe_name("Börse+x"), "B-rse-x");
    EXPECT_EQ(safe_name("a\nb\x1b[0m"), "a-b--0m");
    EXPECT_EQ(safe_name(std::string(300, 'x')).size(), 100U);
}

TEST_F(CommandLine, ManyPathsAreOneFolderWithBandsAndGoOn) {
    std::vector<std::string> arguments = tiny_run(path("many"));
    arguments.insert(arguments.end(), {"--paths", "3", "--seed-from", "5", "--workers", "2"});
    const Said outcome = margincall_says(arguments);
    ASSERT_EQ(outcome.code, 0) << outcome.err;
    EXPECT_NE(outcome.out.find("3 paths, first seed 5"), std::string::npos) << outcome.out;
    const Json summary = Json::parse(read(folder_ / "many" / "summary.json"));
    EXPECT_EQ(summary["paths"], 3);
    EXPECT_EQ(summary["seeds"], Json::parse("[5, 6, 7]"));
    EXPECT_EQ(summary["metrics"]["btc_low"]["n"], 3);
    EXPECT_TRUE(summary["metrics"]["btc_low"]["se"].is_number());
    EXPECT_EQ(
        margincall_says({"query", path("many"), "SELECT count(*) AS n FROM paths", "--csv"}).out,
        "n\r\n3\r\n");
    EXPECT_EQ(margincall_says({"sweep", "verify", path("many"), "--percent", "100"}).code, 0);
    EXPECT_EQ(margincall_says({"sweep", "status", path("many")}).code, 0);
    // One path alone is the same world.
    std::vector<std::string> alone = tiny_run(path("alone"));
    alone.insert(alone.end(), {"--seed", "6"});
    ASSERT_EQ(margincall_says(alone).code, 0);
    EXPECT_EQ(
        margincall_says(
            {"query", path("many"), "SELECT digest FROM paths WHERE seed = '6'", "--csv"})
            .out,
        "digest\r\n" +
            Json::parse(read(folder_ / "alone" / "summary.json"))["digest"].get<std::string>() +
            "\r\n");
    // The report can be made again to the byte, and the whole verified.
    const std::string page = read(folder_ / "many" / "report.html");
    ASSERT_EQ(margincall_says({"report", path("many")}).code, 0);
    EXPECT_EQ(read(folder_ / "many" / "report.html"), page);
    const Said verified = margincall_says({"verify", path("many")});
    EXPECT_EQ(verified.code, 0) << verified.out << verified.err;
    // What is finished is not run again; what was begun is not begun twice.
    arguments.emplace_back("--resume");
    EXPECT_NE(margincall_says(arguments).err.find("nothing is left to run"), std::string::npos);
    fs::create_directory(folder_ / "other.partial");
    std::vector<std::string> other = tiny_run(path("other"));
    other.insert(other.end(), {"--paths", "2"});
    const Said begun = margincall_says(other);
    EXPECT_EQ(begun.code, 4);
    EXPECT_NE(begun.err.find("error[E714]"), std::string::npos) << begun.err;
}

// A world whose digest another machine does not confirm is not joined in silence.
TEST_F(CommandLine, FoldersThatDisagreeOnAWorldAreNotJoined) {
    for (const char* const name : {"here", "there"}) {
        std::vector<std::string> arguments = tiny_run(path(name));
        arguments[0] = "sweep";
        arguments.insert(arguments.end(), {"--paths", "1", "--workers", "1"});
        ASSERT_EQ(margincall_says(arguments).code, 0);
    }
    EXPECT_EQ(margincall_says({"sweep", "join", path("here"), path("there")}).code, 0);
    const fs::path part = folder_ / "there" / "parts" / "shard-1-of-1-worker-1.jsonl";
    std::string line = read(part);
    const std::size_t digit = line.find("\"digest\":\"") + 10;
    line[digit] = line[digit] == '0' ? '1' : '0';
    std::ofstream(part) << line;
    const Said outcome = margincall_says({"sweep", "join", path("here"), path("there")});
    EXPECT_EQ(outcome.code, 4);
    EXPECT_NE(outcome.err.find("error[E713]"), std::string::npos) << outcome.err;
}

// A folder says itself what it was begun for.
TEST_F(CommandLine, AFolderIsGoneOnWithWithoutTheCommandThatBeganIt) {
    std::vector<std::string> arguments = tiny_run(path("some"));
    arguments[0] = "sweep";
    arguments.insert(arguments.end(), {"--paths", "2", "--workers", "1", "--shard", "2/2"});
    ASSERT_EQ(margincall_says(arguments).code, 0);
    EXPECT_FALSE(fs::exists(folder_ / "some" / "summary.json"));
    const Said rest =
        margincall_says({"sweep", "resume", path("some"), "--workers", "1", "--progress", "none"});
    ASSERT_EQ(rest.code, 0) << rest.err;
    EXPECT_NE(rest.out.find("2 of 2 worlds, 0 failed"), std::string::npos) << rest.out;
    EXPECT_TRUE(fs::exists(folder_ / "some" / "summary.json"));
    EXPECT_EQ(margincall_says({"sweep", "resume", path("nothing")}).code, 4);
    EXPECT_EQ(margincall_says({"sweep", "resume"}).code, 2);
}

TEST_F(CommandLine, ProgressWithoutATerminalIsOneLinePerTenPercent) {
    std::vector<std::string> arguments = tiny_run(path("run"));
    *(std::ranges::find(arguments, "--progress") + 1) = "auto";
    const Said outcome = margincall_says(arguments);
    ASSERT_EQ(outcome.code, 0) << outcome.err;
    std::size_t lines = 0;
    for (std::size_t at = 0; (at = outcome.err.find("simulating ", at)) != std::string::npos;
         ++at) {
        ++lines;
    }
    EXPECT_GE(lines, 5U);
    EXPECT_LE(lines, 11U);
}

TEST_F(CommandLine, AnImportedStateIsABookThatStressReads) {
    std::ofstream(path("state.json"))
        << R"({"crossMarginSummary": {"accountValue": "20000"}, "crossMaintenanceMarginUsed": "1",
               "assetPositions": [{"position": {"coin": "BTC", "szi": "-1.5", "leverage": {"type": "cross"},
               "entryPx": "110000", "positionValue": "165741", "unrealizedPnl": "-741",
               "liquidationPx": null}}]})";
    const Said imported =
        margincall_says({"import", path("state.json"), "--account", "ann", "-o", path("book.csv")});
    EXPECT_EQ(imported.code, 0) << imported.err;
    EXPECT_NE(imported.out.find("hyperliquid  1 accounts, 1 positions"), std::string::npos)
        << imported.out;
    const std::string book = read(path("book.csv"));
    EXPECT_NE(book.find("\nann,,H,BTC,short,1.5,110000,cross,,,,,,,110494\n"), std::string::npos)
        << book;
    EXPECT_NE(margincall_says({"import", path("state.json")}).out.find("\nmain,,H,BTC,short,1.5,"),
              std::string::npos)
        << "without -o on standard output";

    const Said stressed = margincall_says({"stress",
                                           path("book.csv"),
                                           "--shock",
                                           "BTC=-5%",
                                           "--no-report",
                                           "-q",
                                           "-o",
                                           path("stress")});
    EXPECT_EQ(stressed.code, 0) << stressed.err;
    const Said other_day = margincall_says({"stress",
                                            path("book.csv"),
                                            "--price",
                                            "BTC=68064",
                                            "--shock",
                                            "BTC=-5%",
                                            "--no-report",
                                            "-o",
                                            path("other")});
    EXPECT_EQ(other_day.code, 4);
    EXPECT_NE(other_day.err.find("error[E618]"), std::string::npos) << other_day.err;
    EXPECT_EQ(margincall_says({"import"}).code, 2);
    std::ofstream(path("none.json")) << "[1, 2]";
    const Said none = margincall_says({"import", path("none.json"), "-o", path("none.csv")});
    EXPECT_EQ(none.code, 4) << none.err;
    EXPECT_FALSE(fs::exists(path("none.csv"))) << "nothing half-written";
}

}  // namespace
}  // namespace margincall
