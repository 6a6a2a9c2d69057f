// `margincall stress` from the answers of venues' interfaces to a result, with no file written by hand.
#include <fmt/format.h>
#include <gtest/gtest.h>

#include <chrono>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>
#include <sstream>

#include "program.hpp"
#include "temporary_folder.hpp"

namespace margincall {
namespace {

namespace fs = std::filesystem;
using testing::margincall_says;
using testing::read;
using testing::Said;
using Json = nlohmann::json;

fs::path shared_folder(const std::string& path) {
    const char* const set = std::getenv("MARGINCALL_SHARED");
    return (set != nullptr ? fs::path{set} : fs::path{MC_SOURCE_DIR}.parent_path() / "shared") /
           path;
}

class StressInputs : public ::testing::Test {
  protected:
    [[nodiscard]] std::string file(const std::string& name) const {
        return (folder_.path() / name).string();
    }
    std::string write(const std::string& name, const std::string& text) const {
        std::ofstream{folder_.path() / name, std::ios::binary} << text;
        return file(name);
    }
    Said stress(std::vector<std::string> words) {
        words.insert(words.begin(), "stress");
        for (const char* const word : {"--shock", "BTC=-5%", "--json", "-o"}) {
            words.emplace_back(word);
        }
        words.push_back(file("out" + std::to_string(++count_)));
        return margincall_says(words);
    }
    static std::vector<Json> rows(const Said& said, const std::string& kind) {
        std::istringstream lines{said.out};
        std::vector<Json> out;
        for (std::string line; std::getline(lines, line);) {
            const Json row = Json::parse(line);
            if (row["kind"] == kind) {
                out.push_back(row);
            }
        }
        return out;
    }

    // The liquidation prices of docs/import.md: 3,188 that did not fix their account's equity, by cause.
    static void expect_prices(
        const Said& said, int agree, int contradiction, int gap, int unknown) {
        for (const Json& row : rows(said, "agreement")) {
            if (row["figure"] == "liquidation price") {
                EXPECT_EQ(row["compared"], 3188);
                EXPECT_EQ(row["agree_of_themselves"], 581);
                EXPECT_EQ(row["agree"], agree);
                EXPECT_EQ(row["causes"]["our reading"]["figures"], 0);
                EXPECT_EQ(row["causes"]["the file's own contradiction"]["figures"], contradiction);
                EXPECT_EQ(row["causes"]["the format cannot say"]["figures"], gap);
                EXPECT_EQ(row["causes"]["unknown tier"]["figures"], unknown);
                return;
            }
        }
        FAIL() << "no liquidation prices";
    }

