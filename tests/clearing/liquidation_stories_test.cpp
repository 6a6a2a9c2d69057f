// What the liquidation engine does with every kind of account, as tables (liquidation_story.hpp).
#include "liquidation_story.hpp"

namespace margincall {
namespace {

using test::check_story;
using test::story_rules;
using test::story_usd;

// Like Binance, with a fund of `fund` USD.
VenueRules fund_rules(double fund) {
    VenueRules rules = story_rules();
    rules.fund.initial = story_usd(fund);
    return rules;
}
// Like Hyperliquid: a fifth of what is above 100,000 USD first; a vault below 2/3 of the margin.
VenueRules vault_rules(double vault = 1e6) {
    VenueRules rules = fund_rules(vault);
    rules.liquidation.first_step = LiquidationFirstStep::market_then_rest;
    rules.liquidation.takeover = TakeoverMethod::vault_below_share;
    rules.liquidation.batch = milliseconds(200);
    rules.liquidation.partial_above = story_usd(100'000);
    rules.liquidation.market_orders = true;
    rules.fund.position_cap_ppm = 10'000'000;
    rules.adl.trigger = AdlTrigger::equity_negative;
    rules.adl.rank = AdlRank::price_ratio_times_leverage;
    rules.adl.price = AdlPrice::previous_mark;
    return rules;
}
// Like Bybit.
VenueRules engine_rules(double pool = 10e6) {
    VenueRules rules = fund_rules(pool);
    rules.liquidation.first_step = LiquidationFirstStep::tier_ladder_fok;
    rules.liquidation.takeover = TakeoverMethod::engine_at_bankruptcy;
    rules.adl.trigger = AdlTrigger::pool_drawdown;
    rules.adl.rank = AdlRank::leveraged_return;
    rules.fund.least_balance = story_usd(10'000);
    rules.trigger_at_equality = true;
    return rules;
}
// Like Deribit: slices of 10,000 USD, losses socialised.
VenueRules slice_rules(double fund) {
    VenueRules rules = fund_rules(fund);
    rules.liquidation.first_step = LiquidationFirstStep::slices;
    rules.liquidation.slice = story_usd(10'000);
    rules.liquidation.batch = seconds(1);
    rules.liquidation.takeover = TakeoverMethod::socialise;
    rules.adl.trigger = AdlTrigger::never;
    rules.fund.socialise_by = SocialiseBy::winners;
    return rules;
}
// Like dYdX.
VenueRules per_fill_rules(double fund) {
    VenueRules rules = fund_rules(fund);
    rules.liquidation.first_step = LiquidationFirstStep::fillable_ioc;
    rules.liquidation.takeover = TakeoverMethod::fund_per_fill;
    rules.liquidation.step_share_ppm = 100'000;
    rules.liquidation.step_least = story_usd(1'000);
    rules.liquidation.step_most = story_usd(100'000);
    rules.liquidation.spread_ppm = 1'500'000;
    rules.liquidation.adjustment_ppm = 1'000'000;
    rules.liquidation.fund_fee_cap_ppm = 15'000;
    rules.adl.trigger = AdlTrigger::never;
    rules.adl.rank = AdlRank::fixed_order;
    return rules;
}
// Like Drift.
VenueRules share_rules(double fund) {
    VenueRules rules = fund_rules(fund);
    rules.liquidation.first_step = LiquidationFirstStep::liquidator_share;
    rules.liquidation.takeover = TakeoverMethod::socialise;
    rules.liquidation.initial_share_ppm = 100'000;
    rules.liquidation.share_duration = seconds(60);
    rules.liquidation.liquidator_fee_ppm = 5'000;
    rules.liquidation.liquidator_fee_max_ppm = 5'000;
    rules.adl.trigger = AdlTrigger::never;
    return rules;
}

// --- orders ---

TEST(LiquidationStory, OneOrderThenTheFundTakesTheRestAtTheBankruptcyPrice) {
    check_story(story_rules(), R"(
cross ann long 1 at 100000 margin 5000   |
cross bob short 1 at 100000 margin 50000 |
bid 95100 0.4                            |
mark 95500                               | ann below
batch                                    | ann sells 1 ioc at 95000: 0.4 at 95100
                                         | ann 0.6 taken over at 94934
left                                     | ann: 0
                                         | bob: -1, 50000
                                         | fund: 0.6, 10000000.4
)");
}

TEST(LiquidationStory, NoOrderIsSentThatCouldOnlyBeRefused) {
    check_story(story_rules(), R"(
cross ann long 1 at 100000 margin 5000  |
cross bob short 1 at 100000 margin 5000 |
bid 94999 1                             |
ask 105001 1                            |
mark 95500                              | ann below
batch                                   | ann 1 taken over at 95000
mark 104500                             | bob below
batch                                   | bob 1 taken over at 105000
left                                    | ann: 0
                                        | bob: 0
                                        | fund: 10010000
)");
}

TEST(LiquidationStory, AnOrderToSafetySellsNoMoreThanNeeded) {
    VenueRules rules = story_rules();
    rules.liquidation.fee_ppm = 5'000;
    check_story(rules, R"(
cross ann long 9 at 100000 margin 60000    |
cross bob short 9 at 100000 margin 1000000 |
bid 95100 20                               |
mark 95100                                 | ann below
batch                                      | ann sells 1.589 ioc at 93334: 1.589 at 95100
                                           | ann pays a fee of 755.5695
left                                       | ann: 7.411, 51458.3305
                                           | bob: -9, 1000000
                                           | fund: 10000755.5695
)");
}

TEST(LiquidationStory, TheFeeIsAtMostWhatIsLeft) {
    VenueRules rules = story_rules();
    rules.liquidation.fee_ppm = 12'500;
    check_story(rules, R"(
cross ann long 0.5 at 100000 margin 2500    |
row cas long 0.5 at 100000 margin 2500      |
cross bob short 1 at 100000 margin 100000   |
bid 95400 2                                 |
mark 95400                                  | cas below
                                            | ann below
batch                                       | cas sells 0.5 ioc at 95000: 0.5 at 95400
                                            | cas pays a fee of 200
                                            | ann sells 0.5 ioc at 95000: 0.5 at 95400
                                            | ann pays a fee of 200
left                                        | ann: 0
                                            | cas: 0
                                            | bob: -1, 100000
                                            | fund: 10000400
)");
}

TEST(LiquidationStory, ALadderGoesDownATierAtATimeAndTheEngineTakesTheLowest) {
    check_story(engine_rules(), R"(
cross ann long 9 at 100000 margin 60000     |
row cas long 0.9 at 100000 margin 5000      |
cross bob short 9.9 at 100000 margin 900000 |
bid 94900 4.648                             |
bid 93800 20                                |
mark 95200                                  | cas below
                                            | ann below
batch                                       | cas 0.9 taken over at 94445
                                            | fund sells 0.9 ioc at 94445: 0.9 at 94900
                                            | ann sells 3.748 fok at 93334: 3.748 at 94900
mark 93850                                  | ann below
batch                                       | ann sells 4.187 fok at 92216: 4.187 at 93800
mark 62000                                  | ann below
batch                                       | ann 1.065 taken over at 85986
                                            | fund sells 1.065 ioc at 85986: 1.065 at 93800
left                                        | ann: 0
                                            | cas: 0
                                            | bob: -9.9, 900000
                                            | fund: 10008732.8
)");
}

TEST(LiquidationStory, AStepThatTheBookCannotFillWholeIsNotFilledAtAll) {
    check_story(engine_rules(), R"(
cross ann long 9 at 100000 margin 60000    |
cross bob short 9 at 100000 margin 2000000 |
bid 94900 3.747                            |
mark 95200                                 | ann below
batch                                      | ann sells 3.748 fok at 93334: nothing
                                           | ann 9 taken over at 93334
                                           | fund sells 9 ioc at 93334: 3.747 at 94900
left                                       | ann: 0
                                           | bob: -9, 2000000
                                           | fund: 5.253, 10005873.802
)");
}

TEST(LiquidationStory, AnEngineKeepsWhatTheBookDoesNotTakeAndSellsItSlowly) {
    VenueRules rules = engine_rules();
    rules.fund.unwind = minutes(10);
    check_story(rules, R"(
cross ann long 0.9 at 100000 margin 5000    |
cross bob short 0.9 at 100000 margin 900000 |
bid 94400 5                                 |
mark 95000                                  | ann below
batch                                       | ann 0.9 taken over at 94445
                                            | fund sells 0.9 ioc at 94445: nothing
unwind 60                                   | fund sells 0.09 ioc at any price: 0.09 at 94400
unwind 300                                  | fund sells 0.405 ioc at any price: 0.405 at 94400
left                                        | ann: 0
                                            | bob: -0.9, 900000
                                            | fund: 0.405, 9999978.225
)");
}

TEST(LiquidationStory, TwoTiersDownAgainAndAgainAndTheEngineTakesTheRest) {
    VenueRules rules = engine_rules();
    rules.liquidation.first_step = LiquidationFirstStep::tiers_down;
    rules.liquidation.fee_ppm = 500;
    check_story(rules, R"(
cross ann long 9 at 100000 margin 60000    |
cross bob short 9 at 100000 margin 2000000 |
bid 94900 7.948                            |
mark 95000                                 | ann below
batch                                      | ann sells 7.948 ioc at 93334: 7.948 at 94900
                                           | ann pays a fee of 377.1326
bid 82600 20                               |
mark 82600                                 | ann below
batch                                      | ann 1.052 taken over at 81856
                                           | fund sells 1.052 ioc at 81856: 1.052 at 82600
left                                       | ann: 0
                                           | bob: -9, 2000000
                                           | fund: 10001160.4
)");
}

TEST(LiquidationStory, SlicesOnePerBatchUntilTheMarginSuffices) {
    check_story(slice_rules(1e6), R"(
cross ann long 0.5 at 100000 margin 1900   |
row cas long 0.5 at 100000 margin 1900     |
cross bob short 1 at 100000 margin 2000000 |
bid 96990 20                               |
mark 97000                                 | cas below
                                           | ann below
batch                                      | cas sells 0.103 ioc at 96200: 0.103 at 96990
                                           | ann sells 0.103 ioc at 96200: 0.103 at 96990
batch                                      | no batch
left                                       | ann: 0.397, 1589.97
                                           | cas: 0.397, 1589.97
                                           | bob: -1, 2000000
                                           | fund: 1000000
)");
}

// --- vault ---

TEST(LiquidationStory, TheVaultNeverTakesANegativeAccount) {
    for (const char* const kind : {"row", "cross"}) {
        check_story(vault_rules(),
                    std::string(1, '\n') + kind + std::string(kind[0] == 'r' ? "  " : "") +
                        R"( ann long 1 at 100000 margin 5000   |
cross bob short 1 at 100000 margin 50000 |
mark 94000                               | ann below
batch                                    | bob gives 1 at 95000 to ann
left                                     | ann: 0
                                         | bob: 55000
                                         | fund: 1000000
)");
    }
}

TEST(LiquidationStory, TheVaultTakesWhatIsBelowTwoThirdsAndWaitsAboveThat) {
    // Margin 1 % of 97,500 = 975; two thirds are 649.99.
    check_story(vault_rules(), R"(
cross ann long 1 at 100000 margin 3150    |
cross cas long 1 at 100000 margin 3149    |
cross bob short 2 at 100000 margin 500000 |
mark 97500                                | ann below
                                          | cas below
batch                                     | cas 1 taken over at 96851
batch                                     |
left                                      | ann: 1, 3150, in liquidation
                                          | cas: 0
                                          | bob: -2, 500000
                                          | fund: 1, 1000000
)");
}

TEST(LiquidationStory, AFifthFirstThenTheWholeWhileTheUsersHalfMinuteRuns) {
    check_story(vault_rules(), R"(
cross ann long 2 at 100000 margin 8000    |
cross cas long 2 at 100000 margin 8200    |
row dee long 2 at 100000 margin 8200      |
cross bob short 6 at 100000 margin 500000 |
bid 97000 1.2                             |
mark 97000                                | dee below
                                          | ann below
                                          | cas below
batch                                     | dee sells 0.4 ioc at any price: 0.4 at 97000
                                          | ann sells 0.4 ioc at any price: 0.4 at 97000
                                          | cas sells 0.4 ioc at any price: 0.4 at 97000
bid 96900 20                              |
batch                                     | ann sells 1.6 ioc at any price: 1.6 at 96900
wait 29                                   |
mark 96900                                | dee below
                                          | cas below
batch                                     | dee sells 1.6 ioc at any price: 1.6 at 96900
                                          | cas sells 1.6 ioc at any price: 1.6 at 96900
left                                      | ann: 1840
                                          | cas: 2040
                                          | dee: 2040
                                          | bob: -6, 500000
                                          | fund: 1000000
)");
}

TEST(LiquidationStory, AfterTheHalfMinuteAFifthAgain) {
    check_story(vault_rules(), R"(
cross cas long 2 at 100000 margin 8200    |
cross bob short 2 at 100000 margin 500000 |
bid 97000 0.4                             |
mark 97000                                | cas below
batch                                     | cas sells 0.4 ioc at any price: 0.4 at 97000
bid 96900 20                              |
wait 30                                   |
mark 96900                                | cas below
batch                                     | cas sells 0.32 ioc at any price: 0.32 at 96900
left                                      | cas: 1.28, 6008
                                          | bob: -2, 500000
                                          | fund: 1000000
)");
}

TEST(LiquidationStory, WhatIsNotFilledOrNotAPartBeginsNoHalfMinute) {
    check_story(vault_rules(), R"(
cross ann long 2 at 100000 margin 8200    |
cross cas long 1 at 100000 margin 3900    |
cross bob short 3 at 100000 margin 500000 |
mark 97000                                | ann below
                                          | cas below
batch                                     |
bid 97000 20                              |
batch                                     | ann sells 0.4 ioc at any price: 0.4 at 97000
                                          | cas sells 1 ioc at any price: 1 at 97000
mark 96900                                | ann below
batch                                     | ann sells 1.6 ioc at any price: 1.6 at 97000
left                                      | ann: 2200
                                          | cas: 900
                                          | bob: -3, 500000
                                          | fund: 1000000
)");
}

// The half minute is the user's, whichever of their positions began it.
TEST(LiquidationStory, TheHalfMinuteHoldsForAllPositionsOfAUser) {
    check_story(vault_rules(), R"(
cross ann long 2 at 100000 margin 11500      |
cross ann long 1.9 ETH at 100000             |
cross bob short 2 at 100000 margin 500000    |
cross bob short 1.9 ETH at 100000            |
bid 97000 0.4                                |
mark 97000                                   | ann below
batch                                        | ann sells 0.4 ioc at any price: 0.4 at 97000
bid 98900 20 ETH                             |
mark 98900 ETH                               | ann below
batch                                        | ann sells 1.9 ETH ioc at any price: 1.9 at 98900
left                                         | ann: 1.6, 8210
                                             | bob: -2, -1.9 ETH, 500000
                                             | fund: 1000000
)");
}

TEST(LiquidationStory, AMarketOrderIsNotLimitedAtTheBankruptcyPrice) {
    check_story(vault_rules(), R"(
cross ann long 1 at 100000 margin 5000   |
cross bob short 1 at 100000 margin 50000 |
bid 90000 0.5                            |
mark 95900                               | ann below
batch                                    | ann sells 1 ioc at any price: 0.5 at 90000
                                         | bob gives 0.5 at 100000 to ann
left                                     | ann: 0
                                         | bob: -0.5, 50000
                                         | fund: 1000000
)");
}

TEST(LiquidationStory, AnInsolventVaultIsDeleveragedLikeAnybody) {
    check_story(vault_rules(10'000), R"(
cross ann long 1 at 100000 margin 5000    |
cross bob short 1 at 100000 margin 500000 |
mark 95500                                | ann below
batch                                     | ann 1 taken over at 95000
mark 85000                                |
unwind 1                                  |
mark 84400                                |
unwind 1                                  | bob gives 1 at 85000 to fund
left                                      | ann: 0
                                          | bob: 515000
                                          | fund: 0
)");
}

// --- fund and ADL ---

TEST(LiquidationStory, OneOrderACaseThenAdlAfterTheDelay) {
    VenueRules rules = fund_rules(1);
    rules.adl.delay = seconds(5);
    check_story(rules, R"(
cross ann long 1 at 100000 margin 5000   |
row cas long 1 at 100000 margin 5000     |
cross bob short 2 at 100000 margin 50000 |
bid 95100 0.4                            |
mark 95500                               | cas below
                                         | ann below
batch                                    | cas sells 1 ioc at 95000: 0.4 at 95100
bid 95200 5                              |
batches 9                                |
batch                                    | bob gives 0.6 at 94934 to cas
                                         | bob gives 1 at 95000 to ann
batch                                    | no batch
left                                     | ann: 0
                                         | cas: 0.4
                                         | bob: -0.4, 58039.6
                                         | fund: 1
)");
}

TEST(LiquidationStory, TheFundHoldsExactlyAsMuchAsItOwns) {
    check_story(fund_rules(95'500), R"(
cross ann long 1 at 100000 margin 5000   |
cross bob short 1 at 100000 margin 50000 |
mark 95500                               | ann below
batch                                    | ann 1 taken over at 95000
left                                     | ann: 0
                                         | bob: -1, 50000
                                         | fund: 1, 95500
)");
    check_story(fund_rules(95'499.999999), R"(
cross ann long 1 at 100000 margin 5000   |
cross bob short 1 at 100000 margin 50000 |
mark 95500                               | ann below
batch                                    | bob gives 1 at 95000 to ann
left                                     | ann: 0
                                         | bob: 55000
                                         | fund: 95499.999999
)");
}

TEST(LiquidationStory, TheFundsRoomCountsAllPositionsOfTheAccountAndThoseItHolds) {
    check_story(fund_rules(300'000), R"(
cross ann long 1 at 100000 margin 9000        |
cross ann short 1 ETH at 100000               |
cross cas long 1.2 at 100000 margin 6000      |
cross bob short 2.2 at 100000 margin 500000   |
cross bob long 1 ETH at 100000                |
mark 95500                                    | cas below
mark 103900 ETH                               | ann below
batch                                         | cas 1.2 taken over at 95000
                                              | bob gives 1 ETH at 104218 to ann
                                              | bob gives 1 at 95219 to ann
left                                          | ann: 1
                                              | cas: 0
                                              | bob: -1.2, 508999
                                              | fund: 1.2, 300000
)");
}

TEST(LiquidationStory, AnAccountOfSeveralPositionsIsSharedOutByMaintenance) {
    check_story(story_rules(), R"(
cross ann long 2 at 100000 margin 8000      |
cross ann long 0.5 ETH at 100000            |
cross bob short 2 at 100000 margin 500000   |
cross bob short 0.5 ETH at 100000           |
mark 97000                                  | ann below
mark 99000 ETH                              |
batch                                       | ann 2 taken over at 96360
                                            | ann 0.5 ETH taken over at 98560
left                                        | ann: 0
                                            | bob: -2, -0.5 ETH, 500000
                                            | fund: 2, 0.5 ETH, 10000000
)");
}

TEST(LiquidationStory, OfAHedgedPairTheLargerLegIsClosedFirst) {
    check_story(story_rules(), R"(
cross ann long 2 at 100000 margin 8000 hedged   |
cross ann short 1 at 100000                     |
cross bob short 1 at 100000 margin 500000       |
bid 94500 1.5                                   |
mark 94500                                      | ann below
batch                                           | ann sells 0.649 ioc at 93568: 0.649 at 94500
left                                            | ann: 0.351, 4430.5
                                                | bob: -1, 500000
                                                | fund: 10000000
)");
}

TEST(LiquidationStory, LegsOfTwoContractsStandApart) {
    check_story(story_rules(), R"(
cross ann long 2 at 100000 margin 5000 hedged   |
coins ann 0.1                                   |
cross ann short 1 at 100000                     |
cross ann long 1 ETH at 90000                   |
cross ann short 3 ETH at 100000                 |
cross bob short 1 at 100000 margin 500000       |
cross bob long 2 ETH at 100000                  |
mark 94500                                      |
mark 108500 ETH                                 | ann below
batch                                           | ann 3 ETH taken over at 108760
                                                | ann 2 taken over at 94303
                                                | ann 1 ETH taken over at 108334
                                                | ann 1 taken over at 94634
left                                            | ann: 0.00003898 coins, 0.00057
                                                | bob: -1, 2 ETH, 500000
                                                | fund: 1, -2 ETH, 0.09996102 coins, 9991782.99943
)");
}

TEST(LiquidationStory, WinnersAreNeverClosedBelowZero) {
    // The closing at 95,000 costs a short 1,000 against the mark of 94,000; dot and eve have equal
    // scores as far as money goes, eve one dollar less than it takes.
    check_story(fund_rules(1), R"(
cross ann long 1 at 100000 margin 5000        |
cross dot short 0.5 at 95000 margin 0         |
cross eve short 0.5 at 95000 margin -1        |
cross bob short 1 at 100000 margin 500000     |
mark 94000                                    | ann below
batch                                         | dot gives 0.5 at 95000 to ann
                                              | bob gives 0.5 at 95000 to ann
left                                          | ann: 0
                                              | dot: 0
                                              | eve: -0.5, -1
                                              | bob: -0.5, 502500
                                              | fund: 1
)");
}

TEST(LiquidationStory, EqualWinnersAreTakenInTheOrderOfTheirAccounts) {
    check_story(fund_rules(1), R"(
cross ann long 1 at 100000 margin 5000     |
cross bob short 1 at 100000 margin 50000   |
cross cas short 1 at 100000 margin 50000   |
cross dee short 1 at 100000 margin 50000   |
mark 94000                                 | ann below
batch                                      | bob gives 1 at 95000 to ann
left                                       | ann: 0
                                           | bob: 55000
                                           | cas: -1, 50000
                                           | dee: -1, 50000
                                           | fund: 1
)");
}

TEST(LiquidationStory, AHedgedWinnerGivesUpTheWinningLegAlone) {
    check_story(fund_rules(1), R"(
cross ann long 1 at 100000 margin 5000               |
cross bob short 0.6 at 100000 margin 50000 hedged    |
cross bob long 0.2 at 100000                         |
cross cas short 0.6 at 99000 margin 500000           |
mark 94000                                           | ann below
batch                                                | bob gives 0.6 at 95000 to ann
                                                     | cas gives 0.4 at 95000 to ann
left                                                 | ann: 0
                                                     | bob: 0.2, 53000
                                                     | cas: -0.2, 501600
                                                     | fund: 1
)");
}

TEST(LiquidationStory, TheSizeIsSharedOutInProportion) {
    for (const AdlRank rank : {AdlRank::pro_rata,
                               AdlRank::integer_pro_rata,
                               AdlRank::profit_pro_rata,
                               AdlRank::equity_pro_rata}) {
        VenueRules rules = fund_rules(1);
        rules.adl.rank = rank;
        check_story(rules, R"(
cross ann long 10 at 100000 margin 50000    |
cross bob short 10 at 100000 margin 500000  |
cross cas short 10 at 100000 margin 500000  |
mark 94000                                  | ann below
batch                                       | bob gives 5 at 95000 to ann
                                            | cas gives 5 at 95000 to ann
left                                        | ann: 0
                                            | bob: -5, 525000
                                            | cas: -5, 525000
                                            | fund: 1
)");
    }
}

TEST(LiquidationStory, TwiceTheProfitGivesUpTwiceTheSize) {
    VenueRules rules = fund_rules(1);
    rules.adl.rank = AdlRank::profit_pro_rata;
    check_story(rules, R"(
cross ann long 9 at 100000 margin 45000     |
cross bob short 10 at 100000 margin 500000  |
cross cas short 10 at 97000 margin 500000   |
mark 94000                                  | ann below
batch                                       | bob gives 6 at 95000 to ann
                                            | cas gives 3 at 95000 to ann
left                                        | ann: 0
                                            | bob: -4, 530000
                                            | cas: -7, 506000
                                            | fund: 1
)");
}

TEST(LiquidationStory, AFixedOrderAndHedgesLast) {
    VenueRules rules = fund_rules(1);
    rules.adl.rank = AdlRank::fixed_order;
    check_story(rules, R"(
cross ann long 10 at 100000 margin 50000   |
cross bob short 10 at 95000 margin 500000  |
cross cas short 10 at 100000 margin 200000 |
mark 94000                                 | ann below
batch                                      | bob gives 10 at 95000 to ann
left                                       | ann: 0
                                           | bob: 500000
                                           | cas: -10, 200000
                                           | fund: 1
)");
    rules.adl.rank = AdlRank::hedge_exempt;
    check_story(rules, R"(
row ann long 12 at 100000 margin 60000          |
row bob short 10 at 100000 margin 200000 hedger |
row cas short 10 at 100000 margin 500000        |
mark 94000                                      | ann below
batch                                           | bob gives 2 at 95000 to ann
                                                | cas gives 10 at 95000 to ann
left                                            | ann: 0
                                                | bob: -8, 210000
                                                | cas: 550000
                                                | fund: 1
)");
}

TEST(LiquidationStory, AnEmptyWalletCountsAsADollar) {
    // 5,010 over 1 times 949.9 over 5,011 is more than 960 over 1 times 949.9 over 960.5, but not
    // than 960 over a half.
    check_story(fund_rules(1), R"(
cross ann long 1 at 100000 margin 5000     |
cross bob short 1 at 100000 margin 1       |
cross cas short 1 at 95950 margin 0.5      |
mark 94990                                 | ann below
batch                                      | bob gives 1 at 95000 to ann
left                                       | ann: 0
                                           | bob: 5001
                                           | cas: -1, 0.5
                                           | fund: 1
)");
}

// --- funds that pay ---

TEST(LiquidationStory, APoolDownByThirtyPercentIsDeleveragedUntilItIsUpAgain) {
    check_story(engine_rules(100'000), R"(
cross ann long 0.9 at 100000 margin 5000    |
cross bob short 3 at 100000 margin 100000   |
cross cas long 0.9 at 99000 margin 5000     |
cross dee long 0.5 at 98000 margin 3000     |
mark 95000                                  | ann below
batch                                       | ann 0.9 taken over at 94445
                                            | fund sells 0.9 ioc at 94445: nothing
unwind 1                                    |
fund loses 29999                            |
unwind 1                                    |
fund loses 400                              |
unwind 1                                    | bob gives 0.9 at 94445 to fund
fund wins 3000                              |
mark 94000                                  | cas below
batch                                       | cas 0.9 taken over at 93445
                                            | fund sells 0.9 ioc at 93445: nothing
                                            | bob gives 0.9 at 93445 to fund
fund wins 3000                              |
unwind 1                                    |
mark 92500                                  | dee below
batch                                       | dee 0.5 taken over at 92000
                                            | fund sells 0.5 ioc at 92000: nothing
fund loses 2000                             |
unwind 1                                    |
fund loses 4000                             |
unwind 1                                    | bob gives 0.5 at 92000 to fund
left                                        | ann: 0
                                            | bob: -0.7, 114899
                                            | cas: 0
                                            | dee: 0
                                            | fund: 106001
)");
}

TEST(LiquidationStory, ASymbolDownByThirtyPercentOfItsPoolIsDeleveragedAlone) {
    VenueRules rules = engine_rules(100'000);
    rules.adl.drawdown_of = DrawdownOf::symbol;
    check_story(rules, R"(
cross ann long 0.9 at 100000 margin 5000      |
cross cas short 0.9 ETH at 100000 margin 5000 |
cross bob short 0.9 at 100000 margin 500000   |
cross bob long 0.9 ETH at 100000              |
mark 95000                                    | ann below
mark 105000 ETH                               | cas below
batch                                         | ann 0.9 taken over at 94445
                                              | fund sells 0.9 ioc at 94445: nothing
                                              | cas 0.9 ETH taken over at 105555
                                              | fund buys 0.9 ETH ioc at 105555: nothing
unwind 1                                      |
mark 72000 ETH                                |
mark 61340                                    |
unwind 1                                      |
mark 61320                                    |
unwind 1                                      | bob gives 0.9 at 94445 to fund
left                                          | ann: 0
                                              | cas: 0
                                              | bob: 0.9 ETH, 504999.5
                                              | fund: -0.9 ETH, 100001
)");
}

TEST(LiquidationStory, AFundBelowItsAverageIsDeleveraged) {
    VenueRules rules = engine_rules(100'000);
    rules.adl.trigger = AdlTrigger::average_fall;
    rules.adl.drawdown_ppm = 50'000;
    rules.adl.fall_least = story_usd(6'000);
    check_story(rules, R"(
cross ann long 0.9 at 100000 margin 5000    |
cross bob short 0.9 at 100000 margin 500000 |
mark 95000                                  | ann below
batch                                       | ann 0.9 taken over at 94445
                                            | fund sells 0.9 ioc at 94445: nothing
fund loses 6450                             |
unwind 1                                    |
fund loses 60                               |
unwind 1                                    | bob gives 0.9 at 94445 to fund
left                                        | ann: 0
                                            | bob: 504999.5
                                            | fund: 100000.5
)");
}

TEST(LiquidationStory, AnEmptyFundIsDeleveragedAndNotBefore) {
    VenueRules rules = engine_rules(1'000);
    rules.adl.trigger = AdlTrigger::fund_empty;
    check_story(rules, R"(
cross ann long 0.9 at 100000 margin 5000    |
cross bob short 0.9 at 100000 margin 500000 |
mark 95000                                  | ann below
batch                                       | ann 0.9 taken over at 94445
                                            | fund sells 0.9 ioc at 94445: nothing
mark 93334                                  |
unwind 1                                    |
mark 93333                                  |
unwind 1                                    | bob gives 0.9 at 94445 to fund
left                                        | ann: 0
                                            | bob: 504999.5
                                            | fund: 1000.5
)");
}

TEST(LiquidationStory, ANegativeRestIsPaidByTheFundThenByTheWinners) {
    check_story(slice_rules(1'000), R"(
cross ann long 1 at 100000 margin 5000    |
cross bob short 0.5 at 100000 margin 5000 |
cross cas short 0.5 at 98000 margin 5000  |
cross dee long 0.5 at 90000 margin 9000   |
cross eve short 0.5 at 90000 margin 9000  |
mark 91000                                | ann below
batch                                     | ann 1 taken over at 95000
left                                      | ann: 0
                                          | bob: -0.5, 3411.764703
                                          | cas: -0.5, 3764.70588
                                          | dee: 0.5, 8823.529417
                                          | eve: -0.5, 9000
                                          | fund: 1, 4000
)");
}

TEST(LiquidationStory, ANegativeRestIsPaidByTheFundThenByAllPositions) {
    VenueRules rules = slice_rules(1'000);
    rules.fund.socialise_by = SocialiseBy::positions;
    check_story(rules, R"(
cross ann long 1 at 100000 margin 5000    |
cross bob short 0.5 at 100000 margin 5000 |
row cas short 0.5 at 98000 margin 5000    |
cross dee long 0.5 at 90000 margin 9000   |
cross eve short 0.5 at 90000 margin 9000  |
mark 91000                                | ann below
batch                                     | ann 1 taken over at 95000
left                                      | ann: 0
                                          | bob: -0.5, 4249.999976
                                          | cas: -0.5, 4249.999976
                                          | dee: 0.5, 8249.999976
                                          | eve: -0.5, 8250.000072
                                          | fund: 1, 4000
)");
}

TEST(LiquidationStory, AnOutsideLiquidatorsShareGrowsWithTime) {
    check_story(share_rules(1e6), R"(
cross ann long 4 at 100000 margin 15000    |
cross bob short 4 at 100000 margin 500000  |
mark 97500                                 | ann below
batch                                      | ann 0.162 taken over at 97012
wait 20                                    |
batch                                      | ann 0.466 taken over at 97012
wait 60                                    |
batch                                      | ann 0.761 taken over at 97012
batch                                      | no batch
left                                       | ann: 2.611, 10849.668
                                           | bob: -4, 500000
                                           | fund: 1000000
                                           | liquidator: 1.389, 0
)");
}

TEST(LiquidationStory, AnOutsideLiquidatorHedgesInTheBook) {
    VenueRules rules = share_rules(1e6);
    rules.liquidation.initial_share_ppm = 1'000'000;
    rules.liquidation.fund_fee_cap_ppm = 2'000;
    check_story(rules, R"(
row ann long 4 at 100000 margin 15000      |
cross bob short 4 at 100000 margin 500000  |
bid 97400 9                                |
mark 97500                                 | ann below
batch                                      | ann 1.489 taken over at 97012, fee 0.145177
unwind 60                                  | liquidator sells 0.148 ioc at any price: 0.148 at 97400
left                                       | ann: 2.511, 10550.722823
                                           | bob: -4, 500000
                                           | fund: 1000000.145177
                                           | liquidator: 1.341, 57.424
)");
}

TEST(LiquidationStory, AFillEarnsTheFundAShareOrCostsItTheDifference) {
    check_story(per_fill_rules(1'000), R"(
cross ann long 1 at 100000 margin 5000    |
cross bob short 1 at 100000 margin 500000 |
bid 95300 0.1                             |
mark 95500                                | ann below
batch                                     | ann sells 0.1 ioc at 94818: 0.1 at 95300
bid 94000 20                              |
batch                                     |
mark 94950                                |
batch                                     | ann sells 0.09 ioc at 93526: 0.09 at 94000
                                          | bob gives 0.81 at 95000 to ann
left                                      | ann: 0
                                          | bob: -0.19, 504050
                                          | fund: 940
)");
}

TEST(LiquidationStory, ABankruptAccountWhoseFillsTheFundCannotPayIsClosedAgainstTheOthers) {
    check_story(per_fill_rules(50), R"(
row ann long 1 at 100000 margin 5000      |
cross bob short 1 at 100000 margin 500000 |
bid 94499 20                              |
mark 94900                                | ann below
batch                                     | bob gives 1 at 95000 to ann
left                                      | ann: 0
                                          | bob: 505000
                                          | fund: 50
)");
    check_story(per_fill_rules(50), R"(
row ann long 1 at 100000 margin 5000      |
cross bob short 1 at 100000 margin 500000 |
bid 94500 20                              |
mark 94900                                | ann below
batch                                     | ann sells 0.1 ioc at 94500: 0.1 at 94500
                                          | bob gives 0.9 at 95000 to ann
left                                      | ann: 0
                                          | bob: -0.1, 504500
                                          | fund: 0
)");
}

TEST(LiquidationStory, EachContractsFundPaysForItsOwn) {
    ClearingConfig config = test::story_venue(fund_rules(0));
    config.funds = {{VenueId::from_raw(0), story_usd(1'000)},
                    {VenueId::from_raw(0), story_usd(1e6)}};
    config.fund_of = {0, 1};
    check_story(config, R"(
cross ann long 1 at 100000 margin 5000       |
cross bob short 1 at 100000 margin 500000    |
cross cas long 1 ETH at 100000 margin 5000   |
cross bob short 1 ETH at 100000              |
mark 95500                                   | ann below
mark 94000 ETH                               | cas below
batch                                        | cas 1 ETH taken over at 95000
                                             | bob gives 1 at 95000 to ann
left                                         | ann: 0
                                             | bob: -1 ETH, 505000
                                             | cas: 0
                                             | fund: 1000
                                             | fund 2: 1 ETH, 1000000
)");
}

// A balance below zero is the fund's, then bad debt; those who were closed keep their price.
TEST(LiquidationStory, WhatTheFundCannotPayIsBadDebt) {
    VenueRules rules = fund_rules(1'000);
    rules.liquidation.market_orders = true;
    check_story(rules, R"(
row ann long 1 at 100000 margin 5000      |
cross cas long 1 at 100000 margin 5000    |
cross bob short 2 at 100000 margin 500000 |
bid 94400 20                              |
mark 95400                                | ann below
                                          | cas below
batch                                     | ann sells 1 ioc at any price: 1 at 94400
                                          | cas sells 1 ioc at any price: 1 at 94400
left                                      | ann: 0
                                          | cas: 0
                                          | bob: -2, 500000
                                          | fund: 0
                                          | bad debt: 200
)");
}

// --- default and coins ---

TEST(LiquidationStory, ADefaultIsClosedWhateverItsMarginSays) {
    check_story(story_rules(), R"(
cross ann long 1 at 100000 margin 50000   |
cross bob short 1 at 100000 margin 500000 |
bid 99000 0.4                             |
close ann                                 |
batch                                     | ann sells 1 ioc at 50000: 0.4 at 99000
                                          | ann 0.6 taken over at 17334
left                                      | ann: 0
                                          | bob: -1, 500000
                                          | fund: 0.6, 10000000.4
)");
    check_story(vault_rules(), R"(
cross ann long 1 at 100000 margin 50000   |
cross bob short 1 at 100000 margin 500000 |
bid 99000 0.4                             |
close ann                                 |
batch                                     | ann sells 1 ioc at any price: 0.4 at 99000
                                          | ann 0.6 taken over at 17334
left                                      | ann: 0
                                          | bob: -1, 500000
                                          | fund: 0.6, 1000000.4
)");
    check_story(slice_rules(1e6), R"(
cross ann long 1 at 100000 margin 50000   |
cross bob short 1 at 100000 margin 500000 |
bid 99000 0.4                             |
close ann                                 |
batch                                     | ann sells 1 ioc at 50000: 0.4 at 99000
                                          | ann 0.6 taken over at 17334
left                                      | ann: 0
                                          | bob: -1, 500000
                                          | fund: 0.6, 1000000.4
)");
    check_story(per_fill_rules(1e6), R"(
row ann long 1 at 100000 margin 50000     |
cross bob short 1 at 100000 margin 500000 |
bid 99000 0.4                             |
close ann                                 |
batch                                     | ann sells 1 ioc at 50000: 0.4 at 99000
bid 99000 5                               |
batch                                     | ann sells 0.6 ioc at 18324: 0.6 at 99000
left                                      | ann: 47515
                                          | bob: -1, 500000
                                          | fund: 1001485
)");
}

TEST(LiquidationStory, PledgedCoinsAreExchangedForWhatIsOwed) {
    check_story(story_rules(), R"(
cross ann long 1 at 100000 margin 1000    |
coins ann 0.1                             |
cross bob short 1 at 100000 margin 500000 |
bid 91000 5                               |
mark 91100                                | ann below
batch                                     | ann sells 1 ioc at 90346: 1 at 91000
left                                      | ann: 0.00756253 coins, 0.000841
                                          | bob: -1, 500000
                                          | fund: 0.09243747 coins, 9991999.999159
)");
}

TEST(LiquidationStory, WhereTheOtherSideIsOutsideTheFundKeepsWhatNobodyTakes) {
    check_story(fund_rules(1), R"(
street outside                             |
cross ann long 1 at 100000 margin 5000     |
cross bob short 0.4 at 100000 margin 50000 |
mark 94000                                 | ann below
batch                                      | bob gives 0.4 at 95000 to ann
                                           | ann 0.6 kept by the fund at 95000
left                                       | ann: 0
                                           | bob: 52000
                                           | fund: 0.6, 600
                                           | bad debt: 599
)");
}

TEST(LiquidationStory, AWeightStandsForSoManyLikeAccounts) {
    check_story(vault_rules(), R"(
row ann long 6 at 100000 margin 22500 weight 3   |
cross bob short 6 at 100000 margin 500000        |
bid 97000 20                                     |
mark 97000                                       | ann below
batch                                            | ann sells 1.2 ioc at any price: 1.2 at 97000
left                                             | ann: 4.8, 18900, in liquidation
                                                 | bob: -6, 500000
                                                 | fund: 1000000
)");
}

}  // namespace
}  // namespace margincall
