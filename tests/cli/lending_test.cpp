// A lending book through `margincall stress` and `margincall import`.
#include <gtest/gtest.h>

#include <fstream>
#include <nlohmann/json.hpp>
#include <sstream>
#include <string>
#include <vector>

#include "program.hpp"
#include "temporary_folder.hpp"

namespace margincall {
namespace {

using margincall::testing::margincall_says;
using margincall::testing::read;
using margincall::testing::Said;
using nlohmann::json;

const std::string lending_rows =
    "account,market,asset,supplied,as_collateral,owed,emode,reported_health,price,threshold,bonus,"
    "protocol_fee,decimals\n"
    "ann,core,WETH,10,yes,0,,1.106666666666666666,4000,83%,5%,10%,18\n"
    "ann,core,USDC,0,no,30000,,,1,78%,4.5%,10%,6\n";
const std::string perp_rows =
    "account,owner_group,venue,instrument,side,size,entry,margin_mode,collateral,amount\n"
    "bob,,A,ETH,long,1,4000,isolated,USD,900\n";

class LendingCommand : public ::testing::Test {
  protected:
    [[nodiscard]] std::string path(const std::string& name) const {
        return (folder_.path() / name).string();
    }
    [[nodiscard]] std::string write(const std::string& name, const std::string& text) const {
        std::ofstream(folder_.path() / name, std::ios::binary) << text;
        return path(name);
    }
    Said stress(std::vector<std::string> words, const std::string& out = "out") const {
        words.insert(words.begin(), {"stress"});
        words.insert(words.end(), {"--json", "--no-report", "-o", path(out)});
        return margincall_says(words);
    }
    static std::vector<json> rows(const Said& said, const std::string& kind) {
        std::vector<json> out;
        std::istringstream lines{said.out};
        for (std::string line; std::getline(lines, line);) {
            json row = json::parse(line);
            if (row["kind"] == kind) {
                out.push_back(std::move(row));
            }
        }
        return out;
    }
    static json row(const Said& said, const std::string& kind) {
        std::vector<json> all = rows(said, kind);
        return all.empty() ? json{} : all.front();
    }
    [[nodiscard]] static std::string hash(const Said& said) {
        return row(said, "book")["stress_hash"];
    }

