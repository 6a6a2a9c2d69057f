#include "rules/liquidation_price.hpp"

#include <gtest/gtest.h>

#include <cmath>

#include "clearing/world.hpp"
#include "rules/quantities.hpp"

namespace margincall::test {
namespace {

// Example of docs/margin.md: long 2 BTC at 100,000 with 10x. MM at the answer: 0.4 % of 180,722.9.
// Bankruptcy 100,000 * (1 - 1/10) = 90,000; liquidation (200,000 - 20,000) / (2 * (1 - 0.004)) =
// 90,361.4...
TEST(LiquidationPrice, IsolatedLongTenTimes) {
    const Instrument inst = btc_perp();
    const PositionState state = position(inst, 2'000, 1'000'000, usd(20'000));

    EXPECT_EQ(bankruptcy_price(inst, state), ticks(900'000));
    EXPECT_EQ(liquidation_price(inst, binance_btc(), state, false),
              ticks(903'614));  // 90,361.445 cut
}

TEST(LiquidationPrice, IsolatedShortTenTimes) {
    const Instrument inst = btc_perp();
    const PositionState state = position(inst, -2'000, 1'000'000, usd(20'000));

    EXPECT_EQ(bankruptcy_price(inst, state), ticks(1'100'000));
    EXPECT_EQ(liquidation_price(inst, binance_btc(), state, false),
              ticks(1'095'618));  // 109,561.753 up
}

TEST(LiquidationPrice, NoneForAnUnleveredLong) {
    const Instrument inst = btc_perp();
    const PositionState state = position(inst, 2'000, 1'000'000, usd(250'000));

    EXPECT_EQ(bankruptcy_price(inst, state), ticks(1));  // may be sold at any price
    EXPECT_EQ(liquidation_price(inst, binance_btc(), state, false), ticks(0));
}

TEST(LiquidationPrice, NoneBeyondTheInstrumentsRange) {
    const Instrument inst = perp(0.1, 0.001, 1'200'000);
    const PositionState state = position(inst, -2'000, 1'000'000, usd(100'000));

    EXPECT_EQ(bankruptcy_price(inst, state), ticks(1'200'000));
    EXPECT_EQ(liquidation_price(inst, binance_btc(), state, false), ticks(0));
}

TEST(LiquidationPrice, HopelessAccountsAreLiquidatableEverywhere) {
    const Instrument inst = perp(0.1, 0.001, 1'200'000);
    const PositionState sold = position(inst, -2'000, 1'000'000, usd(-300'000));
    const PositionState bought = position(inst, 2'000, 1'000'000, usd(-300'000));

    EXPECT_EQ(bankruptcy_price(inst, sold), ticks(0));
    EXPECT_EQ(bankruptcy_price(inst, bought), ticks(0));
    EXPECT_EQ(liquidation_price(inst, binance_btc(), sold, false), ticks(1));
    EXPECT_EQ(liquidation_price(inst, binance_btc(), bought, false), ticks(1'200'000));
}

TEST(LiquidationPrice, NoneWithoutAPosition) {
    const Instrument inst = btc_perp();

    EXPECT_EQ(bankruptcy_price(inst, PositionState{}), ticks(0));
    EXPECT_EQ(liquidation_price(inst, binance_btc(), PositionState{}, true), ticks(0));
}

