// The worked examples of docs/stress.md, one for each way a position can go.
#include <gtest/gtest.h>

#include "small_market.hpp"

namespace margincall {
namespace {

const char* const one_long = "ann,,A,BTC,long,10,100000,isolated,USD,50000\n";
const char* const and_a_short = "bob,,A,BTC,short,10,100000,isolated,USD,50000\n";

TEST(StressRun, BookTakesTheWholeOrderAndTheFeeGoesToTheFund) {
    const StressMarket market = hand_market(1'000'000, {{0.001, 1'000'000}}, {{0.001, 1'000'000}});
    const AccountBook book = read_rows(one_long, market);

    const StressOutcome out =
        run_stress(StressStart(market, book), fall(market, -0.045), without_feedback());

    // Mark 95,500: equity 5,000 < 9,550. The order is limited at 95,000, the bid rests at
    // floor(95,500 * 0.999) = 95,404.
    ASSERT_EQ(out.liquidations.size(), 1U);
    EXPECT_EQ(out.liquidations[0].by, ClosedBy::book);
    EXPECT_DOUBLE_EQ(out.liquidations[0].mark, 95'500);
    EXPECT_DOUBLE_EQ(out.liquidations[0].bankruptcy, 95'000);
    EXPECT_DOUBLE_EQ(out.liquidations[0].price, 95'404);
    EXPECT_DOUBLE_EQ(out.slippage, 960);
    // 1 % of 954,040 would be 9,540.40; 4,040 are left.
    EXPECT_DOUBLE_EQ(out.fees, 4'040);
    EXPECT_DOUBLE_EQ(out.fund_after, 1'004'040);
    EXPECT_EQ(out.accounts_liquidated, 1U);
    EXPECT_TRUE(out.settled);
}

TEST(StressRun, FundTakesOverAtTheBankruptcyPriceWhatTheBookDoesNot) {
    const StressMarket market = hand_market(1'000'000, {{0.02, 1'000'000}}, {{0.02, 1'000'000}});
    const AccountBook book = read_rows(one_long, market);

    const StressOutcome out =
        run_stress(StressStart(market, book), fall(market, -0.045), without_feedback());

    // The bid of 93,590 is below 95,000. The fund holds 10 from 95,000, worth 5,000 more at the
    // mark.
    ASSERT_EQ(out.liquidations.size(), 1U);
    EXPECT_EQ(out.liquidations[0].by, ClosedBy::takeover);
    EXPECT_DOUBLE_EQ(out.liquidations[0].price, 95'000);
    EXPECT_DOUBLE_EQ(out.fund_after, 1'005'000);
    EXPECT_EQ(out.units_bankrupt, 1U);
    EXPECT_DOUBLE_EQ(out.fund_draw, 0);
}

TEST(StressRun, WinnersAreClosedAtTheBankruptcyPriceWhenTheFundCannotTake) {
    const StressMarket market = hand_market(1'000, {{0.02, 1'000'000}}, {{0.02, 1'000'000}});
    const AccountBook book = read_rows(std::string{one_long} + and_a_short, market);

    const StressOutcome out =
        run_stress(StressStart(market, book), fall(market, -0.06), without_feedback());

    // Mark 94,000: 940,000 of notional against a fund of 1,000. Bob is closed at 95,000, not
    // 94,000.
    ASSERT_EQ(out.adl.size(), 1U);
    EXPECT_EQ(book.accounts[book.units[out.adl[0].unit].account].id, "bob");
    EXPECT_DOUBLE_EQ(out.adl[0].coins, 10);
    EXPECT_DOUBLE_EQ(out.adl[0].price, 95'000);
    EXPECT_DOUBLE_EQ(out.adl[0].profit, 50'000);
    EXPECT_DOUBLE_EQ(out.adl[0].forgone, 10'000);
    EXPECT_DOUBLE_EQ(out.bad_debt, 0);
    EXPECT_DOUBLE_EQ(out.fund_after, 1'000);
}

TEST(StressRun, WithoutAWinnerInTheBookTheFundBearsItAndTheRestIsBadDebt) {
    const StressMarket market = hand_market(2'000, {{0.02, 1'000'000}}, {{0.02, 1'000'000}});
    const AccountBook book = read_rows(one_long, market);

    const StressOutcome out =
        run_stress(StressStart(market, book), fall(market, -0.06), without_feedback());

    // 10 from 95,000 at a mark of 94,000: -10,000 against 2,000.
    EXPECT_EQ(out.funds_emptied, 1U);
    EXPECT_DOUBLE_EQ(out.bad_debt, 8'000);
    EXPECT_DOUBLE_EQ(out.pools[0].no_counterparty, 940'000);
    EXPECT_DOUBLE_EQ(out.fund_lowest, 0);
}

TEST(StressRun, ForcedOrdersMoveTheMarkAndLiquidateTheNext) {
    // Ann's order eats the first level; the probe of one coin then reaches down to 2 %. Cas is safe
    // at 95,500 and not at 95,500 * (1 - 1.9 %) = 93,685.5.
    const StressMarket market =
        hand_market(10'000'000, {{0.001, 999'000}, {0.02, 98'000}}, {{0.001, 999'000}});
    const AccountBook book =
        read_rows(std::string{one_long} + "cas,,A,BTC,long,1,100000,isolated,USD,6500\n", market);
    StressOptions options = without_feedback();
    options.refill = Duration{};

    const StressOutcome off = run_stress(StressStart(market, book), fall(market, -0.045), options);
    options.feedback = Feedback::on;
    const StressOutcome on = run_stress(StressStart(market, book), fall(market, -0.045), options);

    EXPECT_EQ(off.accounts_liquidated, 1U);
    EXPECT_DOUBLE_EQ(off.instruments[0].lowest, 95'500);
    EXPECT_EQ(on.accounts_liquidated, 2U);
    EXPECT_DOUBLE_EQ(on.instruments[0].lowest, 93'686);
}

// Why `--feedback off` can draw more from funds: the one order is just large enough at the mark, and a fill below it
// leaves the account below its margin, so that everything else is the fund's.
TEST(StressRun, AnOrderThatIsJustEnoughAtTheMarkIsNotEnoughBelowIt) {
    const auto taken_over = [](double distance) {
        StressMarket market =
            hand_market(10'000'000, {{distance, 9'000'000}}, {{distance, 9'000'000}});
        market.venues[0].rules.liquidation.fee_ppm = 0;
        MarginTiers& tiers = market.instruments[0].tiers;  // in the first everything is closed
        tiers[0].cap = dollars(100'000);
        tiers[0].mmr_ppm = 5'000;
        tiers.push_back({.floor = dollars(100'000),
                         .cap = dollars(1'000'000'000),
                         .mmr_ppm = 10'000,
                         .leverage_max = 50,
                         .deduction = dollars(500)});
        market.venues[0].margin = {};
        fill_margin_rules(market, Fraction{95, 100});
        const AccountBook book = read_rows(one_long, market);
        return run_stress(StressStart(market, book), fall(market, -0.041), without_feedback());
    };
    // Mark 95,900: equity 9,000 < 9,590 - 500. A coin sold there frees 959: 0.094 of them, and 0.146 USD stay over.
    const StressOutcome near = taken_over(1e-5);  // sold at 95,899
    EXPECT_NEAR(near.in_book, 0.094 * 95'899, 1e-6);
    EXPECT_DOUBLE_EQ(near.taken_over, 0.0);
    const StressOutcome far = taken_over(2e-4);  // at 95,880, 1.88 USD less
    EXPECT_NEAR(far.in_book, 0.094 * 95'880, 1e-6);
    EXPECT_NEAR(far.taken_over, 9.906 * 95'900, 1e-6);
}

TEST(StressRun, LargestOwnerGroupDefaultsWithAllItsAccounts) {
    const StressMarket market = hand_market(1'000'000, {{0.001, 9'000'000}}, {{0.001, 9'000'000}});
    const AccountBook book = read_rows(
        "a1,big,A,BTC,long,6,100000,isolated,USD,600000\n"
        "a2,big,A,BTC,short,5,100000,cross,USD,500000\n"
        "c,,A,BTC,long,10,100000,isolated,USD,1000000\n",
        market);
    StressOptions options = without_feedback();
    options.defaults = 1;

    const StressOutcome out = run_stress(StressStart(market, book), fall(market, 0.0), options);

    ASSERT_EQ(out.defaults.size(), 1U);
    EXPECT_EQ(book.groups[out.defaults[0].group], "big");
    EXPECT_DOUBLE_EQ(out.defaults[0].notional, 1'100'000);
    EXPECT_EQ(out.accounts_liquidated, 2U);
    EXPECT_DOUBLE_EQ(out.taken_over, 0);
}

TEST(StressRun, CoinsOfABankruptWalletAreExchangedAtTheirRatio) {
    // A wallet of 0.5 BTC counts 47,500 at 95 % and falls with the price.
    const StressMarket market = hand_market(1'000'000, {{0.2, 1'000'000}}, {{0.2, 1'000'000}});
    const AccountBook book = read_rows("ann,,A,BTC,long,10,100000,cross,BTC,0.5\n", market);
    const StressStart start(market, book);
    StressRun run(start);

    const StressOutcome out = run.run(fall(market, -0.05), without_feedback());

    // Mark 95,000: equity 0.5 * 0.95 * 95,000 - 50,000 = -4,875.
    EXPECT_EQ(out.units_bankrupt, 1U);
    // All but the crumb that the whole tick of the bankruptcy price leaves them: less than 10 USD.
    const AssetId btc = AssetId::from_raw(0);
    EXPECT_GT(run.house().coins(run.house().fund_account(0), btc).raw(), 49'990'000);
    EXPECT_LT(run.house().coins(start.account(0), btc).raw(), 10'000);
    EXPECT_GE(run.house().cash(start.account(0)).raw(), 0);
}

TEST(StressRun, ACoinMayGoToAlmostNothing) {
    const StressMarket market = hand_market(1'000'000, {{0.2, 1'000'000}}, {{0.2, 1'000'000}});
    const AccountBook book = read_rows(std::string{one_long} + and_a_short, market);
    const std::string move = "BTC=-99.99%/10min";
    const auto shock = parse_shock({&move, 1}, market, UnnamedCoins::unchanged);
    ASSERT_TRUE(shock.has_value());

    const StressOutcome out = run_stress(StressStart(market, book), *shock, without_feedback());

    EXPECT_NEAR(out.instruments[0].end, 10.0, 1.0);
    EXPECT_TRUE(out.settled);
    EXPECT_EQ(out.accounts_liquidated, 1U);
}

TEST(StressRun, SameInputGivesTheSamePostings) {
    const StressMarket market = hand_market(2'000, {{0.001, 500'000}}, {{0.001, 500'000}});
    const AccountBook book = read_rows(std::string{one_long} + and_a_short, market);
    const StressStart start(market, book);
    StressRun run(start);

    const StressOutcome first = run.run(fall(market, -0.06), StressOptions{});
    (void)run.run(fall(market, 0.10), StressOptions{});
    const StressOutcome again = run.run(fall(market, -0.06), StressOptions{});

    EXPECT_EQ(first.digest, again.digest);
    EXPECT_EQ(first.postings, again.postings);
}

}  // namespace
}  // namespace margincall
