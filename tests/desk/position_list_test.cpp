// A table of positions of many accounts as a book: equity where the list has none, and what may be judged.
#include "desk/position_list.hpp"

#include <gtest/gtest.h>

#include <span>

#include "desk/csv.hpp"
#include "desk/made_market.hpp"
#include "desk/reconciliation.hpp"
#include "shared_data.hpp"
#include "small_market.hpp"

namespace margincall {
namespace {

const char* const list_head =
    "account,account_value_usd,coin,side,size_coins,entry_price,leverage,position_value_usd,"
    "unrealized_pnl_usd,liquidation_price\n";

TEST(PositionList, EquityIsThatOfTheLargestPositionsPrice) {
    // Three accounts have ABC at 10x and XYZ at 5x, so these are their highest leverages.
    const std::string list = std::string{list_head} +
                             "1,1000,ABC,long,10,90,10,1000,100,50\n"
                             "1,1000,XYZ,short,2,100,5,200,0,400\n"
                             "2,500,ABC,long,1,100,10,100,0,\n2,500,XYZ,long,1,100,5,100,0,\n"
                             "3,500,ABC,long,1,100,10,100,0,\n3,500,XYZ,long,1,100,20,100,0,\n"
                             "4,500,XYZ,long,1,100,5,100,0,\n";
    ASSERT_TRUE(is_position_list(list));
    const auto book = import_position_list(list, "list.csv", {});
    ASSERT_TRUE(book) << book.error().front().message;
    // ABC at 50: 10 x 50 x 5 % = 25 left and XYZ's 200 x 10 % = 20; the way there costs 500. Equity 545, less the
    // profit of 100.
    const std::string text = book_text(std::span{book->lines}.first(5), BookText::all);
    EXPECT_EQ(text.substr(text.find('\n') + 1),
              "1,,H,,,,,cross,USD,445,,1000,,,,,\n"
              "1,,H,ABC,long,10,90,cross,,,,,,50,100,10,\n"
              "1,,H,XYZ,short,2,100,cross,,,,,,400,100,5,\n"
              "2,,H,,,,,cross,USD,500,,500,,,,,\n"
              "2,,H,ABC,long,1,100,cross,,,,,,,100,10,\n");
    EXPECT_EQ(book->inputs[0], LineInput::none);
    EXPECT_EQ(book->inputs[1], LineInput::pin);
    EXPECT_EQ(book->inputs[2], LineInput::equity) << "545 is not 1,000";
    EXPECT_EQ(book->lines[8].leverage_max, "20") << "above the highest: terms of its own";
    EXPECT_EQ(book->warnings.size(), 2U);
}

TEST(PositionList, LinesThatAreNoneAreNamed) {
    const auto book = import_position_list(
        std::string{list_head} + "1,1000,ABC,up,x,90,10,1000,100,50\n", "list.csv", {});
    ASSERT_FALSE(book);
    EXPECT_EQ(book.error().size(), 2U);
    EXPECT_EQ(book.error()[0].code, "E605");
    EXPECT_EQ(book.error()[1].line, 2);
    EXPECT_EQ(import_position_list(list_head, "list.csv", {}).error()[0].code, "E601");
}

// One coin at 10x: a price that a rate of 5x would have.
TEST(PositionList, ABreakAtAnotherRateIsToldFromTheRest) {
    const std::string text =
        "account,venue,instrument,side,size,entry,margin_mode,amount,mark,max_leverage,reported_"
        "liquidation_price\n"
        "a,H,ABC,short,10,100,cross,1000,100,10,181.818182\n"
        "b,H,ABC,short,10,100,cross,1000,100,10,190.476190\n"
        "c,H,ABC,short,10,100,cross,1000,100,10,150\n";
    StressMarket market = hand_market(1'000'000, {{0.01, 1e6}}, {{0.01, 1e6}});
    market.venues.front().name = "H";
    const BookNeeds needs = book_needs(text);
    Errors errors;
    static_cast<void>(
        complete_market(market, {.needs = &needs, .prices_of = PricesOf::book}, errors));
    const AccountBook read = read_account_book(text, "b.csv", market, BadRows::refuse, errors);
    ASSERT_TRUE(errors.empty()) << errors.front().message;
    const StressStart start(market, read);
    const AgreementByInput by_input = reconcile(start, 0.001).by_input;
    EXPECT_EQ(by_input[0].compared, 3U);
    EXPECT_EQ(by_input[0].agree, 1U) << "2,000 / (10 x 1.05) = 190.476";
    EXPECT_EQ(by_input[0].other_rate, 1U) << "2,000 / (10 x 1.1) = 181.818";
}

// Every price that does not agree has a cause, and none is left for our reading; the counts that people see are held
// in tests/cli/stress_inputs_test.cpp.
void expect_causes(const Reconciliation& r) {
    const FigureAgreement& prices = r.of(BookFigure::liquidation_price);
    EXPECT_EQ(prices.of_itself, 581U);
    EXPECT_EQ(prices.compared, 3188U);
    std::uint64_t explained = 0;
    for (const CauseCount& cause : prices.causes) {
        explained += cause.figures;
    }
    EXPECT_EQ(explained, prices.compared - prices.agree);
    EXPECT_EQ(prices.causes[static_cast<std::size_t>(BreakCause::our_reading)].figures, 0U);
    EXPECT_EQ(r.of(BookFigure::equity).of_itself, 27U) << "accounts without a price";
    EXPECT_EQ(r.of(BookFigure::margin).compared, 0U) << "a list says no requirement";
}

// 608 real accounts of 22 February 2026 at their own prices. Complete are the inputs of positions whose account
// has another price that fixes its equity, agrees with its account value to 5 %, and has no rates of its own:
// nothing of this looks at the price that is compared.
TEST(PositionList, RealAccountsAreLiquidatedWhereTheVenueSays) {
    const auto path =
        testing::shared_data("data/positions/hyperliquid_large_positions_2026-02-22.csv");
    const auto tiers = testing::shared_data("data/margin-tiers/hyperliquid.json");
    if (!std::filesystem::exists(path) || !std::filesystem::exists(tiers)) {
        GTEST_SKIP() << "no positions at MARGINCALL_SHARED/data/positions: skipped";
    }
    const auto list = read_text_file(path.string());
    ASSERT_TRUE(list);
    for (const bool with_tiers : {true, false}) {
        std::vector<MarketSheet> sheets;
        if (with_tiers) {
            const auto tree = parse_json_tree(read_text_file(tiers.string()).value(), "tiers");
            sheets.push_back(read_market_sheet(*tree, "tiers").value());
        }
        const auto book = import_position_list(*list, "list.csv", sheets);
        ASSERT_TRUE(book) << book.error().front().message;
        StressMarket market = hand_market(1'000'000, {{0.01, 1e6}}, {{0.01, 1e6}});
        market.venues.front().name = "H";
        market.instruments.clear();
        market.venues.front().margin.schedules.clear();
        market.venues.front().margin.contracts.clear();
        const std::string text = book_text(book->lines, BookText::all);
        const BookNeeds needs = book_needs(text);
        Errors errors;
        const MarketSources sources = complete_market(
            market, {.needs = &needs, .sheets = sheets, .prices_of = PricesOf::book}, errors);
        ASSERT_TRUE(errors.empty()) << errors.front().message;
        EXPECT_EQ(market.instruments.size(), 191U);
        const AccountBook read =
            read_account_book(text, "book.csv", market, BadRows::refuse, errors);
        ASSERT_TRUE(errors.empty()) << errors.front().message;
        EXPECT_EQ(read.accounts.size(), 608U);
        EXPECT_EQ(read.positions.size(), 5225U);
        const StressStart start(market, read);
        const Reconciliation now = reconcile(start, 0.001, known_inputs(market, sources, *book));
        const AgreementByInput& by_input = now.by_input;
        const auto& complete = by_input[static_cast<std::size_t>(LineInput::complete)];
        RecordProperty(with_tiers ? "complete" : "complete_without_tiers",
                       static_cast<int>(complete.compared));
        RecordProperty(with_tiers ? "agree" : "agree_without_tiers",
                       static_cast<int>(complete.agree));
        EXPECT_GE(complete.compared, 1000U);
        EXPECT_GE(static_cast<double>(complete.agree),
                  0.95 * static_cast<double>(complete.compared))
            << complete.agree << " of " << complete.compared;
        EXPECT_LE(complete.agree + complete.other_rate, complete.compared);
        std::uint64_t all = 0;
        for (const InputAgreement& one : by_input) {
            all += one.compared;
        }
        EXPECT_EQ(all, 3769U);
        expect_causes(now);
    }
}

}  // namespace
}  // namespace margincall
