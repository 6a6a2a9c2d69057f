// The pages that `attribute` and `judge` write, from a world of three minutes; and the board summary as PDF, with
// scripts in the browser's place.
#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>

#include "cli/print_pdf.hpp"
#include "program.hpp"
#include "temporary_folder.hpp"

namespace margincall {
namespace {

namespace fs = std::filesystem;
using testing::margincall_says;
using testing::Said;
using testing::TemporaryFolder;

// What MARGINCALL_CHROMIUM names, for as long as this lives.
class Browser {
  public:
    explicit Browser(const std::string& program) {
        setenv("MARGINCALL_CHROMIUM", program.c_str(), 1);
    }
    Browser(const Browser&) = delete;
    Browser& operator=(const Browser&) = delete;
    Browser(Browser&&) = delete;
    Browser& operator=(Browser&&) = delete;
    ~Browser() { unsetenv("MARGINCALL_CHROMIUM"); }
};

fs::path script(const fs::path& folder, const std::string& name, const std::string& body) {
    const fs::path file = folder / name;
    std::ofstream(file) << "#!/bin/sh\n" << body << "\n";
    fs::permissions(file, fs::perms::owner_all);
    return file;
}

// Writes its last argument, the page's address, into the file that --print-to-pdf names.
constexpr const char* printing =
    "for word in \"$@\"; do case $word in --print-to-pdf=*) out=${word#*=};; esac; last=$word; "
    "done\n"
    "echo \"$last\" >\"$out\"";

TEST(PrintPdf, TheBrowserIsThatOfTheEnvironmentOrNone) {
    const TemporaryFolder folder;
    const fs::path there = script(folder.path(), "browser", "exit 0");
    {
        const Browser browser(there.string());
        EXPECT_EQ(find_chromium(), there);
    }
    const Browser browser((folder.path() / "nothing").string());
    EXPECT_EQ(find_chromium(), fs::path{});
}

TEST(PrintPdf, APageBecomesAFileAndAFailureASentence) {
    const TemporaryFolder folder;
    const fs::path pdf = folder.path() / "a b.pdf";
    const fs::path page = folder.path() / "p #1.html";
    const auto done = print_pdf(script(folder.path(), "good", printing), page, pdf);
    ASSERT_TRUE(done) << done.error();
    EXPECT_EQ(testing::read(pdf), "file://" + folder.path().string() + "/p%20%231.html\n");
    for (const char* const body : {"exit 3", "exit 0"}) {
        const auto failed = print_pdf(script(folder.path(), "bad", body), page, pdf);
        ASSERT_FALSE(failed) << body;
        EXPECT_NE(failed.error().find("wrote no PDF"), std::string::npos) << failed.error();
        EXPECT_FALSE(fs::exists(pdf)) << "the one of before is not taken for the new one";
    }
}

std::vector<std::string> tiny(const std::string& folder, std::vector<std::string> more) {
    std::vector<std::string> out = {"attribute",
                                    MC_SOURCE_DIR "/scenarios/quiet-2025-11.toml",
                                    "--players",
                                    "leverage,makers",
                                    "--paths",
                                    "2",
                                    "-o",
                                    folder};
    for (const char* const set : {"world.size=preview",
                                  "population.accounts=2000",
                                  "assets.T.copies=2",
                                  "clock.length=3 min",
                                  "clock.day_from=0 s",
                                  "clock.day_to=3 min"}) {
        out.insert(out.end(), {"--set", set});
    }
    out.insert(out.end(), more.begin(), more.end());
    return out;
}

TEST(CausesPages, AttributeWritesReportAndBoardAndSaysWhatBecameOfThePdf) {
    const TemporaryFolder scratch;
    const fs::path folder = scratch.path() / "att";
    const Browser none((scratch.path() / "nothing").string());
    const Said said = margincall_says(tiny(folder.string(), {"--pdf"}));
    ASSERT_EQ(said.code, 0) << said.err;
    EXPECT_NE(said.out.find("no board.pdf: Chromium was not found"), std::string::npos) << said.out;
    const std::string report = testing::read(folder / "report.html");
    const std::string board = testing::read(folder / "board.html");
    EXPECT_NE(report.find("\"kind\":\"attribution\""), std::string::npos);
    EXPECT_NE(report.find("--players leverage,makers"), std::string::npos)
        << "the line to repeat it";
    EXPECT_NE(board.find("\"kind\":\"board\""), std::string::npos);
    EXPECT_NE(board.find("\"policies\":null"), std::string::npos);
    EXPECT_NE(testing::read(folder / "attribution.json").find("\"minimum\""), std::string::npos);

    // The verdicts of these worlds, as a page and beside the causes.
    const std::string page = (scratch.path() / "verdict.html").string();
    const Said judged = margincall_says({"judge",
                                         MC_SOURCE_DIR "/scenarios/quiet-2025-11.toml",
                                         "--worlds",
                                         folder.string(),
                                         "--json",
                                         "-o",
                                         page});
    ASSERT_EQ(judged.code, 0) << judged.err;
    EXPECT_NE(testing::read(page).find("\"kind\":\"verdict\""), std::string::npos);
    const std::string lines = (scratch.path() / "verdicts.jsonl").string();
    std::ofstream(lines) << judged.out;
    const Browser browser(script(scratch.path(), "good", printing).string());
    const Said again =
        margincall_says(tiny(folder.string(), {"--resume", "--pdf", "--verdicts", lines}));
    ASSERT_EQ(again.code, 0) << again.err;
    EXPECT_TRUE(fs::exists(folder / "board.pdf"));
    EXPECT_NE(testing::read(folder / "board.html").find("\"id\":\"S14\""), std::string::npos);
}

TEST(CausesPages, WhatIsNotForTheBoardIsRefusedBeforeAnythingIsRun) {
    const TemporaryFolder scratch;
    const std::string other = (scratch.path() / "other.json").string();
    std::ofstream(other) << "{\"format\": 1}\n";
    for (const char* const option : {"--policies", "--verdicts"}) {
        const fs::path folder = scratch.path() / "att";
        const Said said = margincall_says(tiny(folder.string(), {option, other}));
        EXPECT_NE(said.code, 0);
        EXPECT_NE(said.err.find("E504"), std::string::npos) << said.err;
        EXPECT_NE(said.err.find(option), std::string::npos) << said.err;
        EXPECT_FALSE(fs::exists(folder));
    }
}

}  // namespace
}  // namespace margincall
