// Account states of venues as account books: the samples (MARGINCALL_SHARED/cases/import-samples) byte for
// byte, and what cannot be said in a book is refused.
#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <sstream>

#include "desk/exact_figure.hpp"
#include "desk/venue_state.hpp"

namespace margincall {
namespace {

namespace fs = std::filesystem;

std::string read_file(const fs::path& path) {
    std::ifstream in(path, std::ios::binary);
    return {std::istreambuf_iterator<char>(in), {}};
}
fs::path samples() {
    const char* const set = std::getenv("MARGINCALL_SHARED");
    const fs::path shared =
        set != nullptr ? fs::path{set} : fs::path{MC_SOURCE_DIR}.parent_path() / "shared";
    return shared / "cases/import-samples";
}

// The text of a book without its column `mark`, which stands last.
std::string without_mark(const std::string& book) {
    std::istringstream in(book);
    std::string out;
    for (std::string line; std::getline(in, line);) {
        out += line.substr(0, line.rfind(',')) + "\n";
    }
    return out;
}

std::expected<ImportedBook, Errors> import_texts(const std::vector<std::string>& texts,
                                                 const ImportOptions& options = {}) {
    std::vector<StateText> files;
    for (const std::string& text : texts) {
        files.push_back({"file" + std::to_string(files.size()) + ".json", text});
    }
    return import_states(files, options);
}
// The code of the first problem; "" without one.
std::string refused(const std::vector<std::string>& texts) {
    const auto book = import_texts(texts);
    return book ? "" : book.error().front().code;
}

struct Sample {
    const char* expected;
    std::vector<const char*> files;
};
class ImportSamples : public ::testing::TestWithParam<Sample> {};

TEST_P(ImportSamples, AreTheBooksThatTheyStandFor) {
    if (!fs::exists(samples())) {
        GTEST_SKIP() << "no samples at MARGINCALL_SHARED/cases/import-samples: skipped";
    }
    std::vector<std::string> texts;
    for (const char* const file : GetParam().files) {
        texts.push_back(read_file(samples() / file));
    }
    const auto book = import_texts(texts);
    ASSERT_TRUE(book) << book.error().front().message;
    EXPECT_EQ(without_mark(book_text(book->lines)), read_file(samples() / GetParam().expected));
    EXPECT_TRUE(book->warnings.empty());
}

INSTANTIATE_TEST_SUITE_P(
    Venues,
    ImportSamples,
    ::testing::Values(Sample{"hyperliquid.expected.csv", {"hyperliquid-clearinghouseState.json"}},
                      Sample{"hyperliquid-negative-isolated-margin.expected.csv",
                             {"hyperliquid-clearinghouseState-negative-isolated-margin.json"}},
                      Sample{"binance.expected.csv",
                             {"binance-fapi-v3-account.json", "binance-fapi-v3-positionRisk.json"}},
                      Sample{"binance.expected.csv", {"ccxt-binance.json"}},
                      Sample{"okx.expected.csv",
                             {"okx-account-positions.json",
                              "okx-account-balance.json",
                              "okx-instruments.json"}}));

// The expected book of this sample has prices to six decimals that its response has to two; the
// importer writes what the response says.
TEST(ImportBybit, IsTheSampleWithTheResponsesOwnPrices) {
    if (!fs::exists(samples())) {
        GTEST_SKIP() << "no samples at MARGINCALL_SHARED/cases/import-samples: skipped";
    }
    const auto book = import_texts({read_file(samples() / "bybit-v5-position-list.json"),
                                    read_file(samples() / "bybit-v5-wallet-balance.json"),
                                    read_file(samples() / "bybit-v5-account-info.json")});
    ASSERT_TRUE(book) << book.error().front().message;
    std::string expected = read_file(samples() / "bybit.expected.csv");
    for (const auto& [printed, written] :
         {std::pair{"75048.449539", "75048.45"}, std::pair{"5589.289974", "5589.29"}}) {
        const std::size_t at = expected.find(printed);
        ASSERT_NE(at, std::string::npos);
        expected.replace(at, std::string{printed}.size(), written);
    }
    EXPECT_EQ(without_mark(book_text(book->lines)), expected);
}

constexpr const char* one_position =
    R"([{"symbol": "BTCUSDT", "positionSide": "BOTH", "positionAmt": "-0.5", "entryPrice": "100", "markPrice": "90",
        "maintMargin": "1", "liquidationPrice": "0", "marginAsset": "USDT", "isolatedWallet": "0"}])";
