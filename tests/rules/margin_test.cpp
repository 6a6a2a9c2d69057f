#include "rules/margin.hpp"

#include <gtest/gtest.h>

#include "clearing/world.hpp"

namespace margincall::test {
namespace {

Money micro(std::int64_t raw) {
    return Money::from_raw(raw);
}

TEST(Margin, DeductionsMakeTheTableContinuous) {
    const MarginTiers tiers = binance_btc();

    // The venue's own column for the same table.
    const double published[] = {
        0, 300, 1500, 12e3, 132e3, 482e3, 2982e3, 14482e3, 26482e3, 41482e3, 121482e3, 421482e3};
    for (std::size_t n = 0; n < tiers.size(); ++n) {
        EXPECT_EQ(tiers[n].deduction, usd(published[n])) << "tier " << n + 1;
    }
}

// Example of docs/margin.md: 150 million of BTC lie in the tier of 5 %.
TEST(Margin, MaintenanceOfALargePosition) {
    const MarginTiers tiers = binance_btc();

    EXPECT_EQ(tier_of(tiers, usd(150e6)).mmr_ppm, 50'000);
    EXPECT_EQ(maintenance_margin(tiers, usd(150e6)), usd(4'518'000));
}

TEST(Margin, ANotionalOnTheBoundaryBelongsToTheLowerTier) {
    const MarginTiers tiers = binance_btc();

    EXPECT_EQ(&tier_of(tiers, Money{}), &tiers[0]);
    EXPECT_EQ(&tier_of(tiers, usd(300e3)), &tiers[0]);
    EXPECT_EQ(&tier_of(tiers, usd(300e3) + micro(1)), &tiers[1]);
    EXPECT_EQ(&tier_of(tiers, usd(5e9)), &tiers[11]);  // beyond the table: the last tier
}

TEST(Margin, RoundsAgainstTheAccount) {
    const MarginTiers tiers = flat_tier(5'000);

    EXPECT_EQ(maintenance_margin(tiers, micro(0)), micro(0));
    EXPECT_EQ(maintenance_margin(tiers, micro(1)), micro(1));
    EXPECT_EQ(maintenance_margin(tiers, micro(200)), micro(1));
    EXPECT_EQ(maintenance_margin(tiers, micro(201)), micro(2));
    EXPECT_EQ(initial_margin(micro(100), 300), micro(34));
    EXPECT_EQ(initial_margin(usd(100), 2000), usd(5));
}

TEST(Margin, FastShareEqualsTheWideDivision) {
    Rng rng{1, 1, Purpose::test};
    for (int k = 0; k < 20'000; ++k) {
        const auto rate = static_cast<std::int64_t>(rng.below(1'000'001));
        const std::int64_t amount = log_uniform(rng, 9e18) - 1;
        EXPECT_EQ(maintenance_margin(flat_tier(rate), micro(amount)).raw(),
                  mul_div(amount, rate, 1'000'000, Round::up))
            << amount << " at " << rate;
    }
}

TEST(Margin, MaintenanceNeverFallsAndNeverJumps) {
    Rng rng{2, 1, Purpose::test};
    for (int k = 0; k < 300; ++k) {
        const MarginTiers tiers = random_tiers(rng);
        for (const MarginTier& tier : tiers) {
            for (std::int64_t step = -2; step < 3; ++step) {
                const Money here = tier.cap + micro(step);
                const Money low = maintenance_margin(tiers, here);
                const Money high = maintenance_margin(tiers, here + micro(1));
                EXPECT_LE(low, high);
                EXPECT_LE(high - low, micro(1));
            }
        }
    }
}

TEST(Margin, EquityFollowsTheMark) {
    const Instrument inst = btc_perp();  // 0.1 USD ticks, lots of 0.001 BTC
    const PositionState state =
        position(inst, -2'000, 1'000'000, usd(20'000));  // short 2 BTC at 100,000

    EXPECT_EQ(position_notional(inst, state, Ticks::from_raw(1'010'000)), usd(202'000));
    EXPECT_EQ(unrealised(inst, state, Ticks::from_raw(1'010'000)), usd(-2'000));
    EXPECT_EQ(equity(inst, state, Ticks::from_raw(990'000)), usd(22'000));
    EXPECT_EQ(maintenance(inst, binance_btc(), state, Ticks::from_raw(1'000'000)), usd(800));
}

TEST(Margin, LikeAccountsAreLookedUpOneByOne) {
    const Instrument inst = btc_perp();
    const MarginTiers tiers = binance_btc();
    const PositionState one = position(inst, 2'000, 1'000'000, usd(20'000));
    const PositionState ten = position(inst, 20'000, 1'000'000, usd(200'000), 10);
    const PositionState big = position(inst, 20'000, 1'000'000, usd(200'000), 1);
    const Ticks mark = Ticks::from_raw(987'654);

    EXPECT_EQ(maintenance(inst, tiers, ten, mark).raw(),
              10 * maintenance(inst, tiers, one, mark).raw());
    EXPECT_GT(maintenance(inst, tiers, big, mark), maintenance(inst, tiers, ten, mark));
}

TEST(Margin, EqualityIsTheVenuesChoice) {
    const Instrument inst = perp(1.0, 1.0);
    const PositionState state = position(inst, 100, 100, usd(500));  // equity 500 at entry

    EXPECT_FALSE(liquidatable(inst, flat_tier(50'000), state, Ticks::from_raw(100), false));
    EXPECT_TRUE(liquidatable(inst, flat_tier(50'000), state, Ticks::from_raw(100), true));
    EXPECT_TRUE(liquidatable(inst, flat_tier(50'000), state, Ticks::from_raw(99), false));
}

TEST(Margin, ARowWithoutAPositionIsNeverLiquidatable) {
    const Instrument inst = perp(1.0, 1.0);
    const PositionState state{.qty = {}, .cost = {}, .collateral = usd(-1)};

    EXPECT_FALSE(liquidatable(inst, flat_tier(50'000), state, Ticks::from_raw(100), true));
}

}  // namespace
}  // namespace margincall::test
