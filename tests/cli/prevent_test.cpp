// `margincall prevent` on a planted market: three minutes in which one sale liquidates somebody, and rules of which
// exactly one keeps a limit.
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>

#include "program.hpp"
#include "temporary_folder.hpp"

namespace margincall {
namespace {

namespace fs = std::filesystem;
using testing::margincall_says;
using testing::Said;
using testing::TemporaryFolder;

// A day on which a fund of 1,000,000 dollars a venue is all that there is to lose: what it may be limited to is the
// fund's least cash, which only its size at the start can lift.
fs::path planted(const fs::path& folder) {
    const fs::path file = folder / "planted.toml";
    std::ofstream(file) << "extends = \"" MC_SOURCE_DIR
                           "/scenarios/quiet-2025-11.toml\"\n"
                           "[limits]\nfund = \"fund_min_usd >= 3 m USD\"\n";
    return file;
}

fs::path knobs(const fs::path& folder) {
    const fs::path file = folder / "knobs.toml";
    std::ofstream(file) << R"([knobs.fund]
label = "Funds x {}"
group = "fund"
set = { "venues.*.insurance_fund" = "x{}" }
today = 1
most = 16
[knobs.cap]
label = "Leverage capped at {}"
group = "leverage"
set = { "venues.*.leverage_max" = "{}" }
today = 150
most = 9.375
whole = true
[search]
pairs = ["fund+leverage"]
)";
    return file;
}

fs::path policies(const fs::path& folder) {
    const fs::path file = folder / "policies.toml";
    std::ofstream(file) << R"([policies.rank]
label = "Pro rata"
group = "adl"
set = { "venues.*.adl.rank" = "pro-rata" }
[policies.fund_x4]
label = "Funds four times as large"
group = "fund"
set = { "venues.*.insurance_fund" = "x4" }
)";
    return file;
}

std::vector<std::string> tiny(const fs::path& folder, std::vector<std::string> more) {
    std::vector<std::string> out = {"prevent",
                                    planted(folder).string(),
                                    "--knob-file",
                                    knobs(folder).string(),
                                    "--policies",
                                    policies(folder).string(),
                                    "--paths",
                                    "2",
                                    "--fresh",
                                    "2",
                                    "-o",
                                    (folder / "out").string()};
    for (const char* const set : {"world.size=preview",
                                  "population.accounts=2000",
                                  "assets.T.copies=2",
                                  "clock.length=1 min",
                                  "clock.day_from=0 s",
                                  "clock.day_to=1 min",
                                  "venues.*.insurance_fund=1 m USD"}) {
        out.insert(out.end(), {"--set", set});
    }
    out.insert(out.end(), more.begin(), more.end());
    return out;
}

nlohmann::json answer(const fs::path& folder) {
    return nlohmann::json::parse(testing::read(folder / "out" / "prevent.json"));
}

TEST(Prevent, FindsTheOneLeverThatKeepsALimitAndItsLeastScale) {
    const TemporaryFolder scratch;
    const Said said = margincall_says(tiny(scratch.path(), {}));
    ASSERT_EQ(said.code, 0) << said.err;
    const auto found = answer(scratch.path());
    EXPECT_EQ(found["end"], "found");
    EXPECT_EQ(found["today"]["search"]["all"]["kept"], 0);
    ASSERT_FALSE(found["fresh"].empty());
    const auto& best = found["tried"][found["fresh"][0]["row"].get<std::size_t>()];
    // The least of 1.41, 2, 2.83, 4, ... million that is 3 million or more.
    EXPECT_EQ(best["name"], "fund=4");
    EXPECT_EQ(best["size"], 2.0);
    for (const auto& tried : found["tried"]) {
        EXPECT_EQ(tried["holds"].get<bool>(),
                  tried["name"].get<std::string>().starts_with("fund=") && tried["size"] >= 2.0)
            << tried["name"];
        EXPECT_FALSE(tried["changed"].empty());
    }
    EXPECT_EQ(found["left_out"][0]["name"], "fund_x4") << "a knob has its key";
    EXPECT_NE(said.out.find("The least change found: Funds x 4"), std::string::npos) << said.out;
    EXPECT_NE(said.out.find("kept, not certain"), std::string::npos) << "of two fresh seeds";
    EXPECT_NE(testing::read(scratch.path() / "out/report.html").find("\"kind\":\"prevent\""),
              std::string::npos);
    // Again with --resume: nothing is run, and the answer is the same but for nothing.
    const std::string before = testing::read(scratch.path() / "out/prevent.json");
    const Said taken = margincall_says(tiny(scratch.path(), {}));
    EXPECT_NE(taken.err.find("E714"), std::string::npos) << taken.err;
    const Said again = margincall_says(tiny(scratch.path(), {"--resume"}));
    ASSERT_EQ(again.code, 0) << again.err;
    EXPECT_EQ(testing::read(scratch.path() / "out/prevent.json"), before);
}

TEST(Prevent, SaysWhenNothingTriedKeepsIt) {
    const TemporaryFolder scratch;
    const Said said = margincall_says(
        tiny(scratch.path(), {"--limit", "fund_min_usd >= 1 bn USD", "--knobs", "cap,rank"}));
    ASSERT_EQ(said.code, 0) << said.err;
    const auto found = answer(scratch.path());
    EXPECT_EQ(found["end"], "nothing tried keeps them");
    EXPECT_EQ(found["tried"].size(), 2U) << "no pair of these groups is named";
    EXPECT_TRUE(found["fresh"].empty());
    EXPECT_NE(said.out.find("Nothing that was tried keeps the limits"), std::string::npos);
}

TEST(Prevent, TodaysRulesThatKeepItNeedNoChange) {
    const TemporaryFolder scratch;
    const Said said = margincall_says(tiny(scratch.path(), {"--limit", "fund_min_usd >= 0 USD"}));
    ASSERT_EQ(said.code, 0) << said.err;
    EXPECT_EQ(answer(scratch.path())["end"], "today's rules keep them");
    EXPECT_TRUE(answer(scratch.path())["tried"].empty());
}

TEST(Prevent, RefusesWhatItCannotKeepOrChange) {
    const TemporaryFolder scratch;
    const auto wrong = [&](std::vector<std::string> more) {
        const Said said = margincall_says(tiny(scratch.path(), std::move(more)));
        EXPECT_NE(said.code, 0);
        return said.err;
    };
    EXPECT_NE(wrong({"--limit", "units_bankrupt <= 1"}).find("E743"), std::string::npos);
    EXPECT_NE(wrong({"--limit", "adl_usdd <= 1"}).find("did you mean"), std::string::npos);
    const std::string unknown = wrong({"--knobs", "fnud"});
    EXPECT_NE(unknown.find("E741"), std::string::npos);
    EXPECT_NE(unknown.find("fund, cap, rank"), std::string::npos) << unknown;
    EXPECT_NE(wrong({"--pairs", "fund"}).find("GROUP+GROUP"), std::string::npos);
    EXPECT_FALSE(fs::exists(scratch.path() / "out")) << "nothing was begun";
}

}  // namespace
}  // namespace margincall
