// population.book: a run that starts from given accounts.
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <string>

#include "agents/population.hpp"
#include "scenario/compile.hpp"

namespace margincall {
namespace {

namespace fs = std::filesystem;

class PopulationBook : public ::testing::Test {
  protected:
    void SetUp() override {
        folder_ = fs::temp_directory_path() /
                  ("margincall-book-" +
                   std::string{::testing::UnitTest::GetInstance()->current_test_info()->name()});
        fs::create_directories(folder_);
    }
    void TearDown() override { fs::remove_all(folder_); }

    std::expected<Compiled, Errors> compile(const std::string& lines) {
        std::ofstream(folder_ / "book.csv")
            << "account,venue,instrument,side,size,entry,margin_mode,collateral,amount\n"
            << lines;
        const fs::path base = fs::path{MC_SOURCE_DIR} / "scenarios/quiet-2025-11.toml";
        std::ofstream(folder_ / "run.toml") << "schema = 1\nextends = \"" << base.string()
                                            << "\"\n[population]\nbook = \"book.csv\"\n";
        return compile_scenario((folder_ / "run.toml").string());
    }

    fs::path folder_;
};

TEST_F(PopulationBook, ItsAccountsAreTheRowsAndTheRestClosesTheOpenInterest) {
    const auto compiled = compile(
        "u1,A,BTC,long,0.5,100000,isolated,USD,5000\n"
        "u2,A,BTC,short,0.2,110000,cross,USD,9000\n");
    ASSERT_TRUE(compiled) << compiled.error().front().message;

    const std::vector<AccountSeed> rows = draw_population(compiled->plan);

    ASSERT_EQ(rows.size(), 3U);  // longs before shorts; the book's two and who holds the rest
    EXPECT_EQ(rows[0].side, Side::buy);
    EXPECT_EQ(rows[0].mode, MarginMode::isolated);
    EXPECT_DOUBLE_EQ(to_usd(rows[0].margin), 5000.0);
    EXPECT_EQ(rows[0].leverage_e2, 1000);  // 50,000 USD over 5,000
    std::int64_t net = 0;
    for (const AccountSeed& row : rows) {
        net += sign(row.side) * row.qty.raw();
    }
    EXPECT_EQ(net, 0);
    EXPECT_EQ(rows[2].hedger, 1);
}

TEST_F(PopulationBook, WhatItSaysIsPartOfTheHashAndWhereItLiesIsNot) {
    const char* const rows = "u1,A,BTC,long,0.5,100000,isolated,USD,5000\n";
    const auto here = compile(rows);
    ASSERT_TRUE(here);
    fs::rename(folder_ / "book.csv", folder_ / "moved.csv");
    const auto moved =
        compile_scenario((folder_ / "run.toml").string(), {"population.book=\"moved.csv\""});
    ASSERT_FALSE(moved) << "--set is relative to where the program runs";
    const auto there =
        compile_scenario((folder_ / "run.toml").string(),
                         {"population.book=\"" + (folder_ / "moved.csv").string() + "\""});
    ASSERT_TRUE(there) << there.error().front().message;
    const auto other = compile("u1,A,BTC,long,0.5,100000,isolated,USD,5001\n");
    ASSERT_TRUE(other);

    EXPECT_EQ(here->plan.scenario_hash, there->plan.scenario_hash);
    EXPECT_NE(here->resolved, there->resolved);
    EXPECT_NE(here->plan.scenario_hash, other->plan.scenario_hash);
}

TEST_F(PopulationBook, WhatARunCannotMarginIsNamedWithItsLine) {
    const auto compiled = compile(
        "u1,A,BTC,long,0.5,100000,cross,USD,5000\n"
        "u1,A,ETH,long,1,3900,cross,,\n");

    ASSERT_FALSE(compiled);
    ASSERT_EQ(compiled.error().size(), 1U);
    const Error& error = compiled.error().front();
    EXPECT_EQ(error.code, "E617");
    EXPECT_EQ(error.line, 3);
    EXPECT_EQ(error.message, "account u1 has several positions in one wallet");
}

}  // namespace
}  // namespace margincall
