// What venues publish about their instruments: their own answers, and tables of tiers as data sets have them.
#include "desk/market_sheet.hpp"

#include <gtest/gtest.h>

#include "desk/csv.hpp"
#include "desk/made_market.hpp"
#include "desk/reconciliation.hpp"
#include "shared_data.hpp"
#include "small_market.hpp"

namespace margincall {
namespace {

MarketSheet sheet_of(const std::string& text) {
    const auto tree = parse_json_tree(text, "sheet.json");
    CHECK(tree.has_value());
    CHECK(is_market_sheet(*tree));
    auto sheet = read_market_sheet(*tree, "sheet.json");
    CHECK(sheet.has_value());
    return *sheet;
}
std::string problem_of_sheet(const std::string& text) {
    const auto tree = parse_json_tree(text, "sheet.json");
    if (!tree) {
        return tree.error().code;
    }
    const auto sheet = read_market_sheet(*tree, "sheet.json");
    return sheet ? "" : sheet.error().front().code;
}
SheetRow row_of_sheet(const std::string& text, const std::string& venue, const std::string& coin) {
    const std::vector<MarketSheet> sheets{sheet_of(text)};
    const auto row = find_sheet_row(sheets, venue, coin, "");
    CHECK(row.has_value());
    return *row;
}

TEST(MarketSheet, BinanceExchangeInfoHasSteps) {
    const SheetRow row = row_of_sheet(
        R"({"symbols": [
            {"symbol": "BTCUSDT_260327", "contractType": "CURRENT_QUARTER", "marginAsset": "USDT", "filters": []},
            {"symbol": "BTCUSDT", "contractType": "PERPETUAL", "marginAsset": "USDT", "filters": [
                {"filterType": "PRICE_FILTER", "minPrice": "261.10", "tickSize": "0.10"},
                {"filterType": "LOT_SIZE", "stepSize": "0.001"}, {"filterType": "MARKET_LOT_SIZE", "stepSize": "9"}]}]})",
        "A",
        "BTC");
    EXPECT_EQ(row.settle, "USDT");
    EXPECT_DOUBLE_EQ(row.tick->value(), 0.1);
    EXPECT_DOUBLE_EQ(row.lot->value(), 0.001);
    EXPECT_TRUE(row.tiers.empty());
}

TEST(MarketSheet, BinanceBracketsInAnyOrderAndWithTheLargestIntegerAsEnd) {
    const SheetRow row = row_of_sheet(
        R"([{"symbol": "ETHUSDT", "notionalCoef": 1.5, "brackets": [
            {"bracket": 2, "initialLeverage": 50, "notionalCap": 9223372036854775807, "notionalFloor": 10000,
             "maintMarginRatio": 0.01, "cum": 35},
            {"bracket": 1, "initialLeverage": 75, "notionalCap": 10000, "notionalFloor": 0,
             "maintMarginRatio": 0.0065, "cum": 0}]}])",
        "A",
        "eth");
    ASSERT_EQ(row.tiers.size(), 2U);
    EXPECT_TRUE((row.tiers[0].maintenance == Fraction{65, 10'000}));
    EXPECT_TRUE((row.tiers[0].initial == Fraction{1, 75}));
    EXPECT_FALSE(row.tiers[1].cap.has_value());
    EXPECT_DOUBLE_EQ(row.tiers[1].deduction->value(), 35.0);
}

TEST(MarketSheet, BybitLimitsBeginWhereTheOneBelowEnds) {
    const std::string limits =
        R"({"result": {"category": "linear", "list": [
            {"id": 1, "symbol": "BTCUSDT", "riskLimitValue": "2000000", "maintenanceMargin": "0.005",
             "initialMargin": "0.01", "isLowestRisk": 1, "maxLeverage": "100.00", "mmDeduction": ""},
            {"id": 2, "symbol": "BTCUSDT", "riskLimitValue": "4000000", "maintenanceMargin": "0.01",
             "initialMargin": "0.0175", "maxLeverage": "57.14", "mmDeduction": "10000"}]}})";
    const std::string info =
        R"({"result": {"category": "linear", "list": [{"symbol": "BTCUSDT", "contractType": "LinearPerpetual",
            "baseCoin": "BTC", "settleCoin": "USDT", "priceFilter": {"tickSize": "0.10"},
            "lotSizeFilter": {"qtyStep": "0.001"}}]}})";
    const std::vector<MarketSheet> sheets{sheet_of(limits), sheet_of(info)};
    const auto row = find_sheet_row(sheets, "B", "BTC", "USDT");
    ASSERT_TRUE(row);
    ASSERT_EQ(row->tiers.size(), 2U);
    EXPECT_DOUBLE_EQ(row->tiers[1].floor.value(), 2'000'000.0);
    EXPECT_TRUE((row->tiers[1].initial == Fraction{175, 10'000}));
    EXPECT_DOUBLE_EQ(row->lot->value(), 0.001) << "what one file says and what the other";
}

TEST(MarketSheet, OkxTiersCountContracts) {
    const std::string tiers =
        R"({"code": "0", "data": [
            {"imr": "0.01", "instFamily": "BTC-USDT", "instId": "", "maxLever": "100", "maxSz": "1000", "minSz": "0",
             "mmr": "0.004", "tier": "1"},
            {"imr": "0.015", "instFamily": "BTC-USDT", "instId": "", "maxLever": "66.66", "maxSz": "5000",
             "minSz": "1001", "mmr": "0.005", "tier": "2"}]})";
    const std::string instruments =
        R"({"data": [{"instType": "SWAP", "instId": "BTC-USDT-SWAP", "ctType": "linear", "ctVal": "0.01", "ctMult": "1",
            "settleCcy": "USDT", "lotSz": "0.01", "tickSz": "0.1"}]})";
    const std::vector<MarketSheet> sheets{sheet_of(tiers), sheet_of(instruments)};
    const auto row = find_sheet_row(sheets, "O", "BTC", "USDT");
    ASSERT_TRUE(row);
    EXPECT_TRUE(row->counts_contracts);
    EXPECT_DOUBLE_EQ(row->tiers[1].floor.value(), 1000.0) << "where the one below ends, not minSz";
    EXPECT_DOUBLE_EQ(row->contract->value(), 0.01);
    EXPECT_DOUBLE_EQ(row->lot->value(), 0.0001) << "0.01 contracts";
}