    testing::TemporaryFolder folder_;
};

TEST_F(LendingCommand, ALendingBookRunsAlone) {
    const std::string book = write("lending.csv", lending_rows);
    const Said said = stress({book, "--shock", "ETH=-25%"});
    ASSERT_EQ(said.code, 0) << said.err;
    const json lending = row(said, "lending");
    EXPECT_EQ(lending["accounts_liquidated"], 1);
    EXPECT_EQ(lending["bad_debt_usd"], "1428.571428");
    EXPECT_EQ(lending["health_compared"], 1);
    EXPECT_EQ(lending["health_breaks"], 0);
    EXPECT_EQ(row(said, "outcome"), json{}) << "no account book";
    EXPECT_TRUE(said.err.contains("1 accounts · 2 lines · 1 lending markets")) << said.err;
    EXPECT_TRUE(read(path("out/lending_accounts.csv")).contains("ann,core,"));

    // The same bytes again.
    const Said again = stress({book, "--shock", "ETH=-25.0%"}, "again");
    ASSERT_EQ(again.code, 0) << again.err;
    EXPECT_EQ(again.out, said.out);
    for (const char* const file : {"lending_accounts.csv",
                                   "lending_liquidations.csv",
                                   "lending_assets.csv",
                                   "result.jsonl"}) {
        EXPECT_EQ(read(path(std::string{"out/"} + file)), read(path(std::string{"again/"} + file)));
        EXPECT_FALSE(read(path(std::string{"out/"} + file)).empty()) << file;
    }
}

TEST_F(LendingCommand, TheReportHasTheSection) {
    const Said said = margincall_says(
        {"stress", write("lending.csv", lending_rows), "--shock", "ETH=-25%", "-o", path("page")});
    ASSERT_EQ(said.code, 0) << said.err;
    EXPECT_TRUE(said.out.contains("Lending, by asset")) << said.out;
    EXPECT_TRUE(said.out.contains("health factors 1 of 1 (100.0 %")) << said.out;
    const std::string page = read(path("page/report.html"));
    EXPECT_TRUE(page.contains("Lending, accounts with debt"));
    EXPECT_TRUE(page.contains(R"("prices","the lending book's own")"));
    EXPECT_FALSE(page.contains("half-life of taken depth")) << "nothing of an account book";
}

TEST_F(LendingCommand, IsVariedSearchedAndJudgedLikeAnAccountBook) {
    const std::string book = write("lending.csv", lending_rows);
    const Said said = stress({book,
                              "--shock",
                              "ETH=-25%/10min",
                              "--reverse",
                              "--limit",
                              "lending.bad_debt_usd <= 1 m USD",
                              "--limit",
                              "lending.accounts_liquidated <= 0",
                              "--fail-if",
                              "lending.repaid_usd > 1000 USD"});
    EXPECT_EQ(said.code, 5) << said.err;
    EXPECT_TRUE(said.err.contains("holds: lending.repaid_usd > 1000 USD")) << said.err;
    EXPECT_EQ(rows(said, "lending_varied").size(), 6U);
    EXPECT_EQ(rows(said, "lending_size").size(), 7U);
    const auto limits = rows(said, "limit");
    ASSERT_EQ(limits.size(), 2U);
    EXPECT_EQ(limits[0]["verdict"], "kept");
    EXPECT_EQ(limits[1]["verdict"], "broken");
    const auto reverse = rows(said, "lending_reverse");
    ASSERT_EQ(reverse.size(), 4U);
    EXPECT_EQ(reverse[0]["coin"], "ETH") << "the coin of the shock leads";
    EXPECT_EQ(reverse[0]["answers"]["liquidation"], "reached");
    EXPECT_EQ(reverse[0]["answers"]["lending.accounts_liquidated <= 0"], "reached");
    EXPECT_FALSE(read(path("out/lending_reverse.csv")).empty());
    EXPECT_TRUE(stress({book, "--vary", "off"}, "one").code == 0);
    EXPECT_TRUE(rows(stress({book, "--vary", "off"}, "two"), "lending_varied").empty());
}

TEST_F(LendingCommand, BothBooksAreStressedTogether) {
    const std::string lending = write("lending.csv", lending_rows);
    const std::string book = write("book.csv", perp_rows);
    const Said apart = stress({book, lending, "--shock", "ETH=-25%"});
    EXPECT_EQ(apart.code, 4) << "the market's ether does not cost 4,000";
    EXPECT_TRUE(apart.err.contains("E618")) << apart.err;
    const Said both = stress({book, lending, "--shock", "ETH=-25%", "--price", "ETH=4000"});
    ASSERT_EQ(both.code, 0) << both.err;
    EXPECT_EQ(row(both, "outcome")["accounts_liquidated"], 1);
    EXPECT_EQ(row(both, "lending")["accounts_liquidated"], 1);
    // The account book's part is what it is alone.
    const Said alone = stress({book, "--shock", "ETH=-25%", "--price", "ETH=4000"}, "alone");
    EXPECT_EQ(row(alone, "outcome"), row(both, "outcome"));
    EXPECT_NE(hash(alone), hash(both));
}

TEST_F(LendingCommand, TheHashIsOfAllThatTheAnswerDependsOn) {
    const std::string bare =
        "account,market,asset,supplied,as_collateral,owed,price,threshold,decimals\n"
        "ann,core,WETH,10,yes,0,4000,83%,18\nann,core,USDC,0,no,30000,1,78%,6\n";
    const std::string book = write("lending.csv", bare);
    const Said five = stress({book, "--bonus", "5%"});
    ASSERT_EQ(five.code, 0) << five.err;
    EXPECT_EQ(hash(stress({book, "--bonus", "5.0%"}, "b")), hash(five));
    EXPECT_NE(hash(stress({book, "--bonus", "6%"}, "c")), hash(five));
    EXPECT_NE(hash(stress({book, "--bonus", "5%", "--moves", "WETH=nothing"}, "d")), hash(five));
    EXPECT_NE(hash(stress({book, "--bonus", "5%", "--shock", "ETH=-1%"}, "e")), hash(five));
}

TEST_F(LendingCommand, WhatIsMissingIsAskedFor) {
    const std::string bare =
        "account,market,asset,supplied,as_collateral,owed,price,threshold,decimals\n"
        "ann,core,WETH,10,yes,0,4000,83%,18\nann,core,LINK,0,no,30000,1,0%,6\n";
    const Said said = stress({write("lending.csv", bare)});
    EXPECT_EQ(said.code, 4);
    EXPECT_TRUE(said.err.contains("--bonus WETH=6%")) << said.err;
    EXPECT_TRUE(said.err.contains("--moves LINK=ETH")) << said.err;
}

TEST_F(LendingCommand, OptionsOfTheOtherBookAreRefused) {
    const std::string lending = write("lending.csv", lending_rows);
    const std::string book = write("book.csv", perp_rows);
    for (const std::vector<std::string>& option :
         std::vector<std::vector<std::string>>{{"--default", "largest:1"},
                                               {"--price", "ETH=4000"},
                                               {"--step", "5s"},
                                               {"--fail-if", "bad_debt_usd>0"},
                                               {"--limit", "bad_debt_usd<=0"},
                                               {"--moves", "UNI=ETH"},
                                               {"--bonus", "x"}}) {
        std::vector<std::string> words{lending};
        words.insert(words.end(), option.begin(), option.end());
        EXPECT_EQ(stress(words).code, 2) << option[0];
    }
    EXPECT_EQ(stress({book, "--moves", "WETH=ETH"}).code, 2);
    EXPECT_EQ(stress({book, "--bonus", "5%"}).code, 2);
    EXPECT_EQ(stress({book, "--limit", "lending.bad_debt_usd<=0"}).code, 2);
    EXPECT_EQ(stress({lending, lending}).code, 4) << "two lending books";
    EXPECT_EQ(margincall_says({"import", lending}).code, 4) << "one already";
    EXPECT_EQ(margincall_says({"import", lending, book}).code, 4);
}

TEST_F(LendingCommand, PseudonymsHideIdsOfALendingBook) {
    std::string rows = lending_rows;
    for (std::size_t at = 0; (at = rows.find("ann", at)) != std::string::npos;) {
        rows.replace(at, 3, "real-ann");
        at += 8;
    }
    const Said said =
        stress({write("lending.csv", rows + "real-bob,core,WETH,x,yes,0,,,4000,83%,5%,10%,18\n"),
                "--pseudonyms",
                "--skip-bad",
                "--shock",
                "ETH=-25%"});
    ASSERT_EQ(said.code, 0) << said.err;
    EXPECT_FALSE((said.out + said.err).contains("real-")) << said.out + said.err;
    EXPECT_FALSE(read(path("out/lending_accounts.csv")).contains("real-"));
    EXPECT_FALSE(read(path("out/left_out.csv")).contains("real-"));
    EXPECT_TRUE(read(path("out/lending_accounts.csv")).contains("acc-"));
    EXPECT_EQ(row(said, "lending")["lines_left_out"], 1);
}

const char* const reserves = R"({"userReserves": [
    {"user": {"id": "0xa", "eModeCategoryId": null}, "currentATokenBalance": "10000000000000000000",
     "currentVariableDebt": "0", "usageAsCollateralEnabledOnUser": true,
     "reserve": {"symbol": "WETH", "decimals": 18, "reserveLiquidationThreshold": "8300",
                 "reserveLiquidationBonus": "10500", "price": {"priceInEth": "400000000000"}}},
    {"user": {"id": "0xa", "eModeCategoryId": null}, "currentATokenBalance": "0",
     "currentVariableDebt": "30000000000", "usageAsCollateralEnabledOnUser": false,
     "reserve": {"symbol": "USDC", "decimals": 6, "reserveLiquidationThreshold": "7800",
                 "reserveLiquidationBonus": "10450", "price": {"priceInEth": "100000000"}}}]})";

TEST_F(LendingCommand, UserReservesAreImportedAndRunAsTheyAre) {
    const std::string state = write("state.json", reserves);
    const Said imported = margincall_says({"import", state, "-o", path("book.csv"), "--json"});
    ASSERT_EQ(imported.code, 0) << imported.err;
    const json line = json::parse(imported.out);
    EXPECT_EQ(line["format"], "aave-v3");
    EXPECT_EQ(line["accounts"], 1);
    EXPECT_EQ(line["lines"], 2);
    const Said of_book = stress({path("book.csv"), "--shock", "ETH=-25%"}, "a");
    const Said of_state = stress({state, "--shock", "ETH=-25%"}, "b");
    ASSERT_EQ(of_book.code, 0) << of_book.err;
    ASSERT_EQ(of_state.code, 0) << of_state.err;
    EXPECT_EQ(row(of_book, "lending")["digest"], row(of_state, "lending")["digest"]);
    EXPECT_EQ(row(of_state, "lending")["bad_debt_usd"], "1428.571428");

    std::string broken = reserves;
    broken.replace(broken.find("\"10500\""), 7, "null");
    const Said refused = stress({write("broken.json", broken)});
    EXPECT_EQ(refused.code, 4);
    EXPECT_TRUE(refused.err.contains("E632")) << refused.err;
}

}  // namespace
}  // namespace margincall
