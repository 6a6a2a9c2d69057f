// Order books as venues' interfaces answer them, as resting depth.
#include "desk/book_snapshot.hpp"

#include <gtest/gtest.h>

#include <cmath>

#include "desk/market_files.hpp"
#include "desk/resting_depth.hpp"
#include "small_market.hpp"

namespace margincall {
namespace {

struct TakenDepth {
    StressMarket market = hand_market(1'000'000, {{0.01, 1e6}}, {{0.01, 1e6}});
    Errors errors, warnings;
    std::vector<InstrumentId> taken;
    std::vector<MarketSheet> sheets;

    void read(const std::string& text,
              const std::string& venue = "",
              const std::string& coin = "") {
        read_book_snapshot(
            {text, "book.json", venue, coin, sheets}, market, errors, warnings, taken);
    }
    [[nodiscard]] std::string code() const { return errors.empty() ? "" : errors.front().code; }
};

TEST(BookSnapshot, BinanceDoesNotSayItsCoin) {
    const std::string depth =
        R"({"lastUpdateId": 7, "E": 1, "bids": [["99990", "1.5"], ["98000.0", "2"]], "asks": [["100010", "3"], ["103000", "1"]]})";
    TakenDepth unnamed;
    unnamed.read(depth);
    EXPECT_EQ(unnamed.code(), "E634");

    TakenDepth d;
    d.read(depth, "", "BTCUSDT");
    ASSERT_EQ(d.code(), "") << d.errors.front().message;
    const StressInstrument& row = d.market.instruments.front();
    ASSERT_EQ(row.bids.size(), 2U);
    EXPECT_NEAR(row.bids[0].distance, 0.0001, 1e-12);
    EXPECT_DOUBLE_EQ(row.bids[0].usd, 1.5 * 99'990);
    EXPECT_NEAR(row.bids[1].distance, 0.02, 1e-12);
    EXPECT_NEAR(row.asks[1].distance, 0.03, 1e-12);
    EXPECT_TRUE(d.warnings.empty()) << "it reaches 2 %";
    EXPECT_EQ(d.taken.size(), 1U);
}

TEST(BookSnapshot, BybitOkxAndHyperliquid) {
    TakenDepth bybit;
    bybit.read(
        R"({"retCode": 0, "result": {"s": "BTCUSDT", "b": [["99", "2"]], "a": [["101", "1"]], "ts": 1}})",
        "A");
    ASSERT_EQ(bybit.code(), "") << bybit.errors.front().message;
    EXPECT_DOUBLE_EQ(bybit.market.instruments[0].bids[0].usd, 198.0);

    TakenDepth hyperliquid;
    hyperliquid.market.venues.front().name = "H";
    hyperliquid.read(
        R"({"coin": "BTC", "time": 1, "levels": [[{"px": "99.99", "sz": "2", "n": 1}], [{"px": "100.01", "sz": "1", "n": 1}]]})");
    ASSERT_EQ(hyperliquid.code(), "") << hyperliquid.errors.front().message;
    EXPECT_NEAR(hyperliquid.market.instruments[0].bids[0].distance, 0.0001, 1e-12);
    ASSERT_EQ(hyperliquid.warnings.size(), 1U) << "it ends 0.01 % from its mid";
    EXPECT_EQ(hyperliquid.warnings[0].code, "W632");

    const std::string books =
        R"({"code": "0", "data": [{"asks": [["101", "300", "0", "4"]], "bids": [["99", "200", "0", "2"]], "ts": "1"}]})";
    TakenDepth okx;
    okx.read(books, "A", "BTC");
    EXPECT_EQ(okx.code(), "E634") << "contracts of no known size";
    TakenDepth with_size;
    SheetRow row;
    row.coin = "BTC";
    row.settle = "USDT";
    row.contract = Decimal{1, 2};
    with_size.sheets = {{"instruments.json", "O", {row}, ""}};
    with_size.read(books, "A", "BTC");
    ASSERT_EQ(with_size.code(), "") << with_size.errors.front().message;
    EXPECT_DOUBLE_EQ(with_size.market.instruments[0].bids[0].usd, 2.0 * 99.0);
}

TEST(BookSnapshot, WhatIsNoBookIsNamed) {
    const auto code = [](const std::string& text) {
        TakenDepth d;
        d.read(text, "", "BTC");
        return d.code();
    };
    EXPECT_EQ(code(R"({"bids": [["100", "1"]], "asks": [["99", "1"]]})"), "E613") << "crossed";
    EXPECT_EQ(code(R"({"bids": [], "asks": [["99", "1"]]})"), "E613");
    EXPECT_EQ(code(R"({"bids": [["x", "1"]], "asks": [["99", "1"]]})"), "E632");
    EXPECT_EQ(code(R"({"bids": [["1"]], "asks": [["99", "1"]]})"), "E632");
    EXPECT_EQ(code(R"({"hello": 1})"), "E633");
    EXPECT_EQ(code(R"({"hello": )"), "E631");
    TakenDepth d;
    d.read(R"({"bids": [["99", "1"]], "asks": [["101", "1"]]})", "", "DOGE");
    EXPECT_EQ(d.code(), "E606");
    TakenDepth v;
    v.read(R"({"bids": [["99", "1"]], "asks": [["101", "1"]]})", "Z", "BTC");
    EXPECT_EQ(v.code(), "E606");
}

TEST(BookSnapshot, ArgumentsNameVenueAndCoin) {
    const DepthFile plain = depth_file_of("a/b=c.json");
    EXPECT_EQ(plain.path, "a/b=c.json");
    const DepthFile coin = depth_file_of("BTC=a=b.json");
    EXPECT_EQ(coin.coin, "BTC");
    EXPECT_EQ(coin.path, "a=b.json");
    const DepthFile both = depth_file_of("H:kPEPE=x");
    EXPECT_EQ(both.venue, "H");
    EXPECT_EQ(both.coin, "kPEPE");
}

TEST(DepthFile, AVolumeIsAProfile) {
    StressMarket market = hand_market(1'000'000, {{0.01, 1e6}}, {{0.01, 1e6}});
    Errors errors;
    std::vector<InstrumentId> taken;
    read_depth_file(
        "venue,instrument,volume,share\nA,BTC,1000000,2%\n", "v.csv", market, errors, &taken);
    ASSERT_TRUE(errors.empty()) << errors.front().message;
    EXPECT_EQ(taken.size(), 1U);
    const StressInstrument& row = market.instruments.front();
    EXPECT_NEAR(RestingDepth::depth_within(row.bids, 0.01), 20'000.0, 1'500.0);
    EXPECT_DOUBLE_EQ(row.volume, 1e6);
    double all = 0.0;
    for (const DepthLevel& level : row.asks) {
        all += level.usd;
    }
    EXPECT_NEAR(all, 20'000.0 * std::pow(10.0, 0.65), 1e-6) << "up to 10 %";

    read_depth_file("venue,instrument,volume\nA,BTC,0\n", "v.csv", market, errors);
    EXPECT_EQ(errors.back().code, "E604");
    read_depth_file("venue,instrument,price,size\nA,BTC,1,1\n", "v.csv", market, errors);
    EXPECT_EQ(errors.back().message, "the column \"side\" is missing");
}

}  // namespace
}  // namespace margincall