TEST(MarketSheet, HyperliquidMetaHasTablesAndPlainLeverage) {
    const std::string meta =
        R"({"universe": [{"name": "BTC", "szDecimals": 5, "maxLeverage": 40, "marginTableId": 56},
                         {"name": "ATOM", "szDecimals": 2, "maxLeverage": 5, "marginTableId": 5}],
            "marginTables": [[56, {"description": "", "marginTiers": [
                {"lowerBound": "0.0", "maxLeverage": 40}, {"lowerBound": "150000000.0", "maxLeverage": 20}]}]]})";
    const SheetRow btc = row_of_sheet(meta, "H", "BTC");
    ASSERT_EQ(btc.tiers.size(), 2U);
    EXPECT_TRUE((btc.tiers[0].maintenance == Fraction{1, 80}));
    EXPECT_DOUBLE_EQ(btc.tiers[0].cap->value(), 150e6);
    EXPECT_FALSE(btc.tiers[1].cap.has_value());
    EXPECT_EQ(btc.size_places, 5);
    const SheetRow atom = row_of_sheet(meta, "H", "ATOM");
    ASSERT_EQ(atom.tiers.size(), 1U);
    EXPECT_TRUE((atom.tiers[0].maintenance == Fraction{1, 10}));

    const SheetRow with_marks = row_of_sheet(
        R"([{"universe": [{"name": "BTC", "szDecimals": 5, "maxLeverage": 40}]},
            [{"markPx": "68064.0", "dayNtlVlm": "1516669192.1953897476", "funding": "0"}]])",
        "H",
        "BTC");
    EXPECT_DOUBLE_EQ(with_marks.mark->value(), 68064.0);
    EXPECT_NEAR(with_marks.volume->value(), 1516669192.195, 0.01);
}

TEST(MarketSheet, TiersThatLeaveAGapOrFallAreRefused) {
    const auto table = [](const char* rows) {
        return std::string{
                   R"({"venue": "binance_usdm", "columns": ["tier", "notional_floor", "notional_cap",
                "maintenance_margin_rate", "max_leverage", "maintenance_amount"], "symbols": {"BTC/USDT:USDT": )"} +
               rows + "}}";
    };
    EXPECT_EQ(problem_of_sheet(table("[[1, 0, 100, 0.01, 50, 0], [2, 100, 200, 0.02, 25, 1]]")),
              "");
    EXPECT_EQ(problem_of_sheet(table("[[1, 0, 100, 0.01, 50, 0], [2, 150, 200, 0.02, 25, 1]]")),
              "E636");
    EXPECT_EQ(problem_of_sheet(table("[[1, 5, 100, 0.01, 50, 0]]")), "E636") << "the first is at 0";
    EXPECT_EQ(problem_of_sheet(table("[[1, 0, 100, 0.02, 50, 0], [2, 100, 200, 0.01, 25, 1]]")),
              "E636");
    EXPECT_EQ(problem_of_sheet(table("[[1, 0, 100, 0.01, 50, 0], [2, 100, 200, 0.02, 75, 1]]")),
              "E636");
    EXPECT_EQ(problem_of_sheet(table("[[1, 0, 100, 1.01, 50, 0]]")), "E636") << "a rate above 1";
    EXPECT_EQ(problem_of_sheet(table("[[1, 0, 100, 0.01, 0, 0]]")), "E636");
    EXPECT_EQ(problem_of_sheet(table("[[1, 0, 100, \"x\", 50, 0]]")), "E632");
    EXPECT_EQ(problem_of_sheet(table("[[1, 0]]")), "E632");
    EXPECT_EQ(problem_of_sheet(table("[[1, 0, 1e30, 0.01, 50, 0]]")), "E632")
        << "no end of the memory";
    EXPECT_EQ(problem_of_sheet(R"({"venue": "bitmex", "columns": ["id"], "symbols": {}})"), "E633");
}

