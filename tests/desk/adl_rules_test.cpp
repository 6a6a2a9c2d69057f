// What an order of auto-deleveraging takes, from whom and how often, on a market small enough to reckon by hand.
#include "desk/adl_rules.hpp"

#include <gtest/gtest.h>

#include "small_market.hpp"

namespace margincall {
namespace {

// Ann is bankrupt at 95,000 and closed at that price with the mark at 94,000; nobody buys, the fund has nothing.
const char* const loser_and_two_winners =
    "ann,,A,BTC,long,10,100000,isolated,USD,50000\n"
    "bob,,A,BTC,short,10,101000,isolated,USD,900000\n"
    "cas,,A,BTC,short,10,100500,isolated,USD,30000\n";

StressOutcome under(AdlRank rank, const std::string& rows) {
    const StressMarket market =
        with_adl_rank(hand_market(0, {{0.02, 10'000'000}}, {{0.02, 10'000'000}}), rank);
    const AccountBook book = read_rows(rows, market);
    return run_stress(StressStart(market, book), fall(market, -0.06), without_feedback());
}

AdlFigures figures_under(AdlRank rank) {
    const StressMarket market = hand_market(0, {}, {});
    return adl_figures(under(rank, loser_and_two_winners),
                       read_rows(loser_and_two_winners, market));
}

TEST(AdlRules, TheOrderDecidesWhoIsHit) {
    // Bob has the larger profit, Cas the higher leverage.
    const StressOutcome by_profit = under(AdlRank::profit_only, loser_and_two_winners);
    const StressOutcome by_leverage = under(AdlRank::leverage_only, loser_and_two_winners);
    ASSERT_EQ(by_profit.adl.size(), 1U);
    ASSERT_EQ(by_leverage.adl.size(), 1U);
    EXPECT_EQ(by_profit.adl[0].unit, 1U);
    EXPECT_EQ(by_leverage.adl[0].unit, 2U);
    // Everyone the same share: 5 coins each.
    const StressOutcome shared = under(AdlRank::pro_rata, loser_and_two_winners);
    ASSERT_EQ(shared.adl.size(), 2U);
    EXPECT_DOUBLE_EQ(shared.adl[0].coins, 5.0);
    EXPECT_DOUBLE_EQ(shared.adl[1].coins, 5.0);
}

TEST(AdlRules, FiguresByHand) {
    const AdlFigures queue = figures_under(AdlRank::profit_only);
    EXPECT_DOUBLE_EQ(queue.needed, 950'000);  // 10 coins at 95,000
    EXPECT_DOUBLE_EQ(queue.taken, 950'000);
    EXPECT_DOUBLE_EQ(queue.overshoot(), 1.0);
    EXPECT_DOUBLE_EQ(queue.given_up, 10'000);  // the mark is 1,000 lower
    EXPECT_DOUBLE_EQ(queue.forgone, 10'000);
    EXPECT_DOUBLE_EQ(queue.largest, 950'000);
    EXPECT_EQ(queue.accounts, 1U);
    EXPECT_EQ(queue.repeated, 0U);
    EXPECT_EQ(queue.most_often, 1U);

    // Two closings of one step share what it needed.
    const AdlFigures shared = figures_under(AdlRank::pro_rata);
    EXPECT_DOUBLE_EQ(shared.needed, 950'000);
    EXPECT_DOUBLE_EQ(shared.taken, 950'000);
    EXPECT_DOUBLE_EQ(shared.largest, 475'000);
    EXPECT_EQ(shared.accounts, 2U);
}

// Who is closed at two moments is hit again; twice at one moment is once.
TEST(AdlRules, AHitIsAMoment) {
    const StressMarket market = hand_market(0, {}, {});
    const AccountBook book = read_rows(loser_and_two_winners, market);
    StressOutcome outcome;
    const auto row = [&](double time_s, std::uint32_t unit, std::int64_t against) {
        AdlRow closing;
        closing.time_s = time_s;
        closing.unit = unit;
        closing.against_unit = against;
        closing.instrument = InstrumentId::from_raw(0);
        closing.side = Side::sell;
        closing.coins = 1.0;
        closing.price = 100.0;
        closing.mark = 90.0;
        closing.needed = 80.0;
        outcome.adl.push_back(closing);
    };
    row(1.0, 1, 0);
    row(1.0, 1, -1);  // the pool's own position, at the same moment
    row(2.0, 1, 0);
    row(2.0, 2, 0);

    const AdlFigures f = adl_figures(outcome, book);

    EXPECT_EQ(f.accounts, 2U);
    EXPECT_EQ(f.repeated, 1U);
    EXPECT_EQ(f.most_often, 2U);
    EXPECT_DOUBLE_EQ(f.needed, 240.0);  // three steps
    EXPECT_DOUBLE_EQ(f.taken, 400.0);
    EXPECT_DOUBLE_EQ(f.given_up, 40.0);
    EXPECT_DOUBLE_EQ(f.overshoot(), 400.0 / 240.0);
}

}  // namespace
}  // namespace margincall