constexpr const char* one_wallet =
    R"({"totalCrossWalletBalance": "10", "totalCrossUnPnl": "5", "assets": [
        {"asset": "USDT", "crossWalletBalance": "10", "crossUnPnl": "5"}]})";

TEST(Import, FiguresAreThoseOfTheText) {
    const auto book = import_texts({one_position, one_wallet}, {.account = "ann", .venue = "X"});
    ASSERT_TRUE(book) << book.error().front().message;
    EXPECT_EQ(book->format, "binance");
    EXPECT_EQ(book_text(book->lines),
              "account,owner_group,venue,instrument,side,size,entry,margin_mode,collateral,amount,"
              "tier_override,reported_equity,reported_margin,reported_liquidation_price,mark\n"
              "ann,,X,,,,,cross,USDT,10,,15,1,,\n"
              "ann,,X,BTCUSDT,short,0.5,100,cross,,,,,,,90\n");
}

TEST(Import, APartThatIsMissingIsNamed) {
    EXPECT_EQ(refused({one_position}), "E634") << "a cross position without its wallet";
    EXPECT_EQ(refused({one_wallet}), "E634");
    EXPECT_EQ(refused({R"({"data": [{"posSide": "net", "pos": "1", "instId": "BTC-USDT-SWAP"}]})"}),
              "E634")
        << "contracts without their size";
}

TEST(Import, WhatABookCannotSayIsRefused) {
    EXPECT_EQ(refused({R"({"uniMMR": "5", "accountEquity": "7"})"}), "E635") << "portfolio margin";
    const std::string mode = R"({"result": {"marginMode": "PORTFOLIO_MARGIN"}})";
    const std::string none =
        R"({"result": {"category": "linear", "nextPageCursor": "", "list": []}})";
    EXPECT_EQ(refused({mode, none}), "E635");
    const std::string inverse =
        R"({"result": {"category": "inverse", "nextPageCursor": "", "list": []}})";
    EXPECT_EQ(refused({R"({"result": {"marginMode": "ISOLATED_MARGIN"}})", inverse}), "E635");
    EXPECT_EQ(refused({R"([{"symbol": "BTCUSD_PERP", "positionAmt": "1"}])", one_wallet}), "E635")
        << "margined in its coin";
    EXPECT_EQ(refused({one_position, R"({"result": {"marginMode": "ISOLATED_MARGIN"}})"}), "E634")
        << "two venues";
    EXPECT_EQ(refused({R"({"hello": 1})"}), "E633");
    EXPECT_EQ(refused({R"({"hello": )"}), "E631");
    EXPECT_EQ(refused({std::string(100, '[')}), "E631") << "too deep";
}

TEST(Import, AFigureThatIsNoneIsNamed) {
    std::string broken = one_position;
    broken.replace(broken.find("\"100\""), 5, "\"1,5\"");
    const auto book = import_texts({broken, one_wallet});
    ASSERT_FALSE(book);
    EXPECT_EQ(book.error().front().code, "E632");
    EXPECT_NE(book.error().front().message.find("BTCUSDT: entryPrice is \"1,5\""),
              std::string::npos)
        << book.error().front().message;
}

TEST(Import, PagesAreOneAccountAndTheLastMustBeThere) {
    const auto page = [](const char* cursor, const char* symbol) {
        return std::string{R"({"result": {"category": "linear", "nextPageCursor": ")"} + cursor +
               R"(", "list": [{"symbol": ")" + symbol +
               R"(", "side": "Buy", "size": "1", "avgPrice": "1", "markPrice": "1", "positionIM": "0.25"}]}})";
    };
    const std::string mode = R"({"result": {"marginMode": "ISOLATED_MARGIN"}})";
    const auto book = import_texts({mode, page("next", "BTCUSDT"), page("", "ETHUSDT")});
    ASSERT_TRUE(book) << book.error().front().message;
    ASSERT_EQ(book->lines.size(), 2U);
    EXPECT_EQ(book->lines[1].instrument, "ETHUSDT");
    EXPECT_EQ(book->lines[1].amount, "0.25");
    EXPECT_EQ(refused({mode, page("next", "BTCUSDT")}), "E634");
}

