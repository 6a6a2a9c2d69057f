// Liquidation of cross accounts through the book, step by step and in random worlds with every law
// checked after every event.
#include <gtest/gtest.h>

#include <algorithm>

#include "sim/small_market.hpp"

namespace margincall {
namespace {

using test::dollars;
using test::SmallMarket;

const InstrumentId first_perp = InstrumentId::from_raw(0);
const InstrumentId second_perp = InstrumentId::from_raw(1);

// No fees, so that figures stay round.
VenueRules plain_rules(double fund_usd) {
    VenueRules rules;
    rules.maker_fee_ppm = 0;
    rules.taker_fee_ppm = 0;
    rules.liquidation.fee_ppm = 0;
    rules.fund.initial = dollars(fund_usd);
    return rules;
}

// a is long 100 lots of 10 USD of the first_perp and 40 of the second_perp, against somebody rich.
struct TwoPositions {
    explicit TwoPositions(SmallMarket& market)
        : a(market.open(2'000, 100)), rich(market.open(100, 1e6)) {
        (void)market.add(rich, 0, Side::sell, 10'000, 100);
        (void)market.add(a, 0, Side::buy, 10'000, 100);
        (void)market.add(rich, 1, Side::sell, 10'000, 40);
        (void)market.add(a, 1, Side::buy, 10'000, 40);
        market.find_due();
    }
    AccountId a, rich;
};

TEST(CrossLiquidation, ClosesTheLargestPositionFirstAndStopsWhenSafe) {
    SmallMarket market{plain_rules(1'000)};
    const TwoPositions two{market};
    // The first_perp falls by 9 %: equity 100 - 90 = 10, maintenance 1 % of 910 + 400 = 13.10.
    market.set_mark(0, 9'100);
    (void)market.add(two.rich, 0, Side::buy, 9'100, 1'000);
    (void)market.add(two.rich, 1, Side::buy, 10'000, 1'000);
    (void)market.add(two.a, 1, Side::buy, 9'000, 1);  // reserved margin goes with its order
    market.find_due();
    EXPECT_EQ(market.house().cross(two.a).state, CrossState::in_liquidation);
    EXPECT_EQ(market.add(two.a, 0, Side::buy, 9'000, 1).reject, Reject::account_in_liquidation);
    ASSERT_TRUE(market.batch());
    // Its first_perp position is in the lowest tier: closed whole. Then 10 covers 1 % of 400.
    EXPECT_EQ(market.house().position(two.a, first_perp).raw(), 0);
    EXPECT_EQ(market.house().position(two.a, second_perp).raw(), 40);
    EXPECT_EQ(market.house().cash(two.a), dollars(10));
    EXPECT_EQ(market.house().cross(two.a).state, CrossState::open);
    EXPECT_EQ(market.house().cross(two.a).reserved, 0);
    ASSERT_EQ(market.records().size(), 1U);
    EXPECT_EQ(market.records().front().kind, static_cast<std::uint8_t>(LiquidationKind::book));
    market.check();
    EXPECT_FALSE(market.batch());
}

TEST(CrossLiquidation, TheFundTakesTheWholeAccountWhenTheBookIsEmpty) {
    SmallMarket market{plain_rules(10'000)};
    const TwoPositions two{market};
    market.set_mark(0, 9'100);
    market.find_due();
    ASSERT_TRUE(market.batch());
    const AccountId fund = market.house().fund(VenueId::from_raw(0));
    EXPECT_EQ(market.house().position(two.a, first_perp).raw(), 0);
    EXPECT_EQ(market.house().position(two.a, second_perp).raw(), 0);
    EXPECT_EQ(market.house().position(fund, first_perp).raw(), 100);
    EXPECT_EQ(market.house().position(fund, second_perp).raw(), 40);
    EXPECT_EQ(market.house().cash(two.a), Money{});
    EXPECT_EQ(market.house().portfolio_equity(fund), dollars(10'010));  // with the last 10 dollars
    EXPECT_EQ(market.records().size(), 2U);
    market.check();
}

// One account of seven persons in two coins, closed in both: the same account with the same weight twice,
// but liquidated for the first_perp time only once.
TEST(CrossLiquidation, AnAccountInTwoCoinsIsLiquidatedForTheFirstTimeOnce) {
    SmallMarket market{plain_rules(10'000)};
    const AccountId a = market.house().open_cross(VenueId::from_raw(0), 2'000, 7, {});
    const AccountId rich = market.open(100, 1e6);
    market.house().deposit(a, dollars(100), Reason::deposit);
    for (const InstrumentId perp : {first_perp, second_perp}) {
        market.house().open_cross_position(a, perp, Lots::from_raw(70), Ticks::from_raw(10'000));
        market.house().open_cross_position(
            rich, perp, Lots::from_raw(-70), Ticks::from_raw(10'000));
    }
    market.house().finish_opening();
    market.set_mark(0, 9'200);
    market.set_mark(1, 9'200);
    market.find_due();
    ASSERT_TRUE(market.batch());
    ASSERT_EQ(market.records().size(), 2U);
    EXPECT_NE(market.records()[0].instrument, market.records()[1].instrument);
    for (const LiquidationRecord& r : market.records()) {
        EXPECT_EQ(r.account, a.raw());
        EXPECT_EQ(r.weight, 7);
    }
    EXPECT_EQ(market.records()[0].first, 1);
    EXPECT_EQ(market.records()[1].first, 0);
    market.check();
}

TEST(CrossLiquidation, AnEmptyFundMeansAdlAndCoinsPayBeforeAFullOne) {
    SmallMarket market{plain_rules(20)};
    const TwoPositions two{market};
    // 0.02 coins of 1,000 USD, 10 % off: 18 USD of collateral.
    market.house().deposit_coins(
        two.a, AssetId::from_raw(0), Amount::from_raw(test::coin_units / 50), Reason::deposit);
    // The first_perp falls by 20 %: equity 100 - 200 + 18 = -82. The book buys at 8,000, below zero.
    market.set_mark(0, 8'000);
    market.find_due();
    ASSERT_TRUE(market.batch());
    // The fund's 20 dollars may not hold 1,200 dollars of positions: ADL against the rich short, at
    // the price at which the account is worth nothing.
    const AccountId fund = market.house().fund(VenueId::from_raw(0));
    EXPECT_EQ(market.house().position(fund, first_perp).raw(), 0);
    ASSERT_EQ(market.adl().size(), 2U);
    EXPECT_EQ(market.adl().front().against, two.a.raw());
    EXPECT_EQ(market.house().position(two.a, first_perp).raw(), 0);
    EXPECT_GE(market.house().cash(two.a).raw(), 0);
    EXPECT_EQ(market.house().bad_debt(VenueId::from_raw(0)), Money{});
    market.check();

    // A fund with room, and a market that gapped: the fund takes everything at the prices that
    // leave nothing, the coins for what they count included, and is 82 poorer; at 1,000 the coins
    // are worth 2 more than they count. The account keeps the crumbs of whole ticks.
    SmallMarket other{plain_rules(2'000)};
    const TwoPositions again{other};
    other.house().deposit_coins(
        again.a, AssetId::from_raw(0), Amount::from_raw(test::coin_units / 50), Reason::deposit);
    other.set_mark(0, 8'000);
    other.find_due();
    ASSERT_TRUE(other.batch());
    const AccountId pool = other.house().fund(VenueId::from_raw(0));
    EXPECT_LT(other.house().cash(again.a), dollars(0.01));
    EXPECT_LT(other.house().coins(again.a, AssetId::from_raw(0)).raw(), test::coin_units / 10'000);
    EXPECT_NEAR(to_usd(other.house().portfolio_equity(pool)), 2'000 - 82 + 2, 0.1);
    other.check();
}

TEST(CrossLiquidation, NeutralExperimentMovesPositionsAtTheMark) {
    SmallMarket market{plain_rules(1'000)};
    const TwoPositions two{market};
    market.neutral = true;
    market.set_mark(0, 9'100);
    market.find_due();
    ASSERT_TRUE(market.batch());
    EXPECT_EQ(market.house().cash(two.a), dollars(10));
    EXPECT_EQ(
        market.house().position(market.house().neutral(VenueId::from_raw(0)), first_perp).raw(),
        100);
    market.check();
}

// 0.05 coins of 1,000 USD (10 % off) beside 100 USD; somebody without margin buys coins.
struct PledgedCoin {
    explicit PledgedCoin(SmallMarket& market) : two(market) {
        market.coin_book = true;
        market.house().deposit_coins(
            two.a, AssetId::from_raw(0), Amount::from_raw(test::coin_units / 20), Reason::deposit);
        buyer = market.house().open_agent(VenueId::from_raw(0));
        market.house().deposit(buyer, dollars(1'000), Reason::deposit);
        (void)market.add(buyer, 3, Side::buy, 9'500, 100);
    }
    TwoPositions two;
    AccountId buyer;
};

// The first_perp falls by 14.5 %: equity 100 - 145 + 45 of coins = 0. The positions are closed at once
// and 45 USD are owed; five lots of 9.50 USD pay them, one a second_perp.
TEST(CrossLiquidation, SellsPledgedCoinsInTheirBookForWhatIsOwed) {
    SmallMarket market{plain_rules(1'000)};
    const PledgedCoin pledged{market};
    const AccountId a = pledged.two.a;
    (void)market.add(pledged.two.rich, 0, Side::buy, 8'550, 1'000);
    (void)market.add(pledged.two.rich, 1, Side::buy, 10'000, 1'000);
    market.set_mark(0, 8'550);
    market.find_due();
    ASSERT_TRUE(market.batch());
    EXPECT_EQ(market.house().position(a, first_perp).raw(), 0);
    EXPECT_EQ(market.house().position(a, second_perp).raw(), 0);
    EXPECT_EQ(market.house().cash(a), dollars(-45));
    market.check();
    int batches = 1;
    while (market.batch()) {
        ++batches;
        market.check();
    }
    EXPECT_EQ(market.house().cash(a), dollars(5 * 9.5 - 45));
    EXPECT_EQ(market.house().coins(a, AssetId::from_raw(0)), Amount{});
    EXPECT_EQ(market.house().coins(pledged.buyer, AssetId::from_raw(0)).raw(),
              test::coin_units / 20);
    EXPECT_EQ(market.house().cross(a).state, CrossState::open);
    EXPECT_EQ(market.house().cash(market.house().fund(VenueId::from_raw(0))), dollars(1'000));
    // The engine works every half second_perp: sales are in the second_perp batch and every other after it.
    EXPECT_EQ(batches, 2 * 5);
}

// The first_perp falls by 13.26 %: equity 100 - 132.60 + 45 = 12.40, maintenance 1 % of 1,267.40. A coin
// that counts less than 0.99 is called: a lot of it brings 9.50 for what counted 9, and that is
// enough.
TEST(CrossLiquidation, AnAccountThatItsCoinsMadeSafeSendsNoOrder) {
    SmallMarket market{plain_rules(1'000)};
    const PledgedCoin pledged{market};
    market.coin_usd = 0.98;
    const AccountId a = pledged.two.a;
    (void)market.add(pledged.two.rich, 0, Side::buy, 8'674, 1'000);
    market.set_mark(0, 8'674);
    market.find_due();
    ASSERT_TRUE(market.batch());
    EXPECT_EQ(market.house().cash(a), dollars(109.5));
    EXPECT_EQ(market.house().position(a, first_perp).raw(), 100);
    EXPECT_EQ(market.house().cross(a).state, CrossState::open);
    market.check();
}

// Bids of 950 are more than 5 % below 1,001: nothing is sold, and after ten minutes the fund takes
// the coins for what they count (1,000 less 10 %).
TEST(CrossLiquidation, CoinsAreNotSoldAtAnyPrice) {
    SmallMarket market{plain_rules(1'000)};
    const PledgedCoin pledged{market};
    market.coin_usd = 1'001.0;
    (void)market.add(pledged.two.rich, 0, Side::buy, 8'550, 1'000);
    (void)market.add(pledged.two.rich, 1, Side::buy, 10'000, 1'000);
    market.set_mark(0, 8'550);
    market.find_due();
    while (market.batch()) {
        market.check();
    }
    const AccountId a = pledged.two.a;
    EXPECT_EQ(market.now(), SimTime{} + minutes(10));
    EXPECT_EQ(market.house().coins(pledged.buyer, AssetId::from_raw(0)), Amount{});
    EXPECT_EQ(market.house().cash(a), dollars(-45 + 45));
    const AccountId fund = market.house().fund(VenueId::from_raw(0));
    EXPECT_EQ(market.house().coins(fund, AssetId::from_raw(0)).raw(), test::coin_units / 20);
}

TEST(CrossLiquidation, TheFundSellsCoinsThatItTookOver) {
    SmallMarket market{plain_rules(10'000)};
    const PledgedCoin pledged{market};
    market.set_mark(0, 8'550);  // nobody bids for the positions
    market.find_due();
    ASSERT_TRUE(market.batch());
    const AccountId fund = market.house().fund(VenueId::from_raw(0));
    EXPECT_EQ(market.house().coins(fund, AssetId::from_raw(0)).raw(), test::coin_units / 20);
    const Money before = market.house().cash(fund);
    market.unwind();
    EXPECT_EQ(market.house().coins(fund, AssetId::from_raw(0)).raw(), 4 * test::coin_units / 100);
    EXPECT_EQ(market.house().cash(fund), before + dollars(9.5));
    market.check();
}

// Forty traders on three books under each venue's liquidation rule, with funds from nothing to
// plenty.
class CrossLiquidationWorlds : public ::testing::TestWithParam<int> {};

TEST_P(CrossLiquidationWorlds, LawsHoldAfterEveryEvent) {
    std::uint64_t books = 0;
    std::uint64_t takeovers = 0;
    std::uint64_t adl = 0;
    for (std::uint64_t seed = 0; seed < 4; ++seed) {
        VenueRules rules;
        rules.liquidation.first_step = static_cast<LiquidationFirstStep>(GetParam());
        rules.liquidation.takeover = static_cast<TakeoverMethod>(GetParam());
        rules.liquidation.partial_above = dollars(2'000);
        rules.adl.price = seed % 2 == 0 ? AdlPrice::bankruptcy : AdlPrice::previous_mark;
        rules.fund.initial = dollars(seed < 2 ? 300.0 : 1e6);
        SmallMarket market{rules};
        Rng rng{seed, 22, Purpose::test};
        std::vector<AccountId> accounts;
        for (int n = 0; n < 40; ++n) {
            const AccountId a = market.open(1'000 + static_cast<std::int64_t>(rng.below(4'000)),
                                            20.0 + rng.uniform() * 400.0);
            accounts.push_back(a);
            if (rng.chance(0.4)) {
                market.house().deposit_coins(
                    a,
                    AssetId::from_raw(0),
                    Amount::from_raw(static_cast<std::int64_t>(
                        rng.below(static_cast<std::uint64_t>(test::coin_units) / 5))),
                    Reason::deposit);
            }
        }
        std::vector<std::int64_t> marks(3, 10'000);
        for (int n = 0; n < 1'000; ++n) {
            const auto k = static_cast<std::uint32_t>(rng.below(3));
            const AccountId a = accounts[rng.below(accounts.size())];
            const auto away = static_cast<std::int64_t>(rng.below(60)) - 20;
            const bool buys = rng.chance(0.5);
            (void)market.add(a,
                             k,
                             buys ? Side::buy : Side::sell,
                             marks[k] + (buys ? -away : away),
                             1 + static_cast<std::int64_t>(rng.below(100)));
            market.check();
            if (n % 10 == 0) {
                for (std::uint32_t m = 0; m < 3; ++m) {
                    const double by = std::exp(0.02 * rng.normal());
                    marks[m] = std::clamp<std::int64_t>(
                        std::llround(static_cast<double>(marks[m]) * by), 1'000, 90'000);
                    market.set_mark(m, marks[m]);
                }
                market.find_due();
                market.check();
                for (const AccountId x : accounts) {
                    EXPECT_TRUE(market.house().cross(x).state == CrossState::in_liquidation ||
                                !market.house().liquidatable(x));
                }
                for (int batches = 0; batches < 3 && market.batch(); ++batches) {
                    market.check();
                    market.find_due();
                }
            }
        }
        for (const LiquidationRecord& r : market.records()) {
            books += r.kind == static_cast<std::uint8_t>(LiquidationKind::book) ? 1U : 0U;
            takeovers += r.kind == static_cast<std::uint8_t>(LiquidationKind::takeover) ? 1U : 0U;
        }
        adl += market.adl().size();
    }
    // With one tier there is no lower one to step down to: the ladder sends nothing.
    EXPECT_EQ(books > 10U, GetParam() != 1);
    EXPECT_GT(takeovers + adl, 10U);
}

INSTANTIATE_TEST_SUITE_P(Rules, CrossLiquidationWorlds, ::testing::Values(0, 1, 2));

}  // namespace
}  // namespace margincall
