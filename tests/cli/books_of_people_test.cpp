// Books as people have them, through `margincall stress`: each line stands for a kind of fault that a
// book met. Figures by hand: docs/account-book.md and docs/liquidation.md have the formulas.
#include <fmt/format.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>

#include "program.hpp"

namespace margincall {
namespace {

namespace fs = std::filesystem;
using testing::margincall_says;
using testing::read;
using testing::Said;
using Json = nlohmann::json;

const std::string book_head =
    "account,owner_group,venue,instrument,side,size,entry,margin_mode,collateral,amount,reported_"
    "equity,reported_margin,reported_liquidation_price\n";

class BooksOfPeople : public ::testing::Test {
  protected:
    BooksOfPeople() {
        std::string name = (fs::temp_directory_path() / "mc-books-XXXXXX").string();
        folder_ = mkdtemp(name.data());
    }
    ~BooksOfPeople() override {
        std::error_code ignored;
        fs::remove_all(folder_, ignored);
    }
    std::string path(const std::string& name) const { return (folder_ / name).string(); }
    std::string write(const std::string& name, const std::string& text) const {
        std::ofstream{folder_ / name, std::ios::binary} << text;
        return path(name);
    }
    // A stress of the text without a report; `more` are further arguments.
    Said stress(const std::string& book, std::vector<std::string> more = {}) const {
        std::vector<std::string> words{"stress",
                                       write("book.csv", book),
                                       "--json",
                                       "--no-report",
                                       "--betas",
                                       "off",
                                       "-o",
                                       path("out")};
        if (more.empty()) {
            more = {"--price", "BTC=110000", "--shock", "BTC=0%", "--tolerance", "0.00001"};
        }
        words.insert(words.end(), more.begin(), more.end());
        return margincall_says(words);
    }
    // The first row of a kind among the lines that a program reads.
    static Json row(const Said& said, const std::string& kind) {
        std::istringstream lines{said.out};
        for (std::string line; std::getline(lines, line);) {
            Json row = Json::parse(line);
            if (row["kind"] == kind) {
                return row;
            }
        }
        return {};
    }
    void expect_breaks(const std::string& lines, int breaks) const {
        const Said said = stress(book_head + lines);
        ASSERT_EQ(said.code, 0) << said.err;
        EXPECT_EQ(row(said, "book")["breaks"], breaks) << said.out;
    }
    fs::path folder_;
};

// D stands for eight venues with lots of their own; A's lot of BTC is known: 0.001.
TEST_F(BooksOfPeople, ARowForSeveralVenuesTakesSizesOfEachOfThem) {
    const auto book = [](const char* venue, const char* size) {
        return fmt::format(
            "{}ann,,{},BTC,long,{},110000,cross,USDT,200,,,\n", book_head, venue, size);
    };
    EXPECT_EQ(stress(book("D", "0.0127")).code, 0);
    EXPECT_EQ(stress(book("D", "0.00127")).code, 0);
    EXPECT_EQ(stress(book("D", "0.000001")).code,
              4);  // a tick of it is worth no whole micro-dollar
    const Said known = stress(book("A", "0.0127"));
    EXPECT_EQ(known.code, 4);
    EXPECT_NE(known.err.find("multiples of 0.001"), std::string::npos) << known.err;
}

TEST_F(BooksOfPeople, ALatin1AccountIsNamedWithItsLine) {
    const std::string book =
        book_head +
        "soci\xE9t\xE9-7,,A,BTC,long,1,110000,isolated,USD,1500,,,1\nok,,A,,,,,cross,USD,5,,,\n";
    const Said refused = stress(book);
    EXPECT_EQ(refused.code, 4);
    EXPECT_TRUE(refused.err.contains("book.csv:2:5: error[E105] the byte 0xE9 is not UTF-8"))
        << refused.err;
    EXPECT_TRUE(refused.err.contains("soci\\xe9t\\xe9-7")) << refused.err;
    EXPECT_EQ(row(refused, "error")["code"], "E105");

    EXPECT_EQ(stress(book, {"--skip-bad", "--shock", "BTC=-20%"}).code, 0);
}

TEST_F(BooksOfPeople, AWalletInDebtIsBelowItsMargin) {
    const Said said =
        stress(book_head + "ann,,A,,,,,cross,USDT,-500,-500,,\nzoe,,A,,,,,cross,USDT,0,0,,\n");
    ASSERT_EQ(said.code, 0) << said.err;
    EXPECT_EQ(row(said, "book")["units_below_margin"], 1);
}

TEST_F(BooksOfPeople, CollateralFallsWithItsOwnCoin) {
    expect_breaks("ann,,A,BTC,long,0.5,110000,cross,BTC,0.1,,,92748.7\n", 0);
}

TEST_F(BooksOfPeople, BothLegsOfAHedgeHaveOnePrice) {
    expect_breaks(
        "ann,,A,BTC,long,1,110000,cross,USD,1000,,,125000.1\nann,,A,BTC,short,1,110000,cross,,,,,"
        "125000.1\n",
        0);
}

TEST_F(BooksOfPeople, CheapCoinsAreComparedInTheirTicks) {
    const Said said = stress(book_head + "ann,,A,T1,long,10000,1,isolated,USDT,1000,,,0.915\n",
                             {"--shock", "BTC=0%"});
    ASSERT_EQ(said.code, 0) << said.err;
    EXPECT_EQ(row(said, "book")["breaks"], 1) << said.out;
}

TEST_F(BooksOfPeople, ZeroBlankAndNullSayNever) {
    expect_breaks(
        "ann,,A,BTC,long,0.02,110000,cross,USDT,2500,,,0\nbob,,A,BTC,long,0.02,110000,cross,USDT,"
        "2500,,,null\n"
        "cat,,A,BTC,long,0.02,110000,cross,USDT,2500,,,\n",
        0);
}

TEST_F(BooksOfPeople, InverseContractsAreRefused) {
    const Said said = stress(book_head + "ann,,B,btcusd,long,10,110000,cross,BTC,0.05,,,\n");
    EXPECT_EQ(said.code, 4);
    EXPECT_TRUE(said.err.contains("\"btcusd\" is margined in its coin")) << said.err;
}

TEST_F(BooksOfPeople, AnAccountThatBeginsWithAHashDoesNotVanish) {
    const std::string ann = "ann,,A,BTC,long,1,110000,cross,USD,15000,,,\n";
    const Said refused =
        stress(book_head + ann + "#1042,,A,BTC,short,5,110000,isolated,USD,100,,,\n");
    EXPECT_EQ(refused.code, 4);
    EXPECT_TRUE(refused.err.contains("a comment, or a line whose first field begins with #"))
        << refused.err;

    const Said said =
        stress(book_head + ann + "\"#1042\",,A,BTC,short,5,110000,isolated,USD,100,,,\n");
    ASSERT_EQ(said.code, 0) << said.err;
    EXPECT_EQ(row(said, "book")["accounts"], 2);
    EXPECT_EQ(row(said, "book")["units_below_margin"], 1);
}

TEST_F(BooksOfPeople, QuotesInsideOfQuotesAreRead) {
    const Said said =
        stress(book_head + "ann,\"Fund \"\"A\"\", LP\",A,BTC,long,1,110000,cross,USD,15000,,,\n");
    ASSERT_EQ(said.code, 0) << said.err;
    EXPECT_TRUE(read(path("out") + "/horizon.csv").contains("BTC,\"Fund \"\"A\"\", LP\",long,"));
}

TEST_F(BooksOfPeople, APriceFarAwayIsStillAPrice) {
    const Said said =
        stress(book_head + "ann,,H,BTC,short,0.0017,82348,cross,USDC,28916,,,16880751\n",
               {"--price", "BTC=79846", "--shock", "BTC=0%", "--tolerance", "0.00001"});
    ASSERT_EQ(said.code, 0) << said.err;
    EXPECT_EQ(row(said, "book")["breaks"], 0) << said.out;
}

TEST_F(BooksOfPeople, ACoinMayGoToAlmostNothing) {
    const Said said = stress(book_head +
                                 "ann,,A,T1,long,10000,1,isolated,USDT,1000,,,\nbob,,A,T1,short,"
                                 "10000,1,cross,USDT,5000,,,\n",
                             {"--shock", "T1=-99.9%"});
    EXPECT_EQ(said.code, 0) << said.err;
}

TEST_F(BooksOfPeople, ATickBelowAMicroDollarIsReckonedExactly) {
    const std::string market = write("market.toml", R"(schema = 1
extends = "builtin/2025-11-04.toml"
[meta]
name = "small-tick"
title = "a coin with a tick of 1e-7 and a lot of 1"
about = "grid of Binance 1000PEPEUSDT"
[venues.B]
perps = ["BTC","ETH","SOL","XRP","T1","T2","T3","T4"]
[venues.D]
perps = ["BTC","ETH","SOL","XRP","T1","T2","T3","T4"]
[venues.H]
perps = ["BTC","ETH","SOL","XRP","T1","T2","T3","T4"]
[venues.A.tiers]
"1000PEPE" = [[0, 1_000_000_000, 0.01, 50, 0]]
BTC = [[0, 1_000_000_000, 0.01, 50, 0]]
ETH = [[0, 1_000_000_000, 0.01, 50, 0]]
SOL = [[0, 1_000_000_000, 0.01, 50, 0]]
XRP = [[0, 1_000_000_000, 0.01, 50, 0]]
tail = [[0, 1_000_000_000, 0.01, 50, 0]]
[assets."1000PEPE"]
price = "0.0071430 USD"
open_interest = "1 bn USD"
volatility = "5 %/day"
beta = { BTC = 1.5 }
volume = "1 bn USD/day"
depth_1pct = "10 m USD"
spot_depth = "20 %"
order_min = "5 USD"
perp = { tick = "0.0000001 USD", lot = 1 }
spot = { tick = "0.0000001 USD", lot = 1 }
)");
    const Said said =
        stress(book_head + "ann,,A,1000PEPEUSDT,long,1000003,0.00715,cross,USDT,800,,,0.0064141\n",
               {"--market", market, "--shock", "BTC=0%", "--tolerance", "0.001"});
    ASSERT_EQ(said.code, 0) << said.err;
    EXPECT_EQ(row(said, "book")["breaks"], 0) << said.out;
}

TEST_F(BooksOfPeople, VenuesOwnWordsAreRead) {
    const Said said = stress(book_head +
                             "ann,,A,BTCUSDT,LONG,1,110000,ISOLATED,USDT,15000,,,\nbob,,B,BTCUSDT,"
                             "Sell,1,110000,,USDT,15000,,,\n"
                             "cat,,A,BTC_USDT,long,1,110000,crossed,USDT,15000,,,\n");
    EXPECT_EQ(said.code, 0) << said.err;
}

TEST_F(BooksOfPeople, ASemicolonWithDecimalCommasIsNamed) {
    std::string book = "ann;;A;BTC;long;0,5;110000;isolated;USDT;15000,50;;;\n";
    std::string line = book_head;
    std::ranges::replace(line, ',', ';');
    const Said refused = stress(line + book);
    EXPECT_EQ(refused.code, 4);
    EXPECT_TRUE(refused.err.contains(
        "has a decimal comma; write 15000.50 (the file is separated by semicolons)"))
        << refused.err;
    EXPECT_TRUE(refused.err.contains("2 errors")) << refused.err;
    std::ranges::replace(book, ',', '.');
    EXPECT_EQ(stress(line + book).code, 0);
}

TEST_F(BooksOfPeople, LongIdsAreRead) {
    std::string chinese;
    for (int k = 0; k < 24; ++k) {
        chinese += "\xE5\x8F\xA3";
    }
    const Said said = stress(book_head + "0x" + std::string(64, 'a') +
                             ",,A,BTC,long,1,110000,cross,USD,15000,,,\n" + chinese +
                             ",,A,BTC,long,1,110000,cross,USD,15000,,,\n");
    EXPECT_EQ(said.code, 0) << said.err;
}

// The book holds what the salt and the ids are looked for in everything that is written or said.
TEST_F(BooksOfPeople, PseudonymsHideIdsAndSaltEverywhere) {
    const std::string salt = "my SECRET phrase";
    const std::string book = book_head +
                             "real-ann,real-desk,A,BTC,long,5,110000,isolated,USD,20000,1,,1\nreal-"
                             "bob,real-desk,A,BTC,short,2,110000,cross,USD,90000,,,\n"
                             "real-cat,real-desk,X,real-dog,long,1,110000,real-mode,USD,9,,,\nreal-"
                             "bob,real-other,A,,,,,cross,USD,5,,,\n"
                             "real-\xE9,,A,,,,,cross,USD,5,,,\nreal-eve,,A\n";
    const std::vector<std::vector<std::string>> ways = {{"--salt", salt}, {"--salt=" + salt}};
    for (const std::vector<std::string>& way : ways) {
        std::error_code ignored;
        fs::remove_all(path("out"), ignored);
        std::vector<std::string> words{"stress",
                                       write("book.csv", book),
                                       "--pseudonyms",
                                       "--skip-bad",
                                       "--json",
                                       "--shock",
                                       "BTC=-30%",
                                       "-o",
                                       path("out")};
        words.insert(words.end(), way.begin(), way.end());
        const Said said = margincall_says(words);
        ASSERT_EQ(said.code, 0) << said.err;
        std::string all = said.out + said.err;
        for (const auto& file : fs::recursive_directory_iterator(path("out"))) {
            all += file.is_regular_file() ? read(file.path()) : "";
        }
        for (const char* const secret : {"real-", "SECRET", "phrase'"}) {
            const std::size_t at = all.find(secret);
            EXPECT_EQ(at, std::string::npos) << all.substr(at < 60 ? 0 : at - 60, 160);
        }
        EXPECT_TRUE(all.contains("acc-") && all.contains("unknown name")) << said.err;
        // Without --skip-bad the same problems are the answer.
        words.erase(std::ranges::find(words, "--skip-bad"));
        const Said refused = margincall_says(words);
        EXPECT_EQ(refused.code, 4);
        EXPECT_EQ((refused.out + refused.err).find("real-"), std::string::npos) << refused.err;
    }
}

TEST_F(BooksOfPeople, AShortSaltIsRefused) {
    const Said said = stress(book_head + "a,,A,,,,,cross,USD,5,,,\n",
                             {"--pseudonyms", "--salt", "fifteen letters"});
    EXPECT_EQ(said.code, 2);
    EXPECT_TRUE(said.err.contains("--salt: error[E615] 15 characters")) << said.err;
    EXPECT_FALSE(said.err.contains("fifteen")) << said.err;
}

TEST_F(BooksOfPeople, NoCellOfAFileIsAFormula) {
    const Said said = stress(book_head +
                                 "=1+1,@sum,A,BTC,long,5,110000,isolated,USD,20000,1,,1\n\"'-x\",+"
                                 "y,A,BTC,short,2,110000,cross,USD,90000,1,,\n",
                             {"--shock", "BTC=-30%"});
    ASSERT_EQ(said.code, 0) << said.err;
    EXPECT_TRUE(read(path("out") + "/reconciliation.csv").contains(",'=1+1,"));
    EXPECT_TRUE(read(path("out") + "/liquidations.csv").contains(",'=1+1,'@sum,"));
    EXPECT_TRUE(read(path("out") + "/horizon.csv").contains(",'@sum,"));
    EXPECT_EQ(row(said, "break")["account"], "=1+1");
}

TEST_F(BooksOfPeople, TerminalsAreNotSteeredByIds) {
    const Said said =
        stress(book_head + "\x1B[2Jann,\x1B]0;x\x07,A,BTC,long,5,110000,isolated,USD,20000,1,,1\n",
               {"--shock", "BTC=-30%"});
    ASSERT_EQ(said.code, 0) << said.err;
    EXPECT_EQ(said.err.find('\x1B'), std::string::npos);
    EXPECT_EQ(said.out.find('\x1B'), std::string::npos);  // JSON writes \u001b
    const Said refused = stress(book_head + "\x1B[2Jann,,X\x1B[31m,,,,,cross,USD,5,,,\n");
    EXPECT_EQ(refused.code, 4);
    EXPECT_EQ(refused.err.find('\x1B'), std::string::npos);
}

TEST_F(BooksOfPeople, NumbersOfOptionsHaveTheSameGrammar) {
    struct Row {
        std::vector<std::string> words;
        const char* says;
    };
    for (const Row& one :
         {Row{{"--depth-factor", "nan"}, "\"nan\" is not a finite number; allowed 0 to 1000"},
          Row{{"--tolerance", "nan"}, "\"nan\" is not a finite number; allowed 0 to 100"},
          Row{{"--tolerance", "0,1"}, "\"0,1\" has a decimal comma; write 0.1"},
          Row{{"--depth-factor", "-1"}, "\"-1\" is out of range; allowed 0 to 1000"},
          Row{{"--stages", "2.5"}, "\"2.5\" is not a whole number; allowed 1 to 100"},
          Row{{"--seed", "-5"}, "\"-5\" is out of range; allowed 0 to 18446744073709551615"},
          Row{{"--refill", "1,5s"}, "\"1,5\" has a decimal comma; write 1.5"},
          Row{{"--price", "BTC=1,5"}, "\"1,5\" has a decimal comma; write 1.5"},
          Row{{"--price", "BTC=inf"}, "\"inf\" is not a finite number"},
          Row{{"--shock", "BTC=-1,5%"}, "\"1,5\" has a decimal comma; write 1.5"},
          Row{{"--set", "venues.A.fees.taker=\"0,05 %\""},
              "\"0,05\" has a decimal comma; write 0.05"},
          Row{{"--set", "venues.A.fees.taker=0,05 %"},
              "\"0,05\" has a decimal comma; write 0.05"}}) {
        const Said said = stress(book_head + "a,,A,,,,,cross,USD,5,,,\n", one.words);
        EXPECT_NE(said.code, 0) << one.words[1];
        EXPECT_TRUE(said.err.contains(one.says)) << said.err;
    }
    EXPECT_EQ(stress(book_head + "a,,A,,,,,cross,USD,5,,,\n",
                     {"--price", "BTC=110,000.5", "--depth-factor", "1e0"})
                  .code,
              0);
}

TEST_F(BooksOfPeople, OnlyFilesAreRead) {
    const std::string pipe = path("pipe");
    ASSERT_EQ(mkfifo(pipe.c_str(), 0600), 0);
    const std::string book = write("book.csv", book_head + "a,,A,,,,,cross,USD,5,,,\n");
    const auto says = [&](std::vector<std::string> words) {
        words.insert(words.begin(), "stress");
        const Said said = margincall_says(words);
        EXPECT_EQ(said.code, 4) << words[1];
        return said.err;
    };
    EXPECT_TRUE(says({pipe}).contains("error[E102] is a pipe, not a file"));
    EXPECT_TRUE(says({"/dev/zero"}).contains("error[E102] is a device, not a file"));
    EXPECT_TRUE(says({folder_.string()}).contains("error[E102] is a folder, not a file"));
    EXPECT_TRUE(says({book, "--depth", pipe}).contains("is a pipe"));
    EXPECT_TRUE(says({book, "--funds", "/dev/null"}).contains("is a device"));
    EXPECT_TRUE(says({book, "--rules", pipe}).contains("is a pipe"));
}

TEST_F(BooksOfPeople, ArgumentsThatAreNoUtf8AreNamedBeforeAnythingRuns) {
    const Said said = margincall_says({"stress",
                                       "book-\xE9.csv",
                                       "--salt",
                                       "s\xE9"
                                       "cret"});
    EXPECT_EQ(said.code, 2);
    EXPECT_TRUE(said.err.contains("margincall: byte 6 of argument 2 is not UTF-8")) << said.err;
    EXPECT_FALSE(said.err.contains("cret"));
}

TEST_F(BooksOfPeople, MoreThanCanBeCountedIsAnErrorOfItsLine) {
    const Said said = stress(book_head + "whale,,A,BTC,long,1,110000,cross,BTC,500000000,,,\n",
                             {"--shock", "BTC=-30%"});
    EXPECT_EQ(said.code, 4);
    EXPECT_TRUE(said.err.contains("book.csv:2:38: error[E604] amount: 500000000 is too large"))
        << said.err;
}

// --- limits and conditions ---

const char* const one_account = "ann,,A,BTC,long,1,110000,isolated,USD,5000,,,\n";

TEST_F(BooksOfPeople, AConditionThatHoldsIsExitFive) {
    const std::string book = book_head + one_account;
    const std::vector<std::string> fall = {"--price", "BTC=110000", "--shock", "BTC=-10%"};
    const auto with = [&](const char* option, const char* text) {
        std::vector<std::string> words = fall;
        words.insert(words.end(), {option, text});
        return stress(book, words);
    };
    const Said holds = with("--fail-if", "accounts_liquidated > 0");
    EXPECT_EQ(holds.code, 5);
    EXPECT_NE(holds.err.find("holds: accounts_liquidated > 0 (1)"), std::string::npos) << holds.err;
    EXPECT_EQ(with("--fail-if", "accounts_liquidated > 1").code, 0);

    const Said limit = with("--limit", "accounts_liquidated <= 0");
    EXPECT_EQ(limit.code, 0);
    EXPECT_EQ(row(limit, "limit")["verdict"], "broken");
    EXPECT_EQ(row(with("--limit", "bad_debt_usd <= 5 m USD"), "limit")["verdict"], "kept");
}

TEST_F(BooksOfPeople, ALimitOnNothingKnownIsRefusedWithWhatThereIs) {
    const auto refused = [&](const char* text) {
        const Said said = stress(book_head + one_account, {"--limit", text});
        EXPECT_EQ(said.code, 2) << text;
        return said.err;
    };
    EXPECT_NE(refused("bad_dept <= 0").find("bad_debt_usd"), std::string::npos);
    EXPECT_NE(refused("bad_debt_usd").find("compares nothing"), std::string::npos);
    EXPECT_NE(refused("bad_debt_usd <= 5 %").find("has another unit"), std::string::npos);
    EXPECT_NE(refused("accounts_liquidated <= 5 m USD").find("has another unit"),
              std::string::npos);
    EXPECT_NE(refused("bad_debt_usd <= x").find("E615"), std::string::npos);
}

// The market's own limits come before those of the options; one about a figure of a run is told, not judged.
TEST_F(BooksOfPeople, LimitsOfTheMarketAreJudgedToo) {
    const std::string market = write("market.toml",
                                     "extends = \"builtin/2025-11-04.toml\"\n[limits]\n"
                                     "nobody = \"accounts_liquidated <= 0\"\n"
                                     "low = \"btc_low >= 90,000 USD\"\n");
    const Said said = stress(book_head + one_account,
                             {"--market",
                              market,
                              "--price",
                              "BTC=110000",
                              "--shock",
                              "BTC=-10%",
                              "--limit",
                              "bad_debt_usd <= 0"});
    ASSERT_EQ(said.code, 0) << said.err;
    std::vector<std::string> limits;
    std::istringstream lines{said.out};
    for (std::string line; std::getline(lines, line);) {
        const Json one = Json::parse(line);
        if (one["kind"] == "limit") {
            limits.push_back(fmt::format(
                "{}: {}", one["limit"].get<std::string>(), one["verdict"].get<std::string>()));
        }
    }
    EXPECT_EQ(limits,
              (std::vector<std::string>{"nobody: accounts_liquidated <= 0: broken",
                                        "bad_debt_usd <= 0: kept"}));

    write("market.toml",
          "extends = \"builtin/2025-11-04.toml\"\n[limits]\nnobody = \"accounts <= 0\"\n");
    const Said wrong = stress(book_head + one_account, {"--market", market});
    EXPECT_EQ(wrong.code, 3);
    EXPECT_NE(wrong.err.find("market.toml:3:10: error[E307] limits.nobody"), std::string::npos)
        << wrong.err;
}

// --- rules beside today's ---

TEST_F(BooksOfPeople, EveryProposalIsAColumnOfItsName) {
    const std::string half = write("half.toml", "[venues.A]\nliquidation.fee = \"0.5 %\"\n");
    const std::string none = write("none.toml", "[venues.A]\nliquidation.fee = \"0 %\"\n");
    const std::string book = book_head + one_account;
    const auto cases = [&](std::vector<std::string> files) {
        std::vector<std::string> words{"--price", "BTC=110000", "--shock", "BTC=-10%"};
        for (const std::string& file : files) {
            words.insert(words.end(), {"--rules", file});
        }
        const Said said = stress(book, words);
        EXPECT_EQ(said.code, 0) << said.err;
        std::vector<std::string> out;
        std::istringstream lines{said.out};
        for (std::string line; std::getline(lines, line);) {
            const Json one = Json::parse(line);
            const bool stage = one["kind"] == "activation" && one["share"] == 1.0;
            if (one["kind"] == "outcome" || stage) {
                out.push_back(one["kind"].get<std::string>() + " " +
                              one["case"].get<std::string>());
            }
        }
        return out;
    };
    EXPECT_EQ(cases({half}),
              (std::vector<std::string>{
                  "outcome shock", "outcome proposed rules", "activation proposed rules"}));
    EXPECT_EQ(cases({half, none}),
              (std::vector<std::string>{"outcome shock",
                                        "outcome half",
                                        "outcome none",
                                        "activation half",
                                        "activation none"}));
    // Two files of one name are told apart by their folders.
    fs::create_directory(folder_ / "b");
    const std::string other = write("b/half.toml", "[venues.A]\nliquidation.fee = \"0 %\"\n");
    EXPECT_EQ(cases({half, other}).at(2), "outcome " + other);
}

// --- orders of auto-deleveraging ---

TEST_F(BooksOfPeople, OrdersOfDeleveragingStandBesideTodays) {
    // Nobody buys and no fund pays: the loser is closed against a winner.
    const std::string book = book_head +
                             "ann,,A,BTC,long,10,110000,isolated,USD,50000,,,\n"
                             "bob,,A,BTC,short,10,110000,isolated,USD,900000,,,\n"
                             "cas,,A,BTC,short,10,110000,isolated,USD,60000,,,\n";
    const std::string funds = write("funds.csv", "venue,pool,instruments,balance\nA,main,*,0\n");
    const std::vector<std::string> asked{"--price",
                                         "BTC=110000",
                                         "--shock",
                                         "BTC=-10%",
                                         "--depth-factor",
                                         "0",
                                         "--funds",
                                         funds,
                                         "--adl",
                                         "leverage-only, pro-rata"};
    const Said said = stress(book, asked);
    ASSERT_EQ(said.code, 0) << said.err;
    std::vector<Json> rules;
    std::istringstream lines{said.out};
    for (std::string line; std::getline(lines, line);) {
        Json one = Json::parse(line);
        if (one["kind"] == "adl_rule") {
            rules.push_back(std::move(one));
        }
    }
    ASSERT_EQ(rules.size(), 3U);
    EXPECT_EQ(rules[0]["order"], "today's");
    EXPECT_EQ(rules[1]["order"], "leverage-only");
    EXPECT_EQ(rules[2]["order"], "pro-rata");
    EXPECT_EQ(rules[1]["accounts"], 1);
    EXPECT_EQ(rules[2]["accounts"], 2);
    EXPECT_GT(rules[2]["needed_usd"], 0.0);
    EXPECT_EQ(rules[0]["taken_usd"], row(said, "outcome")["adl_usd"]);
    EXPECT_TRUE(fs::exists(folder_ / "out" / "adl_rules.csv"));

    const Said wrong = stress(book, {"--adl", "pro-rata,largest"});
    EXPECT_EQ(wrong.code, 2);
    EXPECT_NE(wrong.err.find("error[E615] \"largest\""), std::string::npos) << wrong.err;
    EXPECT_NE(wrong.err.find("profit*leverage"), std::string::npos);
}

TEST_F(BooksOfPeople, VariationsAreRangesAndCanBeLeftOut) {
    const std::string book = book_head + one_account;
    // 4.2 % below 110,000 is where the margin ends: between the smaller and the larger shock.
    const Said with = stress(book, {"--price", "BTC=110000", "--shock", "BTC=-4.15%/10min"});
    ASSERT_EQ(with.code, 0) << with.err;
    EXPECT_EQ(row(with, "varied")["how"], "half the step");
    const Said without =
        stress(book, {"--price", "BTC=110000", "--shock", "BTC=-4.15%/10min", "--vary", "off"});
    EXPECT_TRUE(row(without, "varied").is_null());
    EXPECT_EQ(row(with, "outcome")["digest"], row(without, "outcome")["digest"]);
    EXPECT_NE(row(with, "book")["stress_hash"], row(without, "book")["stress_hash"]);
}

}  // namespace
}  // namespace margincall
