// What a scenario file may not be, whatever it says: endless, nested without end, in a circle, or so
// full of problems that listing them takes longer than reading them.
#include <gtest/gtest.h>
#include <sys/stat.h>

#include <algorithm>
#include <chrono>
#include <fstream>

#include "base/files.hpp"
#include "scenario/compile.hpp"
#include "scenario/error_text.hpp"
#include "scenario/toml_limits.hpp"
#include "temporary_folder.hpp"

namespace margincall {
namespace {

namespace fs = std::filesystem;

Errors problems(const std::string& text, const Overrides& overrides = {}) {
    auto compiled = compile_text(text, "t.toml", ".", overrides);
    return compiled ? Errors{} : std::move(compiled.error());
}

std::string repeated(const std::string& part, std::size_t times) {
    std::string out;
    for (std::size_t k = 0; k < times; ++k) {
        out += part;
    }
    return out;
}

void write(const fs::path& path, const std::string& text) {
    std::ofstream(path, std::ios::binary) << text;
}

double seconds_of(const auto& work) {
    const auto begin = std::chrono::steady_clock::now();
    work();
    return std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count();
}

TEST(TooLongKey, CountsThePartsOfKeysAndNothingElse) {
    const std::string long_key = repeated("a.", most_levels) + "a";
    EXPECT_FALSE(too_long_key(long_key.substr(2) + " = 1"));
    const auto place = too_long_key("x = 1\n  " + long_key + " = 1");
    ASSERT_TRUE(place);
    EXPECT_EQ(place->line, 2);
    EXPECT_TRUE(too_long_key("[" + long_key + "]"));
    EXPECT_TRUE(too_long_key("x = { " + long_key + " = 1 }"));
    EXPECT_TRUE(too_long_key(repeated("'a' . ", most_levels) + "b = 1"));
    const std::string dots = repeated(".", 100);
    EXPECT_FALSE(too_long_key("# " + dots));
    EXPECT_FALSE(too_long_key("x = \"" + dots + "\\\"" + dots + "\" # " + dots));
    EXPECT_FALSE(too_long_key("x = '" + dots + "\\'\n"));
    EXPECT_FALSE(too_long_key("x = \"\"\"\n" + dots + "\n\"\" " + dots + "\"\"\""));
    EXPECT_FALSE(too_long_key("x = [" + repeated("1.5, ", 200) + "]"));
    EXPECT_FALSE(too_long_key("x = \"\"\"" + dots));  // not closed: TOML says so
}

TEST(Limits, DeepNestingIsRefusedWhereverItStands) {
    const std::string million = repeated("a.", 1'000'000) + "a";
    const std::string lists = repeated("[", 40) + repeated("]", 40);
    for (const std::string& text : {million + " = 1", "x = " + lists}) {
        const Errors errors = problems("schema = 1\n" + text);
        ASSERT_EQ(errors.size(), 1U);
        EXPECT_EQ(errors[0].code, "E112");
        EXPECT_EQ(errors[0].line, 2);
    }
    for (const std::string& set : {million + "=1", "x=" + lists, "x={" + million + "=1}"}) {
        const Errors errors = problems("extends = \"builtin/flash.toml\"", {set});
        ASSERT_EQ(errors.size(), 1U);
        EXPECT_EQ(errors[0].code, "E112");
    }
}

TEST(Limits, TwentyUnknownKeysAreListedAndTheRestCounted) {
    std::string text = "extends = \"builtin/flash.toml\"\n";
    for (int k = 0; k < 500; ++k) {
        text += "k" + std::to_string(k) + " = 1\n";
    }
    const Errors errors = problems(text);
    EXPECT_EQ(errors.size(), 20U);
    EXPECT_EQ(errors.front().line, 2);
    EXPECT_EQ(count_errors(errors), 500U);
    EXPECT_NE(errors_text(errors, "t.toml", "").find("and 480 more of E104"), std::string::npos);
}

TEST(Limits, TheTimeGrowsWithTheKeysAndNotFaster) {
    // Both of one line, so that an excerpt a problem would show, too.
    const auto seconds_of_keys = [](int keys) {
        std::string text = "extends = \"builtin/flash.toml\"\nx = { a0 = 1";
        for (int k = 1; k < keys; ++k) {
            text += ", a" + std::to_string(k) + " = { b = 1 }";
        }
        text += " }\n[venues]\n";
        std::size_t found = 0;
        const double seconds = seconds_of([&] { found = count_errors(problems(text)); });
        EXPECT_GT(found, 0U);
        return seconds;
    };
    const double base = seconds_of_keys(10);
    const double some = seconds_of_keys(10'000) - base;
    const double many = seconds_of_keys(80'000) - base;
    EXPECT_LT(many, 24.0 * std::max(some, 0.01));  // 8 times, and 64 if every key asked all others
}

TEST(Limits, OfVenuesCoinsAndEvents) {
    std::string venues = "extends = \"builtin/flash.toml\"\n";
    std::string coins = venues;
    std::string events = venues;
    for (std::size_t k = 0; k <= most_events; ++k) {
        venues += k <= most_venues ? "[venues.V" + std::to_string(k) + "]\nlike = \"A\"\n" : "";
        coins += k <= most_coins ? "[assets.C" + std::to_string(k) + "]\nprice = \"1 USD\"\n" : "";
        events += "[[events]]\ncause = \"x\"\n";
    }
    for (const std::string& text : {venues, coins, events}) {
        const Errors errors = problems(text);
        EXPECT_TRUE(std::ranges::any_of(errors, [](const Error& e) { return e.code == "E113"; }));
        EXPECT_LT(errors.size(), 30U);
    }
}

class ExtendingFiles : public ::testing::Test {
  protected:
    std::string file(const std::string& name) const { return (folder_.path() / name).string(); }
    void extends(const std::string& name, const std::string& base) const {
        write(folder_.path() / name, "schema = 1\nextends = \"" + base + "\"\n");
    }
    [[nodiscard]] Error only_problem(const std::string& name) const {
        const auto compiled = compile_scenario(file(name));
        if (compiled || compiled.error().size() != 1) {
            ADD_FAILURE() << (compiled ? 0 : compiled.error().size()) << " problems";
            return {};
        }
        return compiled.error().front();
    }
    testing::TemporaryFolder folder_;
};

TEST_F(ExtendingFiles, ACircleIsNamed) {
    extends("self.toml", "self.toml");
    EXPECT_EQ(only_problem("self.toml").message, "extends: self.toml -> self.toml is a circle");
    extends("a.toml", "b.toml");
    extends("b.toml", "c.toml");
    extends("c.toml", "./sub/../b.toml");
    fs::create_directory(folder_.path() / "sub");
    const Error error = only_problem("a.toml");
    EXPECT_EQ(error.code, "E109");
    EXPECT_EQ(error.message, "extends: b.toml -> c.toml -> b.toml is a circle");
}

TEST_F(ExtendingFiles, ALongChainIsNoCircle) {
    for (int k = 0; k < 12; ++k) {
        extends("f" + std::to_string(k) + ".toml", "f" + std::to_string(k + 1) + ".toml");
    }
    extends("f12.toml", "builtin/flash.toml");
    EXPECT_EQ(only_problem("f0.toml").message, "extends: more than 8 that extend one another");
    EXPECT_TRUE(compile_scenario(file("f9.toml")));
}

TEST_F(ExtendingFiles, OnlyRegularFilesAreRead) {
    extends("zero.toml", "/dev/zero");
    EXPECT_EQ(only_problem("zero.toml").message, "file \"/dev/zero\" is a device, not a file");
    ASSERT_EQ(mkfifo(file("pipe").c_str(), 0600), 0);
    EXPECT_EQ(only_problem("pipe").message, "file is a pipe, not a file");
    EXPECT_EQ(only_problem(".").message, "file is a folder, not a file");
    extends("dash.toml", "-");  // not standard input: that is for whoever types the command
    EXPECT_EQ(only_problem("dash.toml").code, "E102");
    // A sparse file takes no room on the disk.
    write(file("large.toml"), "");
    fs::resize_file(file("large.toml"), scenario_bytes_max + 1);
    const Error large = only_problem("large.toml");
    EXPECT_EQ(large.code, "E103");
    EXPECT_EQ(large.allowed, "at most 64 MiB");
}

TEST(History, PricesOfAnotherDayAreWarnedOf) {
    const std::string text = "extends = \"builtin/flash.toml\"\n";
    const auto same = compile_text(text, "t.toml", ".");
    ASSERT_TRUE(same);
    EXPECT_TRUE(same->warnings.empty());

    const auto moved =
        compile_text(text, "t.toml", ".", {"clock.start=2025-11-20T00:00:00Z", "events=[]"});

    ASSERT_TRUE(moved);
    ASSERT_EQ(moved->warnings.size(), 1U);
    EXPECT_EQ(moved->warnings[0].code, "W405");
    EXPECT_NE(moved->warnings[0].message.find("17 d before the start"), std::string::npos)
        << moved->warnings[0].message;
}

TEST(History, PricesOfTwoCoinsInOneTableAreRefused) {
    const auto base = compile_text("extends = \"builtin/flash.toml\"\n", "t.toml", ".");
    ASSERT_TRUE(base);
    const auto with = [&](const std::string& from, const std::string& to) {
        std::string text = base->resolved;
        const std::size_t at = text.find(from);
        EXPECT_NE(at, std::string::npos);
        text.replace(at, from.size(), to);
        return problems(text);
    };
    // The third price of bitcoin, in the list of closes and in that of lows.
    const std::size_t prices = base->resolved.find("[history.price]\nBTC = [");
    ASSERT_NE(prices, std::string::npos);
    const Errors jump = with("[history.price]\nBTC = [122076, 121819, 121812,",
                             "[history.price]\nBTC = [122076, 121819, 231,");
    ASSERT_FALSE(jump.empty());
    EXPECT_EQ(jump[0].code, "E305");
    EXPECT_NE(jump[0].message.find("from 121819 to 231 in one step"), std::string::npos)
        << jump[0].message;
    const Errors above = with("[history.price]\nBTC = [122076, 121819, 121812,",
                              "[history.price]\nBTC = [122076, 121819, 61812,");
    ASSERT_FALSE(above.empty());
    EXPECT_EQ(above[0].code, "E305");
    EXPECT_NE(above[0].message.find("is above the price 61812 of its step"), std::string::npos)
        << above[0].message;
}

}  // namespace
}  // namespace margincall