// The files of MARGINCALL_SHARED/data/margin-tiers as they stand there.
struct TierFile {
    const char* name;
    const char* venue;
    std::size_t symbols;
};
class TierFiles : public ::testing::TestWithParam<TierFile> {};

TEST_P(TierFiles, AreAcceptedSymbolForSymbol) {
    const auto path = testing::shared_data(std::string{"data/margin-tiers/"} + GetParam().name);
    if (!std::filesystem::exists(path)) {
        GTEST_SKIP() << "no tiers at MARGINCALL_SHARED/data/margin-tiers: skipped";
    }
    const auto text = read_text_file(path.string());
    ASSERT_TRUE(text);
    const auto tree = parse_json_tree(*text, path.filename().string());
    ASSERT_TRUE(tree);
    const auto sheet = read_market_sheet(*tree, path.filename().string());
    ASSERT_TRUE(sheet) << sheet.error().front().message;
    EXPECT_EQ(sheet->venue, GetParam().venue);
    EXPECT_EQ(sheet->rows.size(), GetParam().symbols);
    for (const SheetRow& row : sheet->rows) {
        EXPECT_FALSE(row.tiers.empty()) << row.coin;
    }
}

INSTANTIATE_TEST_SUITE_P(Shared,
                         TierFiles,
                         ::testing::Values(TierFile{"binance-usdm-2025-10-09.json.gz", "A", 604},
                                           TierFile{"binance-usdm-2025-10-30.json.gz", "A", 625},
                                           TierFile{"binance-usdm-2026-05-01.json.gz", "A", 716},
                                           TierFile{"bybit-linear-2024-12-25.json.gz", "B", 300},
                                           TierFile{"okx-swap-2026-05-28.json", "O", 2},
                                           TierFile{"hyperliquid.json", "H", 39}));

// Every dollar perpetual of the 604 symbols as a position of its own: made, margined by its table, no line lost.
TEST(MarketSheet, ABookOfAllSymbolsIsMargined) {
    const auto path = testing::shared_data("data/margin-tiers/binance-usdm-2025-10-09.json.gz");
    if (!std::filesystem::exists(path)) {
        GTEST_SKIP() << "no tiers at MARGINCALL_SHARED/data/margin-tiers: skipped";
    }
    const auto tree = parse_json_tree(read_text_file(path.string()).value(), "tiers.json");
    const std::vector<MarketSheet> sheets{read_market_sheet(*tree, "tiers.json").value()};
    std::string text = "account,venue,instrument,side,size,entry,margin_mode,amount,mark\n";
    std::size_t lines = 0;
    for (const SheetRow& row : sheets.front().rows) {
        if (row.settle == "USDT") {
            const bool is_btc = row.coin == "BTC";
            text += "a" + std::to_string(++lines) + ",Binance," + row.coin + "USDT,long,100," +
                    (is_btc ? "100000" : "1") + ",isolated," + (is_btc ? "900000" : "20") + "," +
                    (is_btc ? "100000" : "1") + "\n";
        }
    }
    EXPECT_EQ(lines, 562U);
    StressMarket market = hand_market(1'000'000, {{0.01, 1e6}}, {{0.01, 1e6}});
    const BookNeeds needs = book_needs(text);
    Errors errors;
    const MarketSources sources = complete_market(
        market, {.needs = &needs, .sheets = sheets, .prices_of = PricesOf::book}, errors);
    ASSERT_TRUE(errors.empty()) << errors.front().message;
    EXPECT_TRUE(market.not_made.empty());
    EXPECT_EQ(market.instruments.size(), 562U);
    EXPECT_EQ(sources.instruments.size(), 562U);
    for (const StressInstrument& row : market.instruments) {
        check_schedule(market.venues[0].margin.schedules[row.instrument.id.raw()]);
    }
    const AccountBook book = read_account_book(text, "book.csv", market, BadRows::refuse, errors);
    ASSERT_TRUE(errors.empty()) << errors.front().message;
    EXPECT_EQ(book.units.size(), 562U);
    const StressStart start(market, book);
    const Reconciliation now = reconcile(start, 0.001);
    EXPECT_EQ(now.units_below_margin, 0U);
    const StressOutcome outcome = run_stress(start, fall(market, -0.5), without_feedback());
    EXPECT_GE(outcome.accounts_liquidated, 1U);
}

}  // namespace
}  // namespace margincall
