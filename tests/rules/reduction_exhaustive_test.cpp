// How much of a position is closed first: every small position at every interesting equity, against
// a search lot by lot.
#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <optional>

#include "base/ppm.hpp"
#include "clearing/world.hpp"
#include "rules/quantities.hpp"
#include "rules/reduction.hpp"
#include "support/states.hpp"

namespace margincall::test {
namespace {

std::int64_t size_of(const PositionState& state) {
    return std::abs(state.qty.raw());
}

// One dollar per tick and lot; 10, 20 and 40 % from 0, 10 and 20 dollars on.
Instrument dollar_perp() {
    return perp(1.0, 1.0, 1'000);
}
MarginTiers three_tiers() {
    static constexpr TierRow rows[] = {
        {0, 10, 100'000, 10}, {10, 20, 200'000, 5}, {20, 40, 400'000, 2}};
    return make_tiers(rows);
}

struct Case {
    PositionState state;
    Ticks mark;
    std::int64_t fee_ppm;
    bool at_equality;
};

// Longs and shorts of up to 12 lots for one or two like accounts, with equity at, just above and
// just below every bound that a rule looks at, and in between.
template <class Visit>
void every_case(Visit visit) {
    const Instrument inst = dollar_perp();
    const MarginTiers tiers = three_tiers();
    for (const std::int64_t qty :
         {-12, -9, -6, -5, -3, -1, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12}) {
        for (const std::int64_t weight : {1, 2}) {
            for (const std::int64_t mark : {1, 2, 3, 4}) {
                for (const std::int64_t fee_ppm : {0, 10'001, 50'000, 150'000, 450'000}) {
                    Case c{.state = position(inst, qty, 3, {}, weight),
                           .mark = ticks(mark),
                           .fee_ppm = fee_ppm,
                           .at_equality = false};
                    if (weight > size_of(c.state)) {
                        continue;
                    }
                    const Money need = maintenance(inst, tiers, c.state, c.mark);
                    const Money worth = position_notional(inst, c.state, c.mark);
                    const Money fee =
                        Money::from_raw(mul_div(worth.raw(), fee_ppm, whole_ppm, Round::down));
                    for (const Money target :
                         {need, fee, usd(0), usd(0.5), usd(1.3), usd(2.2), usd(4.1)}) {
                        for (const std::int64_t crumb : {-1, 0, 1}) {
                            for (const bool at_equality : {false, true}) {
                                const Money have = target + Money::from_raw(crumb);
                                c.state.collateral = {};
                                c.state.collateral = have - equity(inst, c.state, c.mark);
                                c.at_equality = at_equality;
                                visit(inst, tiers, c);
                            }
                        }
                    }
                }
            }
        }
    }
}
constexpr std::int64_t every_case_count = 28'560;

bool safe_after(const Instrument& inst,
                const MarginTiers& tiers,
                const Case& c,
                std::int64_t closed) {
    const PositionState after = after_close(inst, c.state, lots(closed), c.mark, c.fee_ppm);
    return !liquidatable(inst, tiers, after, c.mark, c.at_equality);
}
// Does the rule close everything at once: a position of the first tier, or equity within the fee?
bool closes_whole(const Instrument& inst, const MarginTiers& tiers, const Case& c) {
    const std::int64_t worth = position_notional(inst, c.state, c.mark).raw();
    return worth <= tiers.front().cap.raw() * c.state.weight ||
           i128{equity(inst, c.state, c.mark).raw()} * whole_ppm <= i128{worth} * c.fee_ppm;
}
Lots first_order(const Instrument& inst,
                 const MarginTiers& tiers,
                 const Case& c,
                 LiquidationFirstStep step,
                 std::int64_t down = 2) {
    LiquidationRule rule;
    rule.first_step = step;
    rule.fee_ppm = c.fee_ppm;
    rule.tiers_down = down;
    return liquidation_size(
        inst, tiers, rule, c.state, c.mark, c.at_equality, LiquidationAttempt::first);
}
// Most lots that a position in the tier may have.
std::int64_t most_lots(const MarginTier& tier, const Case& c) {
    std::int64_t keep = 0;
    while ((keep + 1) * c.mark.raw() * micro_per_usd <= tier.cap.raw() * c.state.weight) {
        ++keep;
    }
    return keep;
}

TEST(ReductionExhaustive, SafetyIsReachedWithTheFewestLots) {
    States states{every_case_count};
    every_case([&](const Instrument& inst, const MarginTiers& tiers, const Case& c) {
        states.next();
        const std::int64_t whole = size_of(c.state);
        std::int64_t fewest = whole;
        if (!closes_whole(inst, tiers, c)) {
            fewest = 1;
            while (fewest < whole && !safe_after(inst, tiers, c, fewest)) {
                ++fewest;
            }
        }
        ASSERT_EQ(first_order(inst, tiers, c, LiquidationFirstStep::ioc_to_safety), lots(fewest))
            << "qty " << c.state.qty.raw() << " weight " << c.state.weight << " mark "
            << c.mark.raw() << " fee " << c.fee_ppm << " equity "
            << equity(inst, c.state, c.mark).raw() << " at equality " << c.at_equality;
    });
}

TEST(ReductionExhaustive, TheLadderStopsAtTheHighestTierThatSuffices) {
    States states{every_case_count};
    every_case([&](const Instrument& inst, const MarginTiers& tiers, const Case& c) {
        states.next();
        const std::int64_t whole = size_of(c.state);
        const std::int64_t worth = position_notional(inst, c.state, c.mark).raw();
        std::int64_t expected = whole;
        if (!closes_whole(inst, tiers, c)) {
            for (const MarginTier& tier : tiers) {  // the last that suffices is the highest
                const std::int64_t keep = most_lots(tier, c);
                if (tier.cap.raw() * c.state.weight < worth && keep > 0 && keep < whole &&
                    safe_after(inst, tiers, c, whole - keep)) {
                    expected = whole - keep;
                }
            }
        }
        ASSERT_EQ(first_order(inst, tiers, c, LiquidationFirstStep::tier_ladder_fok),
                  lots(expected))
            << "qty " << c.state.qty.raw() << " weight " << c.state.weight << " mark "
            << c.mark.raw() << " fee " << c.fee_ppm << " equity "
            << equity(inst, c.state, c.mark).raw() << " at equality " << c.at_equality;
    });
}

TEST(ReductionExhaustive, TiersDownLeavesTheCapOfThatTier) {
    States states{3 * every_case_count};
    every_case([&](const Instrument& inst, const MarginTiers& tiers, const Case& c) {
        const std::int64_t whole = size_of(c.state);
        const std::int64_t worth = position_notional(inst, c.state, c.mark).raw();
        std::size_t own = 0;
        while (own + 1 < tiers.size() && worth > tiers[own].cap.raw() * c.state.weight) {
            ++own;
        }
        for (const std::size_t down : {1U, 2U, 3U}) {
            states.next();
            std::int64_t expected = whole;
            // Only while equity exceeds what the lowest tier's rate asks of the whole: else the
            // engine has it at once.
            const Money have = equity(inst, c.state, c.mark);
            const bool enough =
                have.raw() > mul_div(worth, tiers.front().mmr_ppm, whole_ppm, Round::up);
            if (!closes_whole(inst, tiers, c) && own >= down && enough) {
                expected = whole - most_lots(tiers[own - down], c);
            }
            ASSERT_EQ(first_order(inst,
                                  tiers,
                                  c,
                                  LiquidationFirstStep::tiers_down,
                                  static_cast<std::int64_t>(down)),
                      lots(expected))
                << "qty " << c.state.qty.raw() << " mark " << c.mark.raw() << " down " << down;
        }
    });
}

TEST(ReductionExhaustive, SlicesAreAsManyLotsAsTheirNotionalHolds) {
    States states{1'152};
    const Instrument inst = dollar_perp();
    const MarginTiers tiers = three_tiers();
    LiquidationRule rule;
    rule.first_step = LiquidationFirstStep::slices;
    for (const std::int64_t qty : {-12, -3, 2, 3, 7, 12}) {
        for (std::int64_t mark = 1; mark <= 4; ++mark) {
            for (const std::int64_t weight : {1, 2}) {
                for (const std::int64_t crumb : {-1, 0, 1}) {
                    for (std::int64_t slice_usd = 1; slice_usd <= 8; ++slice_usd) {
                        states.next();
                        const PositionState state = position(inst, qty, 3, usd(1), weight);
                        rule.slice = usd(static_cast<double>(slice_usd)) + Money::from_raw(crumb);
                        std::int64_t most = 0;
                        while ((most + 1) * mark * micro_per_usd <= rule.slice.raw() * weight) {
                            ++most;
                        }
                        ASSERT_EQ(liquidation_size(inst,
                                                   tiers,
                                                   rule,
                                                   state,
                                                   ticks(mark),
                                                   false,
                                                   LiquidationAttempt::first),
                                  lots(std::min(std::max<std::int64_t>(1, most), std::abs(qty))));
                    }
                }
            }
        }
    }
}

TEST(ReductionExhaustive, APartGoesFirstOnlyAboveTheThreshold) {
    States states{4'320};
    const Instrument inst = dollar_perp();
    const MarginTiers tiers = three_tiers();
    LiquidationRule rule;
    rule.first_step = LiquidationFirstStep::market_then_rest;
    for (const std::int64_t qty : {-12, -5, 1, 4, 6, 9}) {
        for (std::int64_t mark = 1; mark <= 4; ++mark) {
            for (const std::int64_t weight : {1, 3}) {
                for (const std::int64_t share_ppm : {1, 200'000, 333'333, 500'000, 1'000'000}) {
                    for (const std::int64_t crumb : {-1, 0, 1}) {
                        for (const std::int64_t above : {0, 4, 8, 12, 20, 30}) {
                            states.next();
                            const PositionState state = position(inst, qty, 3, usd(1), weight);
                            rule.partial_share_ppm = share_ppm;
                            rule.partial_above =
                                usd(static_cast<double>(above)) + Money::from_raw(crumb);
                            const std::int64_t whole = std::abs(qty);
                            // of one like account, compared without a division
                            const bool large =
                                whole * mark * micro_per_usd > rule.partial_above.raw() * weight;
                            std::int64_t part = 0;
                            while (part * whole_ppm < whole * share_ppm) {
                                ++part;
                            }
                            const auto size = [&](LiquidationAttempt attempt) {
                                return liquidation_size(
                                    inst, tiers, rule, state, ticks(mark), false, attempt);
                            };
                            ASSERT_EQ(size(LiquidationAttempt::first), lots(large ? part : whole));
                            ASSERT_EQ(size(LiquidationAttempt::in_cooldown), lots(whole));
                        }
                    }
                }
            }
        }
    }
}

// Half a micro-dollar over the threshold is over it.
TEST(ReductionExhaustive, OneOfTheLikeAccountsIsRoundedUp) {
    States states{120};
    Instrument inst = dollar_perp();
    inst.tick_value = Money::from_raw(1);
    LiquidationRule rule;
    rule.first_step = LiquidationFirstStep::market_then_rest;
    rule.partial_above = Money::from_raw(10);
    for (std::int64_t mark = 1; mark <= 40; ++mark) {
        for (std::int64_t weight = 1; weight <= 3; ++weight) {
            states.next();
            const PositionState state = position(inst, 3, 3, usd(1), weight);
            const Lots got = liquidation_size(
                inst, three_tiers(), rule, state, ticks(mark), false, LiquidationAttempt::first);
            ASSERT_EQ(got, lots(3 * mark > 10 * weight ? 1 : 3)) << mark << " for " << weight;
        }
    }
}

TEST(ReductionExhaustive, StepsThatTheRuleDoesNotSizeCloseEverything) {
    States states{2 * every_case_count};
    every_case([&](const Instrument& inst, const MarginTiers& tiers, const Case& c) {
        for (const auto step :
             {LiquidationFirstStep::fillable_ioc, LiquidationFirstStep::liquidator_share}) {
            states.next();
            ASSERT_EQ(first_order(inst, tiers, c, step), lots(size_of(c.state)));
        }
    });
}

TEST(ReductionExhaustive, APartGoesWithItsShareOfCostRoundedTowardZeroAndTheFeeUp) {
    States states{18'720};
    const Instrument inst = perp(1.0, 1e-6);  // a micro-dollar per tick and lot
    for (std::int64_t whole = 1; whole <= 12; ++whole) {
        for (const int sign : {-1, 1}) {
            for (std::int64_t cost = 0; cost < 12; ++cost) {
                for (std::int64_t closed = 1; closed <= whole; ++closed) {
                    for (const std::int64_t fee_ppm : {0, 1, 333'333, 500'000, 1'000'000}) {
                        for (const std::int64_t price : {1, 7}) {
                            states.next();
                            PositionState s;
                            s.qty = lots(sign * whole);
                            s.cost = Money::from_raw(sign * cost);
                            s.collateral = Money::from_raw(100);
                            const PositionState after =
                                after_close(inst, s, lots(closed), ticks(price), fee_ppm);
                            std::int64_t gone = 0;  // the most that is within the share
                            while ((gone + 1) * whole <= cost * closed) {
                                ++gone;
                            }
                            std::int64_t fee = 0;
                            while (fee * whole_ppm < closed * price * fee_ppm) {
                                ++fee;
                            }
                            ASSERT_EQ(after.qty.raw(), sign * (whole - closed));
                            ASSERT_EQ(after.cost.raw(), sign * (cost - gone));
                            ASSERT_EQ(after.collateral.raw(),
                                      100 + sign * (closed * price - gone) - fee);
                        }
                    }
                }
            }
        }
    }
}

TEST(ReductionExhaustive, AStageIsDecidedByEquityAndTheVaultsShare) {
    States states{5'400};
    LiquidationRule rule;
    for (std::int64_t equity = -4; equity <= 10; ++equity) {
        for (std::int64_t need = 0; need <= 8; ++need) {
            for (const std::int64_t share_ppm : {0, 500'000, 666'666, 1'000'000}) {
                for (const auto takeover : {TakeoverMethod::fund_at_bankruptcy,
                                            TakeoverMethod::engine_at_bankruptcy,
                                            TakeoverMethod::vault_below_share,
                                            TakeoverMethod::fund_per_fill,
                                            TakeoverMethod::socialise}) {
                    for (const bool at_equality : {false, true}) {
                        states.next();
                        rule.vault_share_ppm = share_ppm;
                        rule.takeover = takeover;
                        const Margin margin{.equity = Money::from_raw(equity),
                                            .initial = {},
                                            .maintenance = Money::from_raw(need)};
                        LiquidationStage expected = LiquidationStage::book;
                        if (equity > need || (equity == need && !at_equality)) {
                            expected = LiquidationStage::none;
                        } else if (equity < 0) {
                            expected = LiquidationStage::negative;
                        } else if (takeover == TakeoverMethod::vault_below_share &&
                                   equity * whole_ppm < need * share_ppm) {
                            expected = LiquidationStage::backstop;
                        }
                        ASSERT_EQ(liquidation_stage(margin, rule, at_equality), expected)
                            << equity << " of " << need;
                    }
                }
            }
        }
    }
}

TEST(ReductionExhaustive, TheFirstPartIsTheShareRoundedUp) {
    States states{4'805};
    for (std::int64_t whole = 0; whole <= 30; ++whole) {
        for (std::int64_t threshold = 0; threshold <= 30; ++threshold) {
            for (const Fraction share :
                 {Fraction{0, 1}, Fraction{1, 5}, Fraction{1, 3}, Fraction{1, 2}, Fraction{1, 1}}) {
                states.next();
                const FirstPart got =
                    first_part(Amount::from_raw(whole), Amount::from_raw(threshold), share);
                std::int64_t first = whole;
                if (whole > threshold) {
                    first = 0;
                    while (first * share.den < whole * share.num) {
                        ++first;
                    }
                }
                ASSERT_TRUE(got.first.raw() == first && got.rest.raw() == whole - first)
                    << whole << " above " << threshold << " share " << share.num << "/"
                    << share.den;
            }
        }
    }
}

TEST(ReductionExhaustive, AStepDownKeepsTheMostThatFitsTheTier) {
    States states{4'320};
    MarginSchedule schedule;
    schedule.tiers = {{.floor = {},
                       .cap = Amount::from_raw(4),
                       .maintenance = {1, 10},
                       .initial = {1, 5},
                       .deduction = {}},
                      {.floor = Amount::from_raw(4),
                       .cap = Amount::from_raw(7),
                       .maintenance = {1, 5},
                       .initial = {1, 2},
                       .deduction = {}},
                      {.floor = Amount::from_raw(7),
                       .cap = Amount::from_raw(9),
                       .maintenance = {1, 2},
                       .initial = {1, 1},
                       .deduction = {}}};
    for (const TierMeasure measure : {TierMeasure::value, TierMeasure::size}) {
        schedule.measure = measure;
        for (std::int64_t size = 1; size <= 12; ++size) {
            for (std::int64_t num = 1; num <= 30; ++num) {
                for (const std::int64_t den : {1, 3}) {
                    for (const std::size_t down : {1U, 2U, 3U}) {
                        states.next();
                        MarginBase base;
                        base.value = {num, den};
                        base.size = lots(size);
                        // what the tiers count, of `n` of the lots, times den * size
                        const auto counted = [&](std::int64_t n) {
                            return measure == TierMeasure::size ? n * den * size : n * num;
                        };
                        std::size_t own = 0;
                        while (own + 1 < schedule.tiers.size() &&
                               counted(size) > schedule.tiers[own].cap.raw() * den * size) {
                            ++own;
                        }
                        std::optional<std::size_t> target;
                        std::int64_t keep = 0;
                        if (own >= down) {
                            target = own - down;
                            while (counted(keep + 1) <=
                                   schedule.tiers[*target].cap.raw() * den * size) {
                                ++keep;
                            }
                        }
                        const TierStep got = step_down(schedule, base, down);
                        ASSERT_EQ(got.tier, own);
                        ASSERT_EQ(got.target, target);
                        ASSERT_EQ(got.close, lots(size - keep))
                            << size << " worth " << num << "/" << den;
                    }
                }
            }
        }
    }
}

}  // namespace
}  // namespace margincall::test
