#include "desk/account_book.hpp"

#include <gtest/gtest.h>

#include "base/decimal.hpp"
#include "desk/csv.hpp"
#include "desk/market_files.hpp"
#include "desk/pseudonyms.hpp"
#include "desk/reconciliation.hpp"
#include "desk/tables.hpp"
#include "small_market.hpp"

namespace margincall {
namespace {

std::string lines_of(const Errors& errors) {
    std::string out;
    for (const Error& e : errors) {
        out += std::to_string(e.line) + ":" + std::to_string(e.column) + " " + e.code + " " +
               e.message + (e.allowed.empty() ? "" : " [" + e.allowed + "]") + "\n";
    }
    return out;
}

StressMarket market() {
    return hand_market(1'000'000, {{0.01, 1e6}}, {{0.01, 1e6}});
}

// Everything that can be wrong with a line, all at once.
const char* const bad_book =
    "account,owner_group,venue,instrument,side,size,entry,margin_mode,collateral,amount,tier_"
    "override\n"
    "ok,,A,BTC,long,1,100000,cross,USD,9000,\n"      // 2
    ",,A,BTC,long,1,100000,cross,USD,9000,\n"        // 3 no id
    "a,,X,BTC,long,1,100000,cross,USD,9000,\n"       // 4 venue
    "b,,A,DOGE,long,1,100000,cross,USD,9000,\n"      // 5 instrument
    "c,,A,BTC,up,0,1x5,both,USD,9000,\n"             // 6 four in one line
    "d,,A,BTC,long,0.0005,100000,cross,USD,9000,\n"  // 7 lots
    "e,,A,BTC,long,1,100000,isolated,,,\n"           // 8 no margin
    "f,,A,,long,,,cross,USD,5,\n"                    // 9 side without instrument
    "g,,A,BTC,long,1,100000,cross,USD,9000\n"        // 10 a field less
    "h,x,A,BTC,long,1,100000,cross,USD,9000,\n"      // 11
    "h,y,A,BTC,short,1,100000,cross,,,\n"            // 12 other group
    "ok2,,A,BTC,long,1,100000,cross,USD,9000,\n"     // 13
    "ok2,,A,BTC,long,2,100000,cross,,,\n"            // 14 twice
    "i,,A,BTC,long,1,100000,cross,EUR,9000,\n"       // 15 asset
    "j,,A,BTC,long,1,100000,cross,USD,nine,\n"       // 16 amount
    "k,,A,BTC,long,1,100000,cross,USD,9000,2\n";     // 17 override

TEST(AccountBook, EveryProblemIsNamedWithItsPlace) {
    Errors errors;
    const AccountBook book =
        read_account_book(bad_book, "book.csv", market(), BadRows::refuse, errors);

    EXPECT_TRUE(book.units.empty());
    EXPECT_EQ(
        lines_of(errors),
        "3:1 E610 the account has no id\n"
        "4:4 E606 unknown venue \"X\" [known: A]\n"
        "5:6 E606 unknown instrument \"DOGE\" at venue A [known: BTC]\n"
        "6:19 E605 unknown margin mode \"both\" [cross or isolated; empty = cross]\n"
        "6:10 E605 unknown side \"up\" [long or short (also buy, sell; both or net: the "
        "sign of the size says which)]\n"
        "6:13 E604 size: 0 is not above 0\n"
        "6:15 E603 entry: \"1x5\" is not a number [decimals of at most 18 digits, such as 0.25]\n"
        "7:15 E608 size: 0.0005 is not a whole number of lots [multiples of 0.001 at A:BTC-PERP]\n"
        "8:34 E610 an isolated position without its margin\n"
        "9:7 E610 side: without an instrument\n"
        "10:1 E609 10 fields [expected 11, as in the first line]\n"
        "12:3 E611 account h has another owner group here [it was \"x\" before]\n"
        "14:1 E607 account ok2 has this position twice: A:BTC-PERP long [first in line 13]\n"
        "15:30 E606 unknown asset \"EUR\" [USD, USDT, USDC or a coin of the market]\n"
        "16:34 E603 amount: \"nine\" does not begin with a number [decimals of at most 18 digits; "
        "negative = owed]\n"
        "17:39 E603 tier_override: \"2\" [a maintenance rate such as 1.5%, or with the least "
        "initial rate 1.5%/3%]\n");
}

TEST(AccountBook, SkippingLeavesOutWholeAccountsAndCountsThem) {
    Errors errors;
    const AccountBook book =
        read_account_book(bad_book, "book.csv", market(), BadRows::skip, errors);

    ASSERT_EQ(book.units.size(), 1U);
    EXPECT_EQ(book.accounts[book.units[0].account].id, "ok");
    EXPECT_EQ(book.rows, 16U);
    EXPECT_EQ(book.rows_left_out, 15U);
    EXPECT_EQ(book.accounts_left_out, 12U);  // the line without an id belongs to nobody
}

TEST(AccountBook, ColumnsAreFoundByNameAndUnknownOnesRefused) {
    Errors errors;
    (void)read_account_book("account,venu,side,size,entry,amount,instrument\n",
                            "book.csv",
                            market(),
                            BadRows::refuse,
                            errors);

    EXPECT_EQ(errors[0].message, "unknown column \"venu\"; did you mean \"venue\"?");
    EXPECT_EQ(errors[0].column, 9);
    EXPECT_EQ(errors[1].message, "the column \"venue\" is missing");
}

TEST(AccountBook, EmptyFileIsAnError) {
    Errors errors;
    (void)read_account_book("", "book.csv", market(), BadRows::refuse, errors);
    ASSERT_EQ(errors.size(), 1U);
    EXPECT_EQ(errors[0].code, "E601");
}

TEST(AccountBook, RowsOfAnAccountMeetInOneWalletWhereverTheyStand) {
    const StressMarket m = market();
    const AccountBook book = read_rows(
        "z,,A,BTC,long,1,100000,cross,USD,1000\n"
        "y,,A,BTC-PERP,long,1,100000,isolated,USDT,5000\r\n"
        "# a comment\n"
        "z,,A,BTCUSDT,short,0.4,\"99000\",cross,,\n"
        "z,,A,,,,,cross,BTC,0.25\n",
        m);

    ASSERT_EQ(book.units.size(), 2U);
    EXPECT_EQ(book.units[0].positions, 2U);
    EXPECT_EQ(book.units[0].collaterals, 2U);
    EXPECT_EQ(book.positions[1].cost.raw(), -39'600'000'000);
    EXPECT_EQ(book.collateral[1].amount, 25'000'000);
    EXPECT_EQ(book.units[1].mode, MarginMode::isolated);
}

TEST(AccountBook, TierOverrideReplacesTheRate) {
    const StressMarket m = market();
    Errors errors;
    const AccountBook book = read_account_book(
        "account,venue,instrument,side,size,entry,amount,tier_override\n"
        "a,A,BTC,long,1,100000,5000,2.5%/5%\n",
        "book.csv",
        m,
        BadRows::refuse,
        errors);
    ASSERT_TRUE(errors.empty()) << lines_of(errors);
    const StressStart start(m, book);
    UnitMargins margins(m, book);

    const PortfolioMargin margin = margins.of(start.house(), 0, start.prices());

    EXPECT_TRUE(margin.maintenance.raw() == 2'500'000'000);
    EXPECT_TRUE(margin.initial.raw() == 5'000'000'000);
}

// The market's mark is 100,000.
TEST(AccountBook, MarksOfAnotherDayAreRefusedOnceForACoin) {
    const auto problems = [](const char* first, const char* second) {
        const std::string text =
            std::string{"account,venue,instrument,side,size,entry,amount,mark\n"} +
            "a,A,BTC,long,1,100000,9000," + first + "\nb,A,BTC,long,1,100000,9000," + second + "\n";
        Errors errors;
        static_cast<void>(read_account_book(text, "book.csv", market(), BadRows::refuse, errors));
        return lines_of(errors);
    };
    EXPECT_EQ(problems("101000", "99000"), "") << "1 % to either side";
    EXPECT_EQ(problems("", "100000"), "");
    EXPECT_NE(problems("100000", "68064").find("3:28 E618"), std::string::npos)
        << "not only the first";
    EXPECT_EQ(
        problems("101001", "68064"),
        "2:28 E618 the book's mark of BTC is 101001, the market's is 100000 [at most 1 % apart]\n");
    EXPECT_EQ(problems("98999.5", ""),
              "2:28 E618 the book's mark of BTC is 98999.5, the market's is 100000 [at most 1 % "
              "apart]\n");
    EXPECT_EQ(problems("", "1o0"),
              "3:28 E603 mark: \"1o0\" is not a number [a number, or nothing]\n");
}

TEST(AccountBook, CoinMarginedContractsAreRefused) {
    for (const char* const name : {"BTCUSD",
                                   "XBTUSD",
                                   "BTC_USD",
                                   "BTC-USD-SWAP",
                                   "BTCUSD_PERP",
                                   "BTCUSD_250926",
                                   "BTC-PERPETUAL",
                                   "BTC/USD:BTC"}) {
        EXPECT_TRUE(is_coin_margined(name)) << name;
    }
    for (const char* const name : {"BTC",
                                   "BTC-PERP",
                                   "BTC-USD",
                                   "BTC-USD-PERP",
                                   "BTC/USD",
                                   "BTCUSDT",
                                   "BTCUSDC",
                                   "BTC_USDT",
                                   "BTC-USDT-SWAP",
                                   "BTCUSDT_PERP",
                                   "BTC_USDC-PERPETUAL",
                                   "BTC/USDT:USDT",
                                   "T1",
                                   "USD"}) {
        EXPECT_FALSE(is_coin_margined(name)) << name;
    }
    const StressMarket m = market();
    Errors errors;
    (void)read_account_book(std::string{book_head} + "a,,A,BTCUSD,long,10,110000,cross,BTC,0.05\n",
                            "book.csv",
                            m,
                            BadRows::refuse,
                            errors);
    ASSERT_EQ(errors.size(), 1U);
    EXPECT_EQ(errors[0].code, "E606");
    EXPECT_EQ(errors[0].message, "\"BTCUSD\" is margined in its coin");
}

// Profit withdrawn from an isolated position (Hyperliquid): short 1 from 120,000, now worth 20,000
// more than at its entry.
TEST(AccountBook, IsolatedMarginMayBeBelowZeroWhileProfitCoversIt) {
    const StressMarket m = market();
    const auto read = [&](const char* amount) {
        Errors errors;
        (void)read_account_book(
            std::string{book_head} + "a,,A,BTC,short,1,120000,isolated,USD," + amount + "\n",
            "book.csv",
            m,
            BadRows::refuse,
            errors);
        return errors.size();
    };
    EXPECT_EQ(read("-15000"), 0U);
    EXPECT_EQ(read("-20000"), 0U);
    EXPECT_EQ(read("-20000.000001"), 1U);
    const AccountBook book = read_rows("a,,A,BTC,short,1,120000,isolated,USD,-15000\n", m);
    const StressStart start(m, book);
    BookView view(start);
    const PortfolioMargin margin = view.margin(0);
    EXPECT_TRUE(margin.equity == to_amount(dollars(5'000)));
    // -15,000 + 120,000 - p = 0.01 p at 103,960.4.
    EXPECT_EQ(view.liquidation_price(0, margin), 103'961.0);
}

TEST(Shock, ReachesAlmostEverything) {
    const StressMarket m = market();
    const auto reads = [&](const char* text) {
        const std::string move{text};
        return parse_shock({&move, 1}, m, UnnamedCoins::unchanged).has_value();
    };
    EXPECT_TRUE(reads("BTC=-95%"));
    EXPECT_TRUE(reads("BTC=-99.9%"));
    EXPECT_TRUE(reads("BTC=-99.99%"));
    EXPECT_FALSE(reads("BTC=-99.999%"));
    EXPECT_TRUE(reads("BTC=1000%"));
    EXPECT_FALSE(reads("BTC=1001%"));
}

TEST(Reconciliation, BreaksAreListedWithLineAndDifference) {
    const StressMarket m = market();
    Errors errors;
    const AccountBook book = read_account_book(
        "account,venue,instrument,side,size,entry,margin_mode,amount,reported_equity,reported_"
        "margin,"
        "reported_liquidation_price\n"
        "a,A,BTC,long,10,100000,isolated,50000,50000,10000,95959\n"
        "b,A,BTC,long,10,100000,isolated,50000,49000,10000,96500\n",
        "book.csv",
        m,
        BadRows::refuse,
        errors);
    ASSERT_TRUE(errors.empty()) << lines_of(errors);

    const Reconciliation r = reconcile(StressStart(m, book), 0.001);

    EXPECT_EQ(r.of(BookFigure::equity).compared, 2U);
    ASSERT_EQ(r.breaks.size(), 2U);
    EXPECT_EQ(r.breaks[0].line, 3U);
    EXPECT_EQ(r.breaks[0].figure, BookFigure::equity);
    EXPECT_DOUBLE_EQ(r.breaks[0].computed, 50'000);
    EXPECT_EQ(r.breaks[1].figure, BookFigure::liquidation_price);
    EXPECT_DOUBLE_EQ(r.breaks[1].computed, 95'959);
}

TEST(MarketFiles, DepthProfileIsCumulativeAndFallingDepthIsAnError) {
    StressMarket m = market();
    Errors errors;
    read_depth_file(
        "venue,instrument,side,distance,depth\nA,BTC,both,1%,5000\nA,BTC,both,0.002,2000\n",
        "depth.csv",
        m,
        errors);
    ASSERT_TRUE(errors.empty()) << lines_of(errors);
    ASSERT_EQ(m.instruments[0].bids.size(), 2U);
    EXPECT_DOUBLE_EQ(m.instruments[0].bids[0].usd, 2000);
    EXPECT_DOUBLE_EQ(m.instruments[0].asks[1].usd, 3000);

    read_depth_file("venue,instrument,side,distance,depth\nA,BTC,bid,1%,5000\nA,BTC,bid,2%,4000\n",
                    "depth.csv",
                    m,
                    errors);
    EXPECT_EQ(
        lines_of(errors),
        "3:14 E613 depth 4000 is less than nearer to the mid [cumulative: everything between the "
        "mid and this distance, in USD]\n");
}

TEST(MarketFiles, OrderBookLevelsBecomeDistancesFromTheMid) {
    StressMarket m = market();
    Errors errors;
    read_depth_file(
        "venue,instrument,side,price,size\nA,BTC,bid,99,2\nA,BTC,ask,101,3\nA,BTC,ask,102,1\n",
        "depth.csv",
        m,
        errors);
    ASSERT_TRUE(errors.empty()) << lines_of(errors);
    EXPECT_NEAR(m.instruments[0].bids[0].distance, 0.01, 1e-12);
    EXPECT_DOUBLE_EQ(m.instruments[0].asks[1].usd, 102);
}

TEST(MarketFiles, EveryInstrumentOfANamedVenueNeedsOnePool) {
    StressMarket m = market();
    Errors errors;
    read_fund_file("venue,pool,instruments,balance\nA,main,*,2500000.5\n", "funds.csv", m, errors);
    ASSERT_TRUE(errors.empty()) << lines_of(errors);
    EXPECT_EQ(m.pools[0].name, "A/main");
    EXPECT_EQ(m.pools[0].balance.raw(), 2'500'000'500'000);

    read_fund_file(
        "venue,pool,instruments,balance\nA,main,,5\nA,rest,BTC,-1\n", "funds.csv", m, errors);
    EXPECT_EQ(
        lines_of(errors),
        "3:12 E604 balance: \"-1\" is out of range [0 to 2 tn US dollars, all pools together]\n"
        "0:0 E614 A:BTC-PERP is in no pool\n");
}

TEST(Pseudonyms, SipHashGivesTheAuthorsVector) {
    // Aumasson and Bernstein 2012, appendix A: key 00 .. 0f, message 00 .. 0e.
    std::string message;
    for (int k = 0; k < 15; ++k) {
        message += static_cast<char>(k);
    }
    EXPECT_EQ(sip_hash({0x0706050403020100ULL, 0x0f0e0d0c0b0a0908ULL}, message),
              0xa129ca6149be45e5ULL);
}

TEST(Pseudonyms, AreStableUnderASaltAndDifferBetweenSalts) {
    const StressMarket m = market();
    const std::string rows =
        "ann,firm,A,BTC,long,1,100000,cross,USD,9000\n"
        "bob,firm,A,BTC,long,1,100000,cross,USD,9000\n";
    AccountBook one = read_rows(rows, m);
    AccountBook two = read_rows(rows, m);
    AccountBook other = read_rows(rows, m);
    pseudonymise(one, "salt");
    pseudonymise(two, "salt");
    pseudonymise(other, "pepper");

    EXPECT_EQ(one.accounts[0].id, two.accounts[0].id);
    EXPECT_NE(one.accounts[0].id, one.accounts[1].id);
    EXPECT_NE(one.accounts[0].id, other.accounts[0].id);
    EXPECT_TRUE(one.accounts[0].id.starts_with("acc-"));
    EXPECT_TRUE(one.groups[0].starts_with("grp-"));
}

}  // namespace
}  // namespace margincall
