// Which stresses stand beside the one that was asked for.
#include "desk/variation.hpp"

#include <gtest/gtest.h>

#include "small_market.hpp"

namespace margincall {
namespace {

TEST(Variation, HalvesAndDoublesTheStepAndChangesSizeAndSpeed) {
    const StressMarket market = hand_market(1'000, {{0.02, 10'000'000}}, {{0.02, 10'000'000}});
    const Shock shock =
        make_shock(market, AssetId::from_raw(0), -0.15, minutes(10), UnnamedCoins::by_beta);
    const std::vector<Variation> all = variations(shock, step_of(shock, {}));

    ASSERT_EQ(all.size(), 6U);
    EXPECT_EQ(all[0].step, milliseconds(500));  // of one second
    EXPECT_EQ(all[1].step, seconds(2));
    EXPECT_DOUBLE_EQ(all[2].shock.coins[0].move, -0.147);
    EXPECT_DOUBLE_EQ(all[3].shock.coins[0].move, -0.153);
    EXPECT_EQ(all[4].shock.coins[0].over, minutes(9));
    EXPECT_EQ(all[5].shock.coins[0].over, minutes(11));
    EXPECT_EQ(all[5].step, seconds(1));
    EXPECT_EQ(options_at({}, all[0].step).detail, Detail::totals);
    EXPECT_EQ(options_at({}, all[0].step).step, milliseconds(500));
}

TEST(Variation, AShockAtOnceHasNoSpeed) {
    const StressMarket market = hand_market(1'000, {{0.02, 10'000'000}}, {{0.02, 10'000'000}});
    const std::vector<Variation> all = variations(fall(market, -0.999), seconds(1));

    ASSERT_EQ(all.size(), 4U);
    EXPECT_GT(all[3].shock.coins[0].move, -1.0);  // a price stays above 0
}

TEST(Variation, LongShocksGetLongerSteps) {
    const StressMarket market = hand_market(1'000, {{0.02, 10'000'000}}, {{0.02, 10'000'000}});
    const Shock day =
        make_shock(market, AssetId::from_raw(0), -0.15, hours(24), UnnamedCoins::by_beta);

    EXPECT_EQ(step_of(day, {}), seconds(72));
    StressOptions asked;
    asked.step = seconds(5);
    EXPECT_EQ(step_of(day, asked), seconds(5));
}

// The size as it was asked for is one of the others, and needs no run of its own.
TEST(Variation, OneOfTheOtherSizesIsTheShockAsAsked) {
    const StressMarket market = hand_market(1'000, {{0.02, 10'000'000}}, {{0.02, 10'000'000}});
    const AccountBook book = read_rows("ann,,A,BTC,long,10,100000,isolated,USD,50000\n", market);
    const StressStart start(market, book);
    const Shock shock =
        make_shock(market, AssetId::from_raw(0), -0.06, minutes(10), UnnamedCoins::by_beta);
    const StressOutcome asked = run_stress(start, shock, {});
    int same = 0;
    for (const Variation& size : other_sizes(shock, market, step_of(shock, {}))) {
        const bool is_asked = size.shock.coins[0].move == shock.coins[0].move;
        EXPECT_EQ(size.as_asked, is_asked);
        if (is_asked) {
            const StressOutcome out = run_stress(start, size.shock, options_at({}, size.step));
            EXPECT_EQ(totals_of(asked).digest, out.digest);
            EXPECT_EQ(totals_of(asked).liquidations.size(), out.liquidations.size());
            EXPECT_EQ(totals_of(asked).samples.size(), out.samples.size());
            EXPECT_EQ(totals_of(asked).unwind.size(), out.unwind.size());
            ++same;
        }
    }
    EXPECT_EQ(same, 1);
}

}  // namespace
}  // namespace margincall
