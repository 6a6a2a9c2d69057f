#include "report/terminal_summary.hpp"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <cstdlib>
#include <fstream>
#include <sstream>

#include "record/synthetic_run.hpp"
#include "report/format.hpp"
#include "report/headline.hpp"

namespace margincall {
namespace {

using testing::synthetic_plan;
using testing::synthetic_run;

Summary summary() {
    return summarise(synthetic_run().plan,
                     synthetic_run().totals,
                     synthetic_run().recorder,
                     {"0.1.0", 12.5, 812});
}

// Rewrite with UPDATE_GOLDEN=1 and read the difference.
TEST(TerminalSummary, ShowsSimulatedMeasuredAndTheArticle) {
    const std::string text =
        terminal_summary(synthetic_run().plan, summary(), &synthetic_run().recorder);
    const std::string golden = MC_SOURCE_DIR "/tests/golden/terminal_summary.txt";
    if (std::getenv("UPDATE_GOLDEN") != nullptr) {
        std::ofstream{golden} << text;
    }

    std::ostringstream expected;
    expected << std::ifstream{golden}.rdbuf();
    EXPECT_EQ(text, expected.str());
}

TEST(TerminalSummary, SaysWhyNoShareOfThePriceFallIsGiven) {
    Summary gated = summary();
    EXPECT_EQ(price_sentence(gated), "") << "of a run from before there were gates";
    gated.price_gates = {"met", "", {}};
    EXPECT_EQ(price_sentence(gated), "");
    EXPECT_EQ(terminal_summary(synthetic_run().plan, gated, nullptr),
              terminal_summary(synthetic_run().plan, summary(), nullptr));
    gated.price_gates = {"missed", "price formation misses its gate loop", {"loop"}};
    EXPECT_EQ(
        price_sentence(gated),
        "No statement on what share of the price fall a cause has: price formation misses its "
        "gate loop.");
    EXPECT_TRUE(terminal_summary(synthetic_run().plan, gated, nullptr)
                    .ends_with(price_sentence(gated) + "\n"));
}

TEST(TerminalSummary, TheTenLargestWaysOutAreListedAndTheRestIsOneLine) {
    Summary many = summary();
    many.adl.clear();
    many.forced.clear();
    for (int k = 1; k <= 25; ++k) {
        // In the order of venues and coins, not of sizes; the book takes half of each.
        const double usd = 1e6 * (k * 7 % 25 + 1);
        many.forced.push_back({"A", fmt::format("T{}", k), usd / 2, usd / 2, 0.0});
    }
    const std::string text = terminal_summary(synthetic_run().plan, many, nullptr);
    std::istringstream lines{text.substr(text.find("closed by force"))};
    std::string line;
    std::getline(lines, line);
    int listed = 0;
    while (std::getline(lines, line) && line.starts_with("A ")) {
        ++listed;
    }
    EXPECT_EQ(listed, 10);
    // 1 + 2 + ... + 15 m.
    EXPECT_EQ(
        line,
        "15 smaller, $120.0 m in all: met the book 50.0 %, taken over 50.0 %, deleveraged 0.0 %");
}

TEST(TerminalSummary, NoLineIsWiderThanAskedForAndNoneHasColourCodes) {
    std::istringstream lines{
        terminal_summary(synthetic_run().plan, summary(), nullptr, {.width = 100})};

    for (std::string line; std::getline(lines, line);) {
        if (line.starts_with("In this run") || line.starts_with("Of ")) {
            continue;  // sentences are wrapped by the terminal
        }
        EXPECT_LE(display_width(line), 100U) << line;
        EXPECT_EQ(line.find('\x1b'), std::string::npos);
    }
}

TEST(TerminalSummary, ColourChangesNothingButColour) {
    const std::string plain = terminal_summary(synthetic_run().plan, summary(), nullptr);
    std::string coloured =
        terminal_summary(synthetic_run().plan, summary(), nullptr, {.colour = Colour::yes});

    for (std::size_t at = coloured.find('\x1b'); at != std::string::npos;
         at = coloured.find('\x1b')) {
        coloured.erase(at, coloured.find('m', at) - at + 1);
    }
    EXPECT_EQ(coloured.size() >= plain.size(), true);
    EXPECT_NE(coloured.find("missed"), std::string::npos);
}

TEST(TerminalSummary, SeveralPathsShowTheBand) {
    const std::vector paths = {summary(), summary()};
    const std::string text = terminal_summary(synthetic_run().plan, aggregate(paths), nullptr);

    EXPECT_NE(text.find("[5 % … 95 %]"), std::string::npos);
    EXPECT_NE(text.find("2 paths, first seed 7"), std::string::npos);
}

TEST(Headline, SaysWhatHappenedAndWhatWasMissed) {
    const auto sentences = headline_sentences(synthetic_run().plan, summary());

    EXPECT_TRUE(sentences[0].starts_with("In this run BTC fell ")) << sentences[0];
    EXPECT_TRUE(sentences[1].starts_with("Of 9 measured figures ")) << sentences[1];
}

TEST(Headline, RunWithoutBooksSaysSo) {
    Plan plan = synthetic_plan();
    const Summary empty = summarise(plan, {}, MemoryRecorder{});

    EXPECT_EQ(headline_sentences(plan, empty)[0],
              "This run has no spot price of its first asset for the day.");
    EXPECT_EQ(headline_sentences(plan, empty)[1],
              "None of the 9 measured figures can be compared: the run has no value for them.");
    plan.observed.clear();
    EXPECT_EQ(headline_sentences(plan, summarise(plan, {}, MemoryRecorder{}))[1],
              "Nothing was measured to compare it with.");
}

}  // namespace
}  // namespace margincall
