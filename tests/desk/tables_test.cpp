// Tables about a book before any shock, on books small enough to reckon by hand (small_market.hpp:
// one coin at 100,000, ticks of 1 USD, 1 % maintenance, coins count 95 %).
#include "desk/tables.hpp"

#include <gtest/gtest.h>

#include "desk/reconciliation.hpp"
#include "small_market.hpp"

namespace margincall {
namespace {

StressMarket quiet_market() {
    return hand_market(1'000'000, {{0.02, 1'000'000}}, {{0.02, 1'000'000}});
}
std::vector<double> liquidation_prices(const StressMarket& market, const std::string& rows) {
    const AccountBook book = read_rows(rows, market);
    std::vector<double> out;
    for (const PositionPrice& p : liquidation_map(StressStart(market, book)).positions) {
        out.push_back(p.liquidation);
    }
    return out;
}

TEST(Tables, WalletThatOwesMoreThanItHoldsIsBelow) {
    const StressMarket market = quiet_market();
    // 0.01 BTC counts 950.
    const AccountBook book = read_rows(
        "ann,,A,,,,,cross,USD,-500\n"
        "zoe,,A,,,,,cross,USD,0\n"
        "cy,,A,,,,,cross,BTC,0.01\n"
        "cy,,A,,,,,cross,USD,-950\n"
        "dan,,A,,,,,cross,BTC,0.01\n"
        "dan,,A,,,,,cross,USD,-951\n",
        market);
    const Reconciliation r = reconcile(StressStart(market, book), 0.001);
    EXPECT_EQ(r.below, (std::vector<std::uint32_t>{0, 3}));
    EXPECT_EQ(r.units_below_margin, 2U);
}

TEST(Tables, CollateralInThePositionsCoinFallsWithIt) {
    const StressMarket market = quiet_market();
    // 0.095 p + 0.5 (p - 100,000) = 0.005 p at 84,745.76.
    EXPECT_EQ(liquidation_prices(market, "ann,,A,BTC,long,0.5,100000,cross,BTC,0.1\n"),
              std::vector{84'745.0});
    // 2,000 + 0.095 p + 0.5 (100,000 - p) = 0.005 p at 126,829.3.
    EXPECT_EQ(liquidation_prices(market,
                                 "ann,,A,BTC,short,0.5,100000,cross,BTC,0.1\n"
                                 "ann,,A,,,,,cross,USD,2000\n"),
              std::vector{126'830.0});
    // A small short behind a pledged coin is hurt by a fall:
    // 0.095 p - 9,000 + 0.05 (100,000 - p) = 0.0005 p at 89,887.6.
    const char* const pledged =
        "ann,,A,BTC,short,0.05,100000,cross,BTC,0.1\n"
        "ann,,A,,,,,cross,USD,-9000\n";
    EXPECT_EQ(liquidation_prices(market, pledged), std::vector{89'887.0});
    const AccountBook book = read_rows(pledged, market);
    EXPECT_EQ(liquidation_map(StressStart(market, book)).bins.size(), 1U);
}

TEST(Tables, LegsOfAHedgeShareOnePrice) {
    const StressMarket market = quiet_market();
    const std::string pair =
        "ann,,A,BTC,long,1,100000,cross,USD,3000\n"
        "ann,,A,BTC,short,1,100000,cross,,\n";
    // Equity stays 3,000, both legs need 1 %: 0.02 p is above it from 150,001 on.
    EXPECT_EQ(liquidation_prices(market, pair), (std::vector{150'001.0, 150'001.0}));
    const AccountBook book = read_rows(pair, market);
    double mapped = 0.0;
    for (const MapBin& bin : liquidation_map(StressStart(market, book)).bins) {
        EXPECT_EQ(bin.bin, 100);
        mapped += bin.usd;
    }
    EXPECT_DOUBLE_EQ(mapped, 200'000.0);
    // Net long: 60,000 + (p - 100,000) = 0.03 p at 41,237.1.
    EXPECT_EQ(liquidation_prices(market,
                                 "ann,,A,BTC,long,2,100000,cross,USD,60000\n"
                                 "ann,,A,BTC,short,1,100000,cross,,\n"),
              (std::vector{41'237.0, 41'237.0}));
    // Net long by less than the legs require: a rise hurts. 1,500 + 0.01 p = 0.0201 p at 148,514.9.
    EXPECT_EQ(liquidation_prices(market,
                                 "ann,,A,BTC,long,1.01,100000,cross,USD,2500\n"
                                 "ann,,A,BTC,short,1,100000,cross,,\n"),
              (std::vector{148'515.0, 148'515.0}));
    // What is below its margin already is not in the map.
    const AccountBook below = read_rows("ann,,A,BTC,long,1,101000,cross,USD,1000\n", market);
    EXPECT_TRUE(liquidation_map(StressStart(market, below)).bins.empty());
}

TEST(Tables, PricesGoBeyondTheOrderBook) {
    const StressMarket market = quiet_market();  // its prices end at 1,000,000
    // 28,000 + 0.01 (100,000 - p) = 0.0001 p at 2,871,287.1.
    EXPECT_EQ(liquidation_prices(market, "ann,,A,BTC,short,0.01,100000,cross,USD,28000\n"),
              std::vector{2'871'288.0});
    // With 0.001 BTC beside it, by search: 29,000 = (0.01 + 0.0001 - 0.00095) p at 3,169,398.9.
    EXPECT_EQ(liquidation_prices(market,
                                 "ann,,A,BTC,short,0.01,100000,cross,USD,28000\n"
                                 "ann,,A,,,,,cross,BTC,0.001\n"),
              std::vector{3'169'399.0});
}

TEST(Tables, ATickBelowAMicroDollarIsStillCounted) {
    StressMarket market = quiet_market();
    StressInstrument& row = market.instruments[0];
    row.instrument.tick_value = Money::from_raw(1);  // ten ticks of 1e-7 for one coin
    row.instrument.tick_usd = 1e-6;
    row.instrument.lot_base = 1.0;
    row.tick_parts = 10;
    row.mark = Ticks::from_raw(7'143);
    market.coins[0].price = 0.0071432;
    market.venues[0].margin = {};
    fill_margin_rules(market, Fraction{95, 100});
    const AccountBook book = read_rows("ann,,A,BTC,long,1000003,0.00715,cross,USD,800\n", market);
    const StressStart start(market, book);
    BookView view(start);
    // 800 + 1,000,003 * (0.0071432 - 0.00715), rounded down once.
    const PortfolioMargin margin = view.margin(0);
    EXPECT_TRUE(margin.equity == Amount::from_raw(793'199'979));
    // (7,150.02145 - 800) / (1,000,003 * 0.99) = 0.00641414.
    EXPECT_NEAR(view.liquidation_price(0, margin), 0.0064141, 1e-12);
}

TEST(Tables, ReportedPricesAreComparedInTheirOwnTicks) {
    const StressMarket market = quiet_market();
    const auto breaks = [&](const char* amount, const char* reported) {
        Errors errors;
        const AccountBook book = read_account_book(
            std::string{"account,venue,instrument,side,size,entry,margin_mode,amount,"
                        "reported_liquidation_price\na,A,BTC,long,1,100000,cross,"} +
                amount + "," + reported + "\n",
            "book.csv",
            market,
            BadRows::refuse,
            errors);
        CHECK(errors.empty());
        return reconcile(StressStart(market, book), 0.0).breaks.size();
    };
    // 50,000 / 0.99 = 50,505.05.
    EXPECT_EQ(breaks("50000", "50505"), 0U);
    EXPECT_EQ(breaks("50000", "50506"), 0U);
    EXPECT_EQ(breaks("50000", "50507"), 1U);
    // 0 says that there is none.
    EXPECT_EQ(breaks("50000", "0"), 1U);
    EXPECT_EQ(breaks("100000", "0"), 0U);
    EXPECT_EQ(breaks("100000", "50000"), 1U);
}

}  // namespace
}  // namespace margincall
