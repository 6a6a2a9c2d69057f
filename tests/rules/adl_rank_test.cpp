#include "rules/adl_rank.hpp"

#include <gtest/gtest.h>

#include <algorithm>

#include "clearing/world.hpp"
#include "rules/quantities.hpp"

namespace margincall::test {
namespace {

// Example of docs/adl.md: two shorts at a mark of 90,000.
TEST(AdlRank, ScoresOfTheThreeRules) {
    const Instrument inst = btc_perp();
    const MarginTiers tiers = binance_btc();
    // Short 1 BTC from 100,000 with 10,000: profit 10,000, equity 20,000, notional 90,000, MM 360.
    const AdlAccount a = make_adl_account(
        1, inst, tiers, position(inst, -1'000, 1'000'000, usd(10'000)), ticks(900'000));

    EXPECT_DOUBLE_EQ(a.entry, 100'000.0);
    EXPECT_DOUBLE_EQ(a.notional, 90'000.0);
    EXPECT_DOUBLE_EQ(a.unrealised, 10'000.0);
    EXPECT_DOUBLE_EQ(a.maintenance, 360.0);
    EXPECT_DOUBLE_EQ(effective_leverage(a), 4.5);
    EXPECT_NEAR(adl_score(AdlRank::pnl_times_margin_ratio, a), 1.0 * 360.0 / 20'000.0, 1e-12);
    EXPECT_NEAR(adl_score(AdlRank::leveraged_return, a), 0.1 * 4.5, 1e-12);
    EXPECT_NEAR(adl_score(AdlRank::price_ratio_times_leverage, a), 100.0 / 90.0 * 4.5, 1e-12);
}

TEST(AdlRank, LikeAccountsScoreAsOne) {
    const Instrument inst = btc_perp();
    const MarginTiers tiers = binance_btc();
    const Ticks mark = ticks(900'000);
    const AdlAccount one =
        make_adl_account(1, inst, tiers, position(inst, -1'000, 1'000'000, usd(10'000)), mark);
    const AdlAccount ten = make_adl_account(
        1, inst, tiers, position(inst, -10'000, 1'000'000, usd(100'000), 10), mark);

    for (const AdlRank rank : {AdlRank::pnl_times_margin_ratio,
                               AdlRank::leveraged_return,
                               AdlRank::price_ratio_times_leverage}) {
        EXPECT_NEAR(adl_score(rank, one), adl_score(rank, ten), 1e-12);
    }
}

TEST(AdlRank, LosersRankBehindWinnersTheUnleveredLoserLast) {
    const Instrument inst = btc_perp();
    const MarginTiers tiers = binance_btc();
    const Ticks mark = ticks(900'000);
    const auto score = [&](std::int64_t entry, double collateral) {
        const AdlAccount a =
            make_adl_account(0, inst, tiers, position(inst, -1'000, entry, usd(collateral)), mark);
        return adl_score(AdlRank::leveraged_return, a);
    };

    const double winner = score(1'000'000, 50'000);
    const double calm_loser = score(890'000, 90'000);     // loses 1,000, leverage about 1
    const double levered_loser = score(890'000, 10'000);  // leverage 10: r / L, nearer to 0
    EXPECT_GT(winner, 0.0);
    EXPECT_LT(calm_loser, 0.0);
    EXPECT_GT(levered_loser, calm_loser);
}

TEST(AdlRank, InsolventAccountsAreNotCounterparties) {
    const Instrument inst = btc_perp();
    const AdlAccount broke = make_adl_account(
        1, inst, binance_btc(), position(inst, 1'000, 1'000'000, usd(5'000)), ticks(900'000));

    for (const AdlRank rank : {AdlRank::pnl_times_margin_ratio,
                               AdlRank::leveraged_return,
                               AdlRank::price_ratio_times_leverage}) {
        EXPECT_FALSE(adl_eligible(rank, broke));
        EXPECT_DOUBLE_EQ(adl_score(rank, broke), 0.0);
    }
}

TEST(AdlRank, OnlyTheChainRuleAsksForAProfit) {
    AdlAccount loser;
    loser.wallet = 100.0;
    loser.unrealised = -10.0;
    loser.notional = 500.0;

    EXPECT_FALSE(adl_eligible(AdlRank::price_ratio_times_leverage, loser));
    EXPECT_TRUE(adl_eligible(AdlRank::pnl_times_margin_ratio, loser));
}

TEST(AdlRank, QueueIsByEligibilityThenScoreThenRow) {
    std::vector<AdlEntry> queue{{.score = 1.0, .row = 9},
                                {.score = 3.0, .row = 4},
                                {.score = 5.0, .row = 3, .eligible = false},
                                {.score = 1.0, .row = 2},
                                {.score = 0.0, .row = 1}};
    std::sort(queue.begin(), queue.end(), ranks_before);

    EXPECT_EQ(queue,
              (std::vector<AdlEntry>{{.score = 3.0, .row = 4},
                                     {.score = 1.0, .row = 2},
                                     {.score = 1.0, .row = 9},
                                     {.score = 0.0, .row = 1},
                                     {.score = 5.0, .row = 3, .eligible = false}}));
}

}  // namespace
}  // namespace margincall::test