TEST(Import, CcxtWithoutTheVenuesOwnAnswer) {
    const char* const file =
        R"({"exchange": "bybit", "balance": {"USDT": {"total": 100.5}}, "positions": [
            {"symbol": "BTC/USDT:USDT", "side": "long", "contracts": 3, "contractSize": 0.5, "entryPrice": 100.0,
             "markPrice": null, "notional": 165.0, "marginMode": "cross", "maintenanceMargin": 0.75, "liquidationPrice": 0},
            {"symbol": "ETH/USDT:USDT", "side": "short", "contracts": 1.0, "contractSize": 1.0, "entryPrice": 10.0,
             "markPrice": 9.5, "marginMode": "isolated", "collateral": 2.5, "unrealizedPnl": 0.5,
             "liquidationPrice": 11.8}]})";
    const auto book = import_texts({file});
    ASSERT_TRUE(book) << book.error().front().message;
    ASSERT_EQ(book->lines.size(), 3U);
    EXPECT_EQ(book->lines[0].amount, "98.5") << "less what stands behind isolated positions";
    EXPECT_EQ(book->lines[0].reported_margin, "0.75");
    EXPECT_EQ(book->lines[1].size, "1.5");
    EXPECT_EQ(book->lines[1].mark, "110") << "notional over size";
    EXPECT_EQ(book->lines[1].reported_liquidation_price, "");
    EXPECT_EQ(book->lines[2].amount, "2");
    EXPECT_EQ(book->lines[2].reported_liquidation_price, "11.8");
    std::string spot = file;
    spot.replace(spot.find("BTC/USDT:USDT"), 13, "BTC/USD:BTC");
    EXPECT_EQ(refused({spot}), "E635");
    std::string unnamed = file;
    unnamed.replace(unnamed.find("bybit"), 5, "other");
    EXPECT_EQ(refused({unnamed}), "E634");
}

TEST(Import, WalletsOfTwoDexesAreTwoAccounts) {
    const auto state = [](const char* coin) {
        return std::string{
                   R"({"crossMarginSummary": {"accountValue": "10"}, "crossMaintenanceMarginUsed": "1",
            "assetPositions": [{"position": {"coin": ")"} +
               coin +
               R"(", "szi": "-2", "leverage": {"type": "cross"}, "entryPx": "5", "positionValue": "12",
                "unrealizedPnl": "-2", "liquidationPx": null, "maxLeverage": 3}}]})";
    };
    const auto book =
        import_texts({R"({"0xa": )" + state("BTC") + "}", R"({"0xa": )" + state("xyz:TSLA") + "}"});
    ASSERT_TRUE(book) << book.error().front().message;
    ASSERT_EQ(book->lines.size(), 4U);
    EXPECT_EQ(book->lines[0].account, "0xa");
    EXPECT_EQ(book->lines[0].amount, "12") << "value less the profit of cross positions";
    EXPECT_EQ(book->lines[1].mark, "6");
    EXPECT_EQ(book->lines[1].leverage_max, "3");
    EXPECT_EQ(book->lines[2].account, "0xa/xyz");
}

TEST(ExactFigure, KeepsEveryDigit) {
    const auto figure = [](const char* text) { return ExactFigure::parse(text).value(); };
    EXPECT_EQ((figure("5090") - figure("13090")).text(), "-8000");
    EXPECT_EQ((figure("0.1") + figure("0.2")).text(), "0.3");
    EXPECT_EQ((figure("-0.05") * figure("4")).text(), "-0.2");
    EXPECT_EQ(figure("1e-05").text(), "0.00001");
    EXPECT_EQ(figure("1.5e3").text(), "1500");
    EXPECT_EQ(figure("0.00").text(), "0");
    EXPECT_EQ(figure("2").divided(figure("-3"), 4).text(), "-0.6667");
    EXPECT_EQ(figure("1").divided(figure("8"), 2).text(), "0.13") << "half away from zero";
    EXPECT_EQ(figure("-2.345").rounded(2).text(), "-2.35");
    EXPECT_EQ(figure("2.345").rounded(5).text(), "2.345");
    EXPECT_EQ(figure("100").text(), "100") << "zeros before the point stay";
    EXPECT_FALSE(ExactFigure::parse("1,5"));
    EXPECT_FALSE(ExactFigure::parse("nan"));
}

}  // namespace
}  // namespace margincall
