// How far prices may move before an account is looked at again, at the bounds of what is counted.
#include "clearing/safe_box.hpp"

#include <gtest/gtest.h>

#include "clearing/world.hpp"

namespace margincall {
namespace {

using test::flat_tier;
using test::perp;
using test::usd;

// Rounded down twice: what counts, then its worth.
TEST(SafeBox, ACoinCountsInWholeUnitsLessItsHaircut) {
    const CollateralCoin terms{.unit = Amount::from_raw(i128{10}), .haircut_ppm = 100'000};
    EXPECT_EQ(coin_worth(terms, Amount::from_raw(i128{3}), usd(7)), usd(1.4));  // 2.7 -> 2 of 10
    EXPECT_EQ(coin_worth(terms, Amount::from_raw(i128{10}), Money::from_raw(33)),
              Money::from_raw(29));  // 29.7
    EXPECT_EQ(coin_worth(terms, Amount{}, usd(7)), Money{});
    const CollateralCoin whole{.unit = Amount::from_raw(i128{1}), .haircut_ppm = 0};
    EXPECT_EQ(coin_worth(whole, Amount::from_raw(i128{1}), usd(7)), usd(7));
}

TEST(SafeBox, OneLotCountsNoneDoesNot) {
    const Instrument inst = perp(1.0, 0.001);
    const MarginTiers tiers = flat_tier(20'000);
    const CrossTerms terms{.leverage_e2 = 1'000};
    BoxExposure e{.instrument = &inst, .tiers = &tiers, .qty = 1, .amount = {}, .price = 100'000};
    // 100 USD, of which 2 are maintenance and 10 initial margin.
    EXPECT_EQ(slack_of(e, terms, 100'000),
              (BoxSlack{.slack = usd(98).raw(), .free = usd(90).raw()}));
    e.qty = 0;
    EXPECT_EQ(slack_of(e, terms, 100'000), BoxSlack{});
}

TEST(SafeBox, AShortsWidestCornerIsTheHighestPriceWhoseWorthFits) {
    constexpr std::int64_t fits = INT64_MAX / 4;
    Instrument inst = perp(1.0, 0.001);
    inst.tick_value = Money::from_raw(1);
    inst.price_max = Ticks::from_raw(fits);
    BoxExposure e{.instrument = &inst, .qty = -1, .amount = {}, .price = 100'000};
    EXPECT_EQ(widest_corner(e), fits);
    inst.price_max = Ticks::from_raw(fits + 1);
    EXPECT_EQ(widest_corner(e), 0);
    e.qty = 1;
    EXPECT_EQ(widest_corner(e), 1);
}

// Nothing can happen to who could pay the highest price there is: they are not looked at again.
TEST(SafeBox, WhoIsSafeAtEveryPriceGetsTheWidestCorners) {
    Instrument inst = perp(1.0, 0.001);
    inst.price_max = Ticks::from_raw(1'000'000);
    const MarginTiers tiers = flat_tier(20'000);
    std::vector<BoxExposure> exposures(1);
    exposures[0] = {
        .instrument = &inst, .tiers = &tiers, .qty = -1, .amount = {}, .price = 100'000};
    // 1,000 USD at the highest price, and 20 of margin.
    const CrossTerms terms{};
    EXPECT_EQ(choose_box(exposures, terms, usd(1'020).raw()).slack, 0);
    EXPECT_EQ(exposures[0].corner, 1'000'000);
    EXPECT_GT(choose_box(exposures, terms, usd(1'019).raw()).slack, -1);
    EXPECT_LT(exposures[0].corner, 1'000'000);
    // Not even now: the corner is the price.
    EXPECT_LT(choose_box(exposures, terms, usd(101).raw()).slack, 0);
    EXPECT_EQ(exposures[0].corner, 100'000);
}

}  // namespace
}  // namespace margincall