    testing::TemporaryFolder folder_;
    int count_ = 0;
};

// A book reaches to twenty times the price, in ticks of 0.1 USD to 13.4 m ticks: 1,342,177 USD.
TEST_F(StressInputs, APriceThatNoBookReachesIsRefused) {
    const auto book = [&](const char* price) {
        return write(
            "book.csv",
            fmt::format(
                "account,venue,instrument,side,size,entry,margin_mode,collateral,amount,mark\n"
                "ann,A,BTC,long,0.01,{0},isolated,USD,9000,{0}\n",
                price));
    };
    EXPECT_EQ(stress({book("1340000")}).code, 0);
    const Said refused = stress({book("9000000")});
    EXPECT_EQ(refused.code, 4);
    EXPECT_NE(refused.err.find(
                  "error[E604] the price 9000000 USD is more than 13421773 ticks of 0.1 USD"),
              std::string::npos)
        << refused.err;
}

struct StateSample {
    const char* name;
    std::vector<const char*> files;
};
class StateSamples : public StressInputs, public ::testing::WithParamInterface<StateSample> {};

TEST_P(StateSamples, RunFromTheAnswerToTheReport) {
    if (!fs::exists(shared_folder("cases/import-samples"))) {
        GTEST_SKIP() << "no samples at MARGINCALL_SHARED/cases/import-samples: skipped";
    }
    std::vector<std::string> words;
    for (const char* const name : GetParam().files) {
        words.push_back(shared_folder(std::string{"cases/import-samples/"} + name).string());
    }
    const auto begun = std::chrono::steady_clock::now();
    const Said said = stress(words);
    const double seconds =
        std::chrono::duration<double>(std::chrono::steady_clock::now() - begun).count();
    ASSERT_EQ(said.code, 0) << said.err;
    EXPECT_LT(seconds, 10.0);
    ASSERT_EQ(rows(said, "book").size(), 1U);
    const Json book = rows(said, "book").front();
    EXPECT_EQ(book["breaks"], 0) << said.out;
    EXPECT_TRUE(fs::exists(file("out1") + "/report.html"));
    EXPECT_TRUE(fs::exists(file("out1") + "/sources.csv"));
    for (const Json& source : rows(said, "source")) {
        EXPECT_EQ(source["price"], "book");
    }
}

INSTANTIATE_TEST_SUITE_P(
    Venues,
    StateSamples,
    ::testing::Values(
        StateSample{"hyperliquid", {"hyperliquid-clearinghouseState.json"}},
        StateSample{"hyperliquid_negative",
                    {"hyperliquid-clearinghouseState-negative-isolated-margin.json"}},
        StateSample{"binance",
                    {"binance-fapi-v3-account.json", "binance-fapi-v3-positionRisk.json"}},
        StateSample{"bybit",
                    {"bybit-v5-position-list.json",
                     "bybit-v5-wallet-balance.json",
                     "bybit-v5-account-info.json"}},
        StateSample{
            "okx",
            {"okx-account-positions.json", "okx-account-balance.json", "okx-instruments.json"}},
        StateSample{"ccxt", {"ccxt-binance.json"}}),
    [](const auto& sample) { return std::string{sample.param.name}; });

constexpr const char* account_state =
    R"({"0xa": {"crossMarginSummary": {"accountValue": "1000"}, "crossMaintenanceMarginUsed": "64.05",
        "assetPositions": [
          {"position": {"coin": "BTC", "szi": "0.01", "leverage": {"type": "cross", "value": 20}, "entryPx": "68000",
            "positionValue": "680.4", "unrealizedPnl": "0.4", "liquidationPx": null, "maxLeverage": 40}},
          {"position": {"coin": "kPEPE", "szi": "-100000", "leverage": {"type": "cross", "value": 3}, "entryPx": "0.004",
            "positionValue": "433.1", "unrealizedPnl": "-33.1", "liquidationPx": null, "maxLeverage": 10}}]}})";

TEST_F(StressInputs, AStateRunsAtItsOwnPricesAndSaysWhereTheyAreFrom) {
    const std::string path = write("state.json", account_state);
    const Said said = stress({path, "--no-report"});
    ASSERT_EQ(said.code, 0) << said.err;
    const auto sources = rows(said, "source");
    ASSERT_EQ(sources.size(), 2U);
    EXPECT_EQ(sources[0]["price"], "book");
    EXPECT_EQ(sources[0]["tiers"], "market");
    EXPECT_EQ(sources[1]["instrument"], "H:kPEPE-PERP");
    EXPECT_EQ(sources[1]["tiers"], "highest leverage 10x: maintenance 5 % at every size");
    EXPECT_NE(said.err.find("prices of the book itself"), std::string::npos) << said.err;
    EXPECT_NE(said.err.find("warning[W632]"), std::string::npos) << said.err;

    const std::string meta = write(
        "meta.json",
        R"({"universe": [{"name": "BTC", "szDecimals": 5, "maxLeverage": 40, "marginTableId": 40},
            {"name": "kPEPE", "szDecimals": 0, "maxLeverage": 10, "marginTableId": 52}],
            "marginTables": [["52", {"marginTiers": [{"lowerBound": "0.0", "maxLeverage": 10},
                {"lowerBound": "20000000.0", "maxLeverage": 5}]}]]})");
    const Said with_meta = stress({path, meta, "--no-report"});
    ASSERT_EQ(with_meta.code, 0) << with_meta.err;
    EXPECT_EQ(rows(with_meta, "source")[1]["tiers"], meta);
    EXPECT_NE(rows(with_meta, "book")[0]["stress_hash"], rows(said, "book")[0]["stress_hash"]);
    EXPECT_EQ(rows(stress({meta, path, "--no-report"}), "book")[0]["stress_hash"],
              rows(with_meta, "book")[0]["stress_hash"])
        << "in any order";
}

TEST_F(StressInputs, WithoutATableWhatTheVenueAsksNowIsTaken) {
    const std::string risk = write(
        "risk.json",
        R"([{"symbol": "DOGEUSDT", "positionSide": "BOTH", "positionAmt": "-1000", "entryPrice": "0.1", "markPrice": "0.2",
            "maintMargin": "1.5", "liquidationPrice": "0", "marginAsset": "USDT", "isolatedWallet": "300"}])");
    const Said said = stress({risk, "--no-report"});
    ASSERT_EQ(said.code, 0) << said.err;
    EXPECT_EQ(rows(said, "source")[0]["tiers"],
              "what the venue asks now: maintenance 0.75 % at every size");
    EXPECT_NE(said.err.find("what the venue asks now is taken at every size: A:DOGE-PERP 0.75 %"),
              std::string::npos)
        << said.err;
}

