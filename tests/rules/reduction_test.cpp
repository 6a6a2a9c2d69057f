#include "rules/reduction.hpp"

#include <gtest/gtest.h>

#include "clearing/world.hpp"
#include "rules/liquidation_price.hpp"
#include "rules/quantities.hpp"

namespace margincall::test {
namespace {

LiquidationRule ioc(std::int64_t fee_ppm) {
    LiquidationRule rule;
    rule.first_step = LiquidationFirstStep::ioc_to_safety;
    rule.fee_ppm = fee_ppm;
    return rule;
}
LiquidationRule ladder(std::int64_t fee_ppm) {
    LiquidationRule rule = ioc(fee_ppm);
    rule.first_step = LiquidationFirstStep::tier_ladder_fok;
    return rule;
}
LiquidationRule market_20_percent() {
    LiquidationRule rule;
    rule.first_step = LiquidationFirstStep::market_then_rest;
    rule.partial_above = usd(100e3);
    rule.fee_ppm = 0;
    return rule;
}

Lots first_size(const Instrument& inst,
                const MarginTiers& tiers,
                const LiquidationRule& rule,
                const PositionState& state,
                Ticks mark) {
    return liquidation_size(inst, tiers, rule, state, mark, false, LiquidationAttempt::first);
}

// Example of docs/liquidation.md. Long 200 BTC from 100,000 with 600,000 behind it; at a mark of
// 98,300 equity is 260,000 against 2 % of 19,660,000 - 132,000 = 261,200. Fee 0.3 %. Every lot of
// 98.3 USD closed frees 2 % of it and costs 0.3 %, 1.6711 USD; 1,200 / 1.6711 = 718.1: 719 lots.
TEST(Reduction, BinanceClosesJustEnough) {
    const Instrument inst = btc_perp();
    const PositionState state = position(inst, 200'000, 1'000'000, usd(600'000));
    const Ticks mark = ticks(983'000);
    ASSERT_EQ(equity(inst, state, mark), usd(260'000));
    ASSERT_EQ(maintenance(inst, binance_btc(), state, mark), usd(261'200));

    const Lots size = first_size(inst, binance_btc(), ioc(3'000), state, mark);

    EXPECT_EQ(size, lots(719));
    const PositionState after = after_close(inst, state, size, mark, 3'000);
    EXPECT_FALSE(liquidatable(inst, binance_btc(), after, mark, false));
    EXPECT_EQ(equity(inst, after, mark), usd(260'000) - usd(70'677.7 * 0.003));
}

TEST(Reduction, BinanceClosesSmallPositionsWhole) {
    const Instrument inst = btc_perp();
    const PositionState state = position(inst, 2'000, 1'000'000, usd(20'000));

    EXPECT_EQ(first_size(inst, binance_btc(), ioc(12'500), state, ticks(903'000)), lots(2'000));
}

// Example of docs/liquidation.md: Bybit's BTCUSDT table of 25 December 2024, first rows. Long 30
// BTC at a mark of 100,000.
TEST(Reduction, BybitStepsDownToALowerTier) {
    static constexpr TierRow rows[] = {
        {0, 2e6, 5'000, 100}, {2e6, 2.6e6, 5'600, 90}, {2.6e6, 3.2e6, 6'300, 80}};
    const MarginTiers tiers = make_tiers(rows);
    const Instrument inst = btc_perp();
    // Notional 3,000,000 at mark 100,000: maintenance 18,900 - 3,020 = 15,880. Cap of tier 2:
    // 2,600,000, where 13,360 is asked; of tier 1: 2,000,000, where 10,000 is asked.
    const PositionState state = position(inst, 30'000, 1'000'000, usd(14'000));
    ASSERT_EQ(maintenance(inst, tiers, state, ticks(1'000'000)), usd(15'880));

    // Without a fee the second tier suffices: 4 BTC go. With 0.06 % the fee of 240 still leaves
    // 13,760.
    EXPECT_EQ(first_size(inst, tiers, ladder(0), state, ticks(1'000'000)), lots(4'000));
    EXPECT_EQ(first_size(inst, tiers, ladder(600), state, ticks(1'000'000)), lots(4'000));
    // With 12,500 only the first tier would do: 10 BTC go.
    const PositionState poorer = position(inst, 30'000, 1'000'000, usd(12'500));
    EXPECT_EQ(first_size(inst, tiers, ladder(600), poorer, ticks(1'000'000)), lots(10'000));
    // With 9,000 no tier does: everything.
    const PositionState poorest = position(inst, 30'000, 1'000'000, usd(9'000));
    EXPECT_EQ(first_size(inst, tiers, ladder(600), poorest, ticks(1'000'000)), lots(30'000));
}

TEST(Reduction, HyperliquidSendsAFifthOfALargePositionFirst) {
    const Instrument inst = perp(1.0, 0.1);
    const PositionState large = position(inst, 10'001, 100, usd(1'000));  // 100,010 USD
    const PositionState edge = position(inst, 10'000, 100, usd(1'000));   // 100,000 USD
    const LiquidationRule rule = market_20_percent();
    const MarginTiers tiers = flat_tier(12'500);

    EXPECT_EQ(first_size(inst, tiers, rule, large, ticks(100)), lots(2'001));  // 20 % rounded up
    EXPECT_EQ(first_size(inst, tiers, rule, edge, ticks(100)), lots(10'000));
    EXPECT_EQ(liquidation_size(
                  inst, tiers, rule, large, ticks(100), false, LiquidationAttempt::in_cooldown),
              lots(10'001));
}

TEST(Reduction, HyperliquidLooksAtOneOfTheLikeAccounts) {
    const Instrument inst = perp(1.0, 0.1);
    const PositionState crowd = position(inst, 50'000, 100, usd(5'000), 5);

    EXPECT_EQ(first_size(inst, flat_tier(12'500), market_20_percent(), crowd, ticks(100)),
              lots(50'000));
}

TEST(Reduction, StagesOfAChainVenue) {
    LiquidationRule rule = market_20_percent();
    rule.takeover = TakeoverMethod::vault_below_share;
    const auto stage = [&](double equity_usd) {
        const Margin margin{.equity = usd(equity_usd), .initial = {}, .maintenance = usd(90)};
        return liquidation_stage(margin, rule, false);
    };

    EXPECT_EQ(stage(90), LiquidationStage::none);
    EXPECT_EQ(stage(89.999999), LiquidationStage::book);
    EXPECT_EQ(stage(60), LiquidationStage::book);  // exactly two thirds
    EXPECT_EQ(stage(59.99), LiquidationStage::backstop);
    EXPECT_EQ(stage(0), LiquidationStage::backstop);
    EXPECT_EQ(stage(-0.000001), LiquidationStage::negative);
}

TEST(Reduction, ClosingAPartKeepsEveryMicroDollar) {
    Rng rng{21, 1, Purpose::test};
    for (int k = 0; k < 5'000; ++k) {
        const RandomPosition p = random_position(rng);
        const std::int64_t whole = std::abs(p.state.qty.raw());
        const Lots part =
            lots(1 + static_cast<std::int64_t>(rng.below(static_cast<std::uint64_t>(whole))));
        const Ticks price = ticks(log_uniform(rng, 1e6));
        const auto fee_ppm = static_cast<std::int64_t>(rng.below(20'000));

        const PositionState after = after_close(p.inst, p.state, part, price, fee_ppm);

        const Money fee = Money::from_raw(
            mul_div(notional(p.inst, price, part).raw(), fee_ppm, 1'000'000, Round::up));
        EXPECT_EQ(equity(p.inst, after, price), equity(p.inst, p.state, price) - fee);
        EXPECT_EQ(std::abs(after.qty.raw()), whole - part.raw());
        if (part.raw() == whole) {
            EXPECT_EQ(after.cost, Money{});
        }
    }
}

// A random account that is liquidatable at the mark in a tier above the first.
bool liquidatable_position(Rng& rng, RandomPosition& p, Ticks& mark) {
    p = random_position(rng);
    const std::int64_t at = liquidation_price(p.inst, p.tiers, p.state, false).raw();
    if (at < 20 || at > 1'900'000) {
        return false;
    }
    const auto beyond =
        static_cast<std::int64_t>(rng.below(static_cast<std::uint64_t>(1 + at / 200)));
    mark = ticks(p.state.qty.raw() > 0 ? at - beyond : at + beyond);
    return liquidatable(p.inst, p.tiers, p.state, mark, false);
}

TEST(Reduction, NoSmallerSizeWouldMakeTheAccountSafe) {
    Rng rng{22, 1, Purpose::test};
    int partial = 0;
    for (int k = 0; k < 40'000; ++k) {
        RandomPosition p;
        Ticks mark;
        if (!liquidatable_position(rng, p, mark)) {
            continue;
        }
        const LiquidationRule rule = ioc(static_cast<std::int64_t>(rng.below(13'000)));
        const Lots size = first_size(p.inst, p.tiers, rule, p.state, mark);
        const std::int64_t whole = std::abs(p.state.qty.raw());
        ASSERT_GE(size.raw(), 1);
        ASSERT_LE(size.raw(), whole);
        if (size.raw() == whole) {
            continue;
        }
        ++partial;
        const auto safe = [&](std::int64_t n) {
            const PositionState after = after_close(p.inst, p.state, lots(n), mark, rule.fee_ppm);
            return !liquidatable(p.inst, p.tiers, after, mark, false);
        };
        ASSERT_TRUE(safe(size.raw())) << k;
        if (size.raw() > 1) {
            ASSERT_FALSE(safe(size.raw() - 1)) << k;
            ASSERT_FALSE(safe(1 + static_cast<std::int64_t>(
                                      rng.below(static_cast<std::uint64_t>(size.raw() - 1)))))
                << k;
        }
    }
    EXPECT_GT(partial, 1'000);
}

// Where the whole position goes although it is above the first tier, no part would have done.
TEST(Reduction, TheWholePositionOnlyWhenNoPartWouldDo) {
    Rng rng{23, 1, Purpose::test};
    int checked = 0;
    for (int k = 0; k < 40'000 && checked < 1'500; ++k) {
        RandomPosition p;
        Ticks mark;
        if (!liquidatable_position(rng, p, mark)) {
            continue;
        }
        const std::int64_t whole = std::abs(p.state.qty.raw());
        const LiquidationRule rule = ioc(static_cast<std::int64_t>(rng.below(13'000)));
        const Money size_usd = position_notional(p.inst, p.state, mark);
        const i128 equity_ppm = i128{equity(p.inst, p.state, mark).raw()} * 1'000'000;
        const bool fee_eats_it = equity_ppm <= i128{size_usd.raw()} * rule.fee_ppm;
        const bool small = size_usd.raw() <= p.tiers[0].cap.raw() * p.state.weight;
        if (fee_eats_it || small ||
            first_size(p.inst, p.tiers, rule, p.state, mark).raw() != whole) {
            continue;
        }
        ++checked;
        for (int probe = 0; probe < 50 && whole > 1; ++probe) {
            const Lots part = lots(
                1 + static_cast<std::int64_t>(rng.below(static_cast<std::uint64_t>(whole - 1))));
            const PositionState after = after_close(p.inst, p.state, part, mark, rule.fee_ppm);
            ASSERT_TRUE(liquidatable(p.inst, p.tiers, after, mark, false)) << k;
        }
    }
    EXPECT_GT(checked, 50);
}

TEST(Reduction, APartialStepNeverWorsensTheRatio) {
    Rng rng{24, 1, Purpose::test};
    int partial = 0;
    for (int k = 0; k < 40'000; ++k) {
        RandomPosition p;
        Ticks mark;
        if (!liquidatable_position(rng, p, mark)) {
            continue;
        }
        const std::int64_t fee_ppm = static_cast<std::int64_t>(rng.below(13'000));
        const LiquidationRule rule = rng.chance(0.5) ? ioc(fee_ppm) : ladder(fee_ppm);
        const Lots size = first_size(p.inst, p.tiers, rule, p.state, mark);
        if (size.raw() == std::abs(p.state.qty.raw())) {
            continue;
        }
        ++partial;
        const PositionState after = after_close(p.inst, p.state, size, mark, fee_ppm);
        // equity_after / notional_after >= equity / notional, but for the micro-dollar the fee
        // rounds up
        const i128 one = 1;
        const i128 left = (i128{equity(p.inst, after, mark).raw()} + one) *
                          position_notional(p.inst, p.state, mark).raw();
        const i128 right = i128{equity(p.inst, p.state, mark).raw()} *
                           position_notional(p.inst, after, mark).raw();
        ASSERT_TRUE(left >= right) << k;
    }
    EXPECT_GT(partial, 1'000);
}

}  // namespace
}  // namespace margincall::test
