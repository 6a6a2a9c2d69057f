// A market made from what a book says and what venues publish.
#include "desk/made_market.hpp"

#include <gtest/gtest.h>

#include "desk/tables.hpp"
#include "small_market.hpp"

namespace margincall {
namespace {

const char* const columns_of_made =
    "account,venue,instrument,side,size,entry,margin_mode,amount,mark,max_leverage\n";

struct Made {
    StressMarket market;
    BookNeeds needs;
    MarketSources sources;
    Errors errors;
    [[nodiscard]] const StressInstrument& row(const std::string& name) const {
        for (const StressInstrument& one : market.instruments) {
            if (one.name == name) {
                return one;
            }
        }
        ADD_FAILURE() << "no " << name;
        return market.instruments.front();
    }
};
Made made_for(const std::string& text,
              std::vector<MarketSheet> sheets = {},
              PricesOf prices_of = PricesOf::book,
              std::vector<std::pair<std::string, Decimal>> prices = {}) {
    Made out;
    out.market = hand_market(1'000'000, {{0.01, 1e6}}, {{0.01, 1e6}});
    out.market.coins.front().beta = 1.25;
    out.needs = book_needs(text);
    out.sources = complete_market(out.market,
                                  {.needs = &out.needs,
                                   .sheets = sheets,
                                   .prices = std::move(prices),
                                   .prices_of = prices_of},
                                  out.errors);
    return out;
}
std::string code_lines(const Errors& errors) {
    std::string out;
    for (const Error& e : errors) {
        out += e.code + " " + e.message + "\n";
    }
    return out;
}

TEST(MadeMarket, ACoinIsMadeFromItsMarkAndItsHighestLeverage) {
    const std::string text = std::string{columns_of_made} +
                             "ann,A,PUMPUSDT,short,1500.5,0.0030,cross,,0.0021517,10\n"
                             "ann,A,,,,,cross,900,,\n"
                             "bob,A,pump,long,20,0.0030,isolated,7,0.0021519,10\n";
    const Made made = made_for(text);
    ASSERT_TRUE(made.errors.empty()) << code_lines(made.errors);
    ASSERT_EQ(made.market.instruments.size(), 2U);
    const StressInstrument& pump = made.row("A:PUMP-PERP");
    // Five significant digits of 0.0021517, sizes to a tenth: 1e-7 x 0.1 is a hundredth of a micro-dollar.
    EXPECT_DOUBLE_EQ(pump.instrument.lot_base, 0.1);
    EXPECT_EQ(pump.tick_parts, 100);
    EXPECT_DOUBLE_EQ(pump.instrument.tick_usd, 1e-5);
    EXPECT_EQ(pump.instrument.tick_value.raw(), 1);
    EXPECT_EQ(pump.mark.raw(), 215) << "the median, down to a step";
    ASSERT_EQ(pump.tiers.size(), 1U);
    EXPECT_EQ(pump.tiers[0].mmr_ppm, 50'000);
    EXPECT_EQ(pump.tiers[0].leverage_max, 10);
    EXPECT_DOUBLE_EQ(made.market.coins[1].price, 0.0021517);
    EXPECT_DOUBLE_EQ(made.market.coins[1].beta, 1.25) << "the largest of the market";
    EXPECT_EQ(pump.bids.size(), 1U) << "the thinnest book of the venue";
    EXPECT_EQ(pump.pool, 0U);
    ASSERT_EQ(made.sources.instruments.size(), 1U);
    EXPECT_EQ(made.sources.instruments[0].price, "book");
    EXPECT_EQ(made.sources.instruments[0].tiers,
              "highest leverage 10x: maintenance 5 % at every size");
    EXPECT_EQ(made.sources.instruments[0].depth, "assumed: as A:BTC-PERP");
    EXPECT_EQ(code_lines(made.sources.warnings),
              "W632 margin tiers from the highest leverage, maintenance half of its initial rate: "
              "A:PUMP-PERP 10x\n"
              "W632 price and size steps are assumed: A:PUMP-PERP\n"
              "W632 beta is assumed, the largest of the market: PUMP\n");
    EXPECT_EQ(code_lines(depth_warnings(made.sources)),
              "W632 resting depth is assumed, the thinnest that the market has: A:PUMP-PERP as "
              "A:BTC-PERP\n");

    Errors errors;
    const AccountBook book =
        read_account_book(text, "book.csv", made.market, BadRows::refuse, errors);
    ASSERT_TRUE(errors.empty()) << code_lines(errors);
    const StressStart start(made.market, book);
    BookView view(start);
    // 20 x 0.0021517 at 5 %, up: before the shock in the venue's own ticks.
    EXPECT_EQ(view.margin(1).maintenance.raw(), 2'152);
}

TEST(MadeMarket, WithoutANamedMarketTheBooksMarksAreThePrices) {
    const std::string text =
        std::string{columns_of_made} + "ann,A,BTC,long,0.5,60000,isolated,9000,68064.5,\n";
    const Made own = made_for(text);
    EXPECT_EQ(own.row("A:BTC-PERP").mark.raw(), 68'064);
    EXPECT_DOUBLE_EQ(own.market.coins[0].price, 68'064.5);
    EXPECT_EQ(own.sources.prices_of_book, 1U);
    EXPECT_TRUE(own.sources.warnings.empty()) << code_lines(own.sources.warnings);

    const Made named = made_for(text, {}, PricesOf::market);
    EXPECT_EQ(named.row("A:BTC-PERP").mark.raw(), 100'000) << "E618 says that they are apart";
    EXPECT_EQ(named.sources.instruments[0].price, "market");
    Errors errors;
    static_cast<void>(read_account_book(text, "b.csv", named.market, BadRows::refuse, errors));
    EXPECT_EQ(code_lines(errors),
              "E618 the book's mark of BTC is 68064.5, the market's is 100000\n");

    const Made given = made_for(text, {}, PricesOf::book, {{"BTCUSDT", Decimal{70'000, 0}}});
    EXPECT_EQ(given.sources.instruments[0].price, "--price");
}

TEST(MadeMarket, WhatHasNoPriceOrNoTiersIsNamedWithItsReason) {
    const std::string text = std::string{columns_of_made} +
                             "ann,A,FOO,long,1,2,isolated,1,,10\n"
                             "bob,A,FOO,long,1,2,isolated,1,,10\n"
                             "cat,A,BAR,long,1,2,isolated,1,2,\n";
    const Made made = made_for(text);
    EXPECT_EQ(made.market.instruments.size(), 1U);
    Errors errors;
    static_cast<void>(read_account_book(text, "b.csv", made.market, BadRows::refuse, errors));
    ASSERT_EQ(code_lines(errors),
              "E606 unknown instrument \"FOO\" at venue A, in 2 lines\n"
              "E606 unknown instrument \"BAR\" at venue A\n")
        << "one error a cause";
    EXPECT_EQ(errors[0].line, 2);
    EXPECT_NE(errors[0].hint.find("--price FOO=USD"), std::string::npos) << errors[0].hint;
    EXPECT_NE(errors[1].hint.find("margin tiers"), std::string::npos) << errors[1].hint;
}

TEST(MadeMarket, FilesOfTheVenueGoBeforeTheMarket) {
    SheetRow row;
    row.coin = "BTC";
    row.settle = "USDT";
    row.file = "brackets.json";
    row.tick = Decimal{5, 1};
    row.lot = Decimal{1, 4};
    row.tiers = {
        {Decimal{0, 0}, Decimal{300'000, 0}, Fraction{1, 250}, Fraction{1, 150}, std::nullopt},
        {Decimal{300'000, 0}, std::nullopt, Fraction{1, 200}, Fraction{1, 100}, Decimal{300, 0}}};
    const std::string text =
        std::string{columns_of_made} + "ann,Binance,BTCUSDT,long,0.5001,90000,isolated,9000,,\n";
    const Made made = made_for(text, {{"brackets.json", "A", {row}, ""}});
    ASSERT_TRUE(made.errors.empty()) << code_lines(made.errors);
    const StressInstrument& btc = made.row("A:BTC-PERP");
    EXPECT_EQ(btc.instrument.tick_value.raw(), 50);
    EXPECT_DOUBLE_EQ(btc.instrument.lot_base, 0.0001);
    ASSERT_EQ(btc.tiers.size(), 2U);
    EXPECT_EQ(btc.tiers[1].deduction, dollars(300));
    EXPECT_EQ(btc.mark.raw(), 200'000);
    EXPECT_EQ(made.sources.instruments[0].tiers, "brackets.json");

    row.tiers[1].deduction = Decimal{500, 0};
    EXPECT_EQ(code_lines(made_for(text, {{"brackets.json", "A", {row}, ""}}).errors),
              "E636 A:BTC-PERP: the deduction 500 of tier 2 does not continue the tier below; "
              "computed 300\n");
    row.counts_contracts = true;
    EXPECT_EQ(code_lines(made_for(text, {{"tiers.json", "A", {row}, ""}}).errors),
              "E636 A:BTC-PERP: the tiers count contracts, the venue's rules do not\n");
}

TEST(MadeMarket, HyperliquidStepsFollowFromThePriceAndTheSizeDecimals) {
    SheetRow row;
    row.coin = "kPEPE";
    row.settle = "USDC";
    row.size_places = 0;
    row.tiers = {{Decimal{}, std::nullopt, Fraction{1, 20}, Fraction{1, 10}, std::nullopt}};
    StressMarket market = hand_market(1'000'000, {{0.01, 1e6}}, {{0.01, 1e6}});
    market.venues.front().name = "H";
    const std::vector<MarketSheet> sheets{{"meta.json", "H", {row}, ""}};
    const BookNeeds needs = book_needs(std::string{columns_of_made} +
                                       "ann,Hyperliquid,kPEPE,long,7,1,isolated,1,0.0043211,\n");
    Errors errors;
    static_cast<void>(complete_market(
        market, {.needs = &needs, .sheets = sheets, .prices_of = PricesOf::book}, errors));
    ASSERT_TRUE(errors.empty()) << code_lines(errors);
    // Five digits are 1e-7, but at most 6 - szDecimals decimals.
    EXPECT_DOUBLE_EQ(market.instruments.back().instrument.tick_usd, 1e-6);
    EXPECT_EQ(market.instruments.back().name, "H:kPEPE-PERP");
}

TEST(MadeMarket, TiersInContractsBecomeLots) {
    SheetRow row;
    row.coin = "BTC";
    row.settle = "USDT";
    row.contract = Decimal{1, 2};
    row.tick = Decimal{1, 1};
    row.lot = Decimal{1, 4};
    row.counts_contracts = true;
    row.tiers = {
        {Decimal{}, Decimal{1000, 0}, Fraction{1, 250}, Fraction{1, 100}, std::nullopt},
        {Decimal{1000, 0}, std::nullopt, Fraction{1, 200}, Fraction{15, 1000}, std::nullopt}};
    StressMarket market = hand_market(1'000'000, {{0.01, 1e6}}, {{0.01, 1e6}});
    StressVenue okx;
    okx.name = "O";
    okx.rules = hand_rules();
    okx.rules.margin.style = MarginStyle::whole_tier;
    okx.rules.margin.measure = TierMeasure::size;
    market.venues.push_back(okx);
    const std::vector<MarketSheet> sheets{{"tiers.json", "O", {row}, ""}};
    const BookNeeds needs = book_needs(std::string{columns_of_made} +
                                       "ann,OKX,BTC-USDT-SWAP,long,10.0001,1,isolated,1,100000,\n");
    Errors errors;
    static_cast<void>(complete_market(
        market, {.needs = &needs, .sheets = sheets, .prices_of = PricesOf::book}, errors));
    ASSERT_TRUE(errors.empty()) << code_lines(errors);
    const StressInstrument& made = market.instruments.back();
    EXPECT_EQ(made.name, "O:BTC-PERP");
    const MarginSchedule& schedule = market.venues[1].margin.schedules[made.instrument.id.raw()];
    ASSERT_EQ(schedule.tiers.size(), 2U);
    EXPECT_EQ(schedule.tiers[0].cap, Amount::from_raw(100'000)) << "10 BTC in lots of 0.0001";
    EXPECT_TRUE((schedule.tiers[1].maintenance == Fraction{1, 200}));
    ASSERT_EQ(market.pools.size(), 2U);
    EXPECT_EQ(market.pools[made.pool].name, "O");
    EXPECT_EQ(market.pools[made.pool].balance, Money{});
}

TEST(MadeMarket, VolumeScalesTheProfileOfTheThinnestBook) {
    SheetRow row;
    row.coin = "ABC";
    row.settle = "USDC";
    row.size_places = 1;
    row.volume = Decimal{500, 0};
    row.mark = Decimal{25, 1};
    row.tiers = {{Decimal{}, std::nullopt, Fraction{1, 20}, Fraction{1, 10}, std::nullopt}};
    StressMarket market = hand_market(1'000'000, {{0.01, 1e6}}, {{0.01, 1e6}});
    market.venues.front().name = "H";
    market.instruments.front().volume = 1000.0;
    const std::vector<MarketSheet> sheets{{"meta.json", "H", {row}, ""}};
    const BookNeeds needs =
        book_needs(std::string{columns_of_made} + "ann,H,ABC,long,7,1,isolated,1,,\n");
    Errors errors;
    const MarketSources sources = complete_market(
        market, {.needs = &needs, .sheets = sheets, .prices_of = PricesOf::book}, errors);
    ASSERT_TRUE(errors.empty()) << code_lines(errors);
    EXPECT_DOUBLE_EQ(market.instruments.back().bids.front().usd, 5e5);
    EXPECT_DOUBLE_EQ(market.instruments.back().volume, 500.0);
    EXPECT_EQ(sources.instruments[0].price, "instrument file");
    EXPECT_EQ(sources.instruments[0].depth, "by volume: A:BTC-PERP scaled to 500 USD a day");
}

TEST(BookNeeds, NamesMarksAndTheFinestSizes) {
    const BookNeeds needs = book_needs(
        "account;venue;instrument;side;size;entry;collateral;amount;mark_price;contract_size;note\n"
        "a;A;BTCUSDT;long;0.0010;1;;;100.5;;\n"
        "a;A;;;;;BNB;5;;;\n"
        "a;A;BTC-PERP;short;1.25;1;;;101;0.01;mine\n"
        "a;OKX;btcusd;long;1;1;;;1;;\n");
    ASSERT_EQ(needs.instruments.size(), 1U) << "margined in its coin: no instrument of a market";
    EXPECT_EQ(needs.instruments[0].settle, "USDT");
    EXPECT_EQ(needs.instruments[0].size_places, 4);
    EXPECT_EQ(needs.instruments[0].lines, 2U);
    EXPECT_EQ(needs.instruments[0].marks.size(), 2U);
    EXPECT_EQ(needs.collateral, std::vector<std::string>{"BNB"});
    EXPECT_EQ(needs.venues, (std::vector<std::string>{"A", "OKX"}));
}

}  // namespace
}  // namespace margincall