// A margin of 100 % in the last tier: equity does not grow with the price there, so that a long
// which lacks a micro-dollar of it lacks it at every price.
TEST(LiquidationPrice, AMarginOfEverythingIsCoveredEverywhereOrNowhere) {
    const Instrument inst = perp(1.0, 1.0, 2'000);
    MarginTiers tiers(2);
    tiers[0].cap = tiers[1].floor = usd(500);
    tiers[0].mmr_ppm = 100'000;
    tiers[1].cap = usd(1e9);
    tiers[1].mmr_ppm = 1'000'000;
    fill_deductions(tiers);
    EXPECT_EQ(tiers[1].deduction, usd(450));
    int everywhere = 0;
    for (const std::int64_t qty : {-2, -1, 1, 2}) {
        for (std::int64_t micro = -3; micro <= 3; ++micro) {
            for (const double money :
                 {100.0, 1'000.0 * std::abs(static_cast<double>(qty)) - 450.0}) {
                for (const bool at_equality : {false, true}) {
                    const PositionState state =
                        position(inst, qty, 1'000, usd(money) + Money::from_raw(micro));
                    const auto hit = [&](std::int64_t price) {
                        return liquidatable(inst, tiers, state, ticks(price), at_equality);
                    };
                    std::int64_t expected = qty > 0 ? 2'000 : 1;  // from the solvent side
                    while (expected >= 1 && expected <= 2'000 && !hit(expected)) {
                        expected += qty > 0 ? -1 : 1;
                    }
                    expected = expected > 2'000 ? 0 : expected;
                    everywhere += expected == 2'000 && hit(1) ? 1 : 0;
                    EXPECT_EQ(liquidation_price(inst, tiers, state, at_equality), ticks(expected))
                        << qty << " lots, " << money << " USD and " << micro;
                }
            }
        }
    }
    EXPECT_GT(everywhere, 0);
}

// Liquidatable at it, not one tick on the solvent side; and nowhere on the solvent side at all.
TEST(LiquidationPrice, AgreesWithTheMarginTestOnBothSides) {
    Rng rng{3, 1, Purpose::test};
    int found = 0;
    for (int k = 0; k < 20'000; ++k) {
        const RandomPosition p = random_position(rng);
        const bool at_equality = rng.chance(0.5);
        const std::int64_t answer = liquidation_price(p.inst, p.tiers, p.state, at_equality).raw();
        const std::int64_t price_max = p.inst.price_max.raw();
        const bool is_long = p.state.qty.raw() > 0;
        const auto hit = [&](std::int64_t price) {
            return liquidatable(p.inst, p.tiers, p.state, ticks(price), at_equality);
        };
        if (answer != 0) {
            ++found;
            ASSERT_TRUE(hit(answer)) << k;
            const std::int64_t beyond = is_long ? answer + 1 : answer - 1;
            if (beyond >= 1 && beyond <= price_max) {
                ASSERT_FALSE(hit(beyond)) << k;
            }
        }
        for (int probe = 0; probe < 8; ++probe) {
            const std::int64_t price = std::min(price_max, log_uniform(rng, 2e6));
            const bool expected = answer != 0 && (is_long ? price <= answer : price >= answer);
            ASSERT_EQ(hit(price), expected) << k << " at " << price << ", answer " << answer;
        }
    }
    EXPECT_GT(found, 10'000);
}

// The first tick of the range scanned one by one, as a second opinion.
TEST(LiquidationPrice, AgreesWithAScanOverAllTicks) {
    Rng rng{4, 1, Purpose::test};
    for (int k = 0; k < 400; ++k) {
        RandomPosition p = random_position(rng);
        p.inst.price_max = ticks(500);
        const std::int64_t entry = 1 + static_cast<std::int64_t>(rng.below(500));
        const Money keep = p.state.collateral;
        p.state = position(p.inst, p.state.qty.raw(), entry, {}, p.state.weight);
        p.state.collateral = Money::from_raw(keep.raw() % (1 + std::abs(p.state.cost.raw())));
        std::int64_t expected = 0;
        for (std::int64_t price = 1; price <= 500; ++price) {
            if (liquidatable(p.inst, p.tiers, p.state, ticks(price), false)) {
                expected = p.state.qty.raw() > 0 ? price : (expected == 0 ? price : expected);
            }
        }
        ASSERT_EQ(liquidation_price(p.inst, p.tiers, p.state, false).raw(), expected) << k;
    }
}

TEST(LiquidationPrice, BankruptcyLeavesNothingNegativeAndIsTheLastSuchTick) {
    Rng rng{5, 1, Purpose::test};
    for (int k = 0; k < 20'000; ++k) {
        const RandomPosition p = random_position(rng);
        const std::int64_t price = bankruptcy_price(p.inst, p.state).raw();
        const std::int64_t worse = p.state.qty.raw() > 0 ? price - 1 : price + 1;
        ASSERT_GE(price, 1);  // these accounts start with money
        EXPECT_GE(equity(p.inst, p.state, ticks(price)), Money{});
        if (worse >= 1 && worse <= p.inst.price_max.raw()) {
            EXPECT_LT(equity(p.inst, p.state, ticks(worse)), Money{});
        }
    }
}

}  // namespace
}  // namespace margincall::test