TEST_F(StressInputs, ImportSaysWhereTheVenuesTableIsNotTheAccounts) {
    const std::string meta =
        write("meta.json",
              R"({"universe": [{"name": "BTC", "szDecimals": 5, "maxLeverage": 40},
            {"name": "kPEPE", "szDecimals": 0, "maxLeverage": 3}]})");
    const Said said = margincall_says({"import", write("state.json", account_state), meta});
    ASSERT_EQ(said.code, 0) << said.err;
    EXPECT_NE(said.out.find(",kPEPE,short,100000,0.004,cross,,,5.0000%,"), std::string::npos)
        << said.out;
    EXPECT_NE(said.out.find(",BTC,long,0.01,68000,cross,,,,"), std::string::npos) << said.out;
}

TEST_F(StressInputs, ANamedMarketOfAnotherDayStops) {
    const Said said = stress(
        {write("state.json", account_state), "--market", "builtin/2025-11-04.toml", "--no-report"});
    EXPECT_EQ(said.code, 4);
    EXPECT_NE(said.err.find("error[E618] the book's mark of BTC is 68040, the market's is 110494"),
              std::string::npos)
        << said.err;
    const Said priced = stress({write("state.json", account_state),
                                "--market",
                                "builtin/2025-11-04.toml",
                                "--prices",
                                write("prices.csv", "coin,price\nBTC,68040\nNONE,5\n"),
                                "--no-report"});
    EXPECT_EQ(priced.code, 0) << priced.err;
    const Said bad = stress({write("state.json", account_state),
                             "--prices",
                             write("bad.csv", "coin,price\nBTC,0\n"),
                             "--no-report"});
    EXPECT_EQ(bad.code, 4);
    EXPECT_NE(bad.err.find("bad.csv:2:5: error[E604]"), std::string::npos) << bad.err;
}

const std::string table_head = "account,venue,instrument,side,size,entry,margin_mode,amount";

TEST_F(StressInputs, TablesInEveryDialect) {
    const std::string book =
        write("book.csv",
              "Account;Venue;Instrument;Side;Size;Entry;Margin-Mode;Amount;Mark_Price;Contract_"
              "Size;Note\n"
              "ann;Binance;BTCUSDT;LONG;50;110000;ISOLATED;9000;110494.9;0.01;mine\n"
              "bob;BYBIT;BTC/USDT:USDT;Sell;1;110000;crossed;90000;;;\n");
    const Said said = stress({book, "--no-report"});
    ASSERT_EQ(said.code, 0) << said.err;
    EXPECT_NE(said.err.find("warning[W631] column \"note\" is not read"), std::string::npos)
        << said.err;
    ASSERT_EQ(rows(said, "source").size(), 2U);
    EXPECT_EQ(rows(said, "source")[0]["instrument"], "A:BTC-PERP");
    EXPECT_EQ(rows(said, "source")[0]["price"], "book");
    EXPECT_EQ(rows(said, "source")[1]["instrument"], "B:BTC-PERP");

    const Said typo = stress({write("typo.csv", table_head + ",markk\nann,A,BTC,long,1,1,,5,1\n")});
    EXPECT_EQ(typo.code, 4);
    EXPECT_NE(typo.err.find("did you mean \"mark\"?"), std::string::npos) << typo.err;
}

TEST_F(StressInputs, OneErrorACause) {
    std::string lines = table_head + "\n";
    for (int k = 0; k < 300; ++k) {
        lines += "a" + std::to_string(k) + ",A,FOO,long,1,1,cross,5\n";
        lines += "b" + std::to_string(k) + ",Z,BTC,long,1,1,cross,5\n";
    }
    const Said said = stress({write("book.csv", lines), "--no-report"});
    EXPECT_EQ(said.code, 4);
    EXPECT_NE(said.err.find("unknown instrument \"FOO\" at venue A, in 300 lines"),
              std::string::npos)
        << said.err;
    EXPECT_NE(said.err.find("unknown venue \"Z\", in 300 lines"), std::string::npos) << said.err;
    EXPECT_NE(said.err.find("2 errors"), std::string::npos) << said.err;
}

