// Tables under close-out, concentration and volatility: the numbers of docs/levers.md by hand.
#include "rules/margin_levers.hpp"

#include <gtest/gtest.h>

#include "rules/margin.hpp"

namespace margincall {
namespace {

Money tier_usd(std::int64_t whole) {
    return Money::from_raw(whole * 1'000'000);
}

MarginTiers two_tiers() {
    MarginTiers tiers;
    tiers.push_back({tier_usd(0), tier_usd(100'000), 4'000, 125, Money{}});
    tiers.push_back({tier_usd(100'000), tier_usd(10'000'000), 10'000, 50, Money{}});
    fill_deductions(tiers);
    return tiers;
}

TEST(MarginLevers, AreOffByDefault) {
    EXPECT_FALSE(has_margin_levers(MarginRule{}));
    const MarginTiers same = levered_tiers(MarginRule{}, two_tiers(), tier_usd(1'000'000));
    ASSERT_EQ(same.size(), 2U);
    EXPECT_EQ(same[1].mmr_ppm, 10'000);
    EXPECT_EQ(same[1].deduction, two_tiers()[1].deduction);
}

// Leverage 2 and close-out at half of the initial margin: maintenance is a quarter of the value.
TEST(MarginLevers, CloseOutAtHalfOfTheInitialMargin) {
    MarginRule rule;
    rule.close_out_ppm = 500'000;
    MarginTiers tiers = two_tiers();
    for (MarginTier& tier : tiers) {
        tier.leverage_max = 2;
    }

    const MarginTiers out = levered_tiers(rule, tiers, Money{});

    EXPECT_TRUE(has_margin_levers(rule));
    EXPECT_EQ(maintenance_margin(out, tier_usd(1'000)), tier_usd(250));
    EXPECT_EQ(maintenance_margin(out, tier_usd(1'000'000)), tier_usd(250'000));
    // A tier that asks for more keeps its rate.
    tiers[1].mmr_ppm = 300'000;
    EXPECT_EQ(levered_tiers(rule, tiers, Money{})[1].mmr_ppm, 300'000);
    // Thirds are rounded up: 50 % / 3.
    tiers[0].leverage_max = 3;
    EXPECT_EQ(levered_tiers(rule, tiers, Money{})[0].mmr_ppm, 166'667);
}

// Above 1 % of 20 m USD of open interest rates are twice as high, on what lies above.
TEST(MarginLevers, ConcentrationChargesWhatLiesAbove) {
    MarginRule rule;
    rule.concentration_from_ppm = 10'000;
    rule.concentration_factor_ppm = 2'000'000;

    const MarginTiers out = levered_tiers(rule, two_tiers(), tier_usd(20'000'000));

    ASSERT_EQ(out.size(), 3U);
    EXPECT_EQ(out[1].cap, tier_usd(200'000));
    EXPECT_EQ(out[2].floor, tier_usd(200'000));
    EXPECT_EQ(out[2].mmr_ppm, 20'000);
    EXPECT_EQ(out[2].leverage_max, 25);
    EXPECT_EQ(maintenance_margin(out, tier_usd(200'000)),
              maintenance_margin(two_tiers(), tier_usd(200'000)));
    // 100,000 at 0.4 %, 100,000 at 1 %, 100,000 at 2 %.
    EXPECT_EQ(maintenance_margin(out, tier_usd(300'000)), tier_usd(400 + 1'000 + 2'000));
}

TEST(MarginLevers, ConcentrationFromATiersEdgeSplitsNothing) {
    MarginRule rule;
    rule.concentration_from_ppm = 10'000;
    const MarginTiers out = levered_tiers(rule, two_tiers(), tier_usd(10'000'000));  // 100,000
    ASSERT_EQ(out.size(), 2U);
    EXPECT_EQ(out[0].mmr_ppm, 4'000);
    EXPECT_EQ(out[1].mmr_ppm, 20'000);
}

TEST(MarginLevers, ScaledRatesStayContinuousAndWithinTheWhole) {
    const MarginTiers out = scaled_tiers(two_tiers(), 1'250'000);
    EXPECT_EQ(out[0].mmr_ppm, 5'000);
    EXPECT_EQ(out[0].leverage_max, 100);
    EXPECT_EQ(out[1].mmr_ppm, 12'500);
    EXPECT_EQ(out[1].leverage_max, 40);
    EXPECT_EQ(maintenance_margin(out, tier_usd(100'000)), tier_usd(500));
    EXPECT_EQ(maintenance_margin(out, tier_usd(200'000)), tier_usd(500 + 1'250));
    MarginTiers high = two_tiers();
    high[1].mmr_ppm = 900'000;
    EXPECT_EQ(scaled_tiers(high, 2'000'000)[1].mmr_ppm, 1'000'000);
    EXPECT_EQ(scaled_tiers(high, 200'000'000)[1].leverage_max, 1);
}

TEST(MarginLevers, VolatilityIsCutToStepsAndCapped) {
    MarginRule rule;
    rule.volatility_cap_ppm = 3'000'000;
    rule.volatility_step_ppm = 250'000;
    EXPECT_TRUE(has_margin_levers(rule));
    EXPECT_EQ(volatility_scale_ppm(rule, 0.4), 1'000'000);
    EXPECT_EQ(volatility_scale_ppm(rule, 1.24), 1'000'000);
    EXPECT_EQ(volatility_scale_ppm(rule, 1.25), 1'250'000);
    EXPECT_EQ(volatility_scale_ppm(rule, 2.99), 2'750'000);
    EXPECT_EQ(volatility_scale_ppm(rule, 9.0), 3'000'000);
}

}  // namespace
}  // namespace margincall