TEST_F(StressInputs, DepthFromARecordedBook) {
    const std::string book =
        write("book.csv", table_head + "\nann,A,BTC,long,1,110000,isolated,9000\n");
    const std::string depth = write(
        "depth.json",
        R"({"lastUpdateId": 1, "bids": [["110000", "1"], ["100000", "50"]], "asks": [["110100", "1"], ["120000", "50"]]})");
    const Said unnamed = stress({book, "--depth", depth, "--no-report"});
    EXPECT_EQ(unnamed.code, 4);
    EXPECT_NE(unnamed.err.find("--depth BTC="), std::string::npos) << unnamed.err;
    const Said said = stress({book, "--depth", "BTC=" + depth, "--no-report"});
    ASSERT_EQ(said.code, 0) << said.err;
    EXPECT_EQ(rows(said, "source")[0]["depth"], depth);
    EXPECT_NE(said.err.find("depth, " + depth + ": A:BTC-PERP"), std::string::npos) << said.err;
}

TEST_F(StressInputs, FilesThatAreNoBookAreNamed) {
    const std::string meta = write(
        "meta.json", R"({"universe": [{"name": "BTC", "szDecimals": 5, "maxLeverage": 40}]})");
    const Said alone = stress({meta});
    EXPECT_EQ(alone.code, 4);
    EXPECT_NE(alone.err.find("no file is an account book"), std::string::npos) << alone.err;
    const std::string book =
        write("book.csv", table_head + "\nann,A,BTC,long,1,110000,isolated,9000\n");
    const Said two = stress({book, write("state.json", account_state)});
    EXPECT_EQ(two.code, 4);
    EXPECT_NE(two.err.find("a second account book"), std::string::npos) << two.err;
    EXPECT_EQ(margincall_says({"import", book}).code, 4);
}

TEST_F(StressInputs, PseudonymsHideAddressesOfStates) {
    std::string text = account_state;
    text.replace(text.find("0xa"), 3, "0xSECRET");
    const Said said = stress({write("state.json", text), "--pseudonyms"});
    ASSERT_EQ(said.code, 0) << said.err;
    EXPECT_EQ((said.out + said.err).find("SECRET"), std::string::npos);
    for (const auto& entry : fs::directory_iterator(file("out1"))) {
        EXPECT_EQ(read(entry.path()).find("SECRET"), std::string::npos) << entry.path();
    }
    text.replace(text.find("\"68000\""), 7, "\"6x\"");
    const Said bad = stress({write("bad.json", text), "--pseudonyms"});
    EXPECT_EQ(bad.code, 4);
    EXPECT_EQ((bad.out + bad.err).find("SECRET"), std::string::npos) << bad.err;
}

TEST_F(StressInputs, ProposedRulesStandBesideAMarketMadeFromTheBook) {
    const Said said = stress({write("state.json", account_state),
                              "--rules",
                              write("rules.toml", "[venues.H.fees]\ntaker = \"9 bp\"\n"),
                              "--no-report"});
    EXPECT_EQ(said.code, 0) << said.err;
}

TEST_F(StressInputs, RealAccountsRunFromTheirList) {
    const fs::path list =
        shared_folder("data/positions/hyperliquid_large_positions_2026-02-22.csv");
    if (!fs::exists(list)) {
        GTEST_SKIP() << "no positions at MARGINCALL_SHARED/data/positions: skipped";
    }
    const std::string tiers = shared_folder("data/margin-tiers/hyperliquid.json").string();
    const Said said = stress({list.string(), tiers, "--no-report", "--vary", "off"});
    ASSERT_EQ(said.code, 0) << said.err;
    EXPECT_EQ(rows(said, "book").front()["accounts"], 608);
    bool complete = false;
    for (const Json& row : rows(said, "inputs")) {
        if (row["inputs"] == "inputs complete") {
            complete = true;
            EXPECT_EQ(row["compared"], 1033);
            EXPECT_EQ(row["agree"], 990);
        }
    }
    EXPECT_TRUE(complete);
    expect_prices(said, 2818, 176, 20, 174);
    const Said without = stress({list.string(), "--no-report", "--vary", "off"});
    expect_prices(without, 2707, 281, 30, 170);
    // What stands first for people has the same counts.
    EXPECT_TRUE(rows(said, "reconciliation")
                    .front()["sentences"]
                    .front()
                    .get<std::string>()
                    .contains("liquidation prices 2,818 of 3,188 (88.4 %; $643.8 m of $704.1 m of "
                              "positions)"));
}

}  // namespace
}  // namespace margincall
