// Margins and prices of small positions: slice by slice, tick by tick.
#include <gtest/gtest.h>

#include <array>

#include "base/ppm.hpp"
#include "clearing/world.hpp"
#include "rules/liquidation_price.hpp"
#include "rules/margin_schedule.hpp"
#include "rules/price_band.hpp"
#include "rules/quantities.hpp"
#include "support/states.hpp"

namespace margincall::test {
namespace {

Money money(std::int64_t raw) {
    return Money::from_raw(raw);
}

// Odd rates and floors of a few millionths, so that every rounding shows.
MarginTiers odd_tiers() {
    MarginTiers tiers;
    const std::array<std::int64_t, 5> bounds{0, 40, 90, 160, 400};
    const std::array<std::int64_t, 4> rates{50'000, 150'000, 450'000, 500'000};
    const std::array<std::int64_t, 4> leverages{10, 6, 2, 1};
    for (std::size_t n = 0; n < 4; ++n) {
        tiers.push_back({.floor = money(bounds[n]),
                         .cap = money(bounds[n + 1]),
                         .mmr_ppm = rates[n],
                         .leverage_max = leverages[n],
                         .deduction = {}});
    }
    fill_deductions(tiers);
    return tiers;
}
// Maintenance of one account's value in millionths, slice by slice, before rounding.
std::int64_t by_slices(const MarginTiers& tiers, std::int64_t value) {
    std::int64_t need = 0;
    for (std::int64_t unit = 1; unit <= value; ++unit) {
        std::size_t n = 0;
        while (n + 1 < tiers.size() && unit > tiers[n].cap.raw()) {
            ++n;
        }
        need += tiers[n].mmr_ppm;
    }
    return need;
}

TEST(PriceExhaustive, MaintenanceIsTheSumOfTheSlicesRoundedUp) {
    States states{451 + 4'510};
    const MarginTiers tiers = odd_tiers();
    for (std::int64_t value = 0; value <= 450; ++value) {
        states.next();
        std::size_t n = 0;
        while (n + 1 < tiers.size() && value > tiers[n].cap.raw()) {
            ++n;
        }
        ASSERT_EQ(&tier_of(tiers, money(value)), &tiers[n]);
        // The deductions of this table are whole, so one rounding is all there is.
        const std::int64_t exact = by_slices(tiers, value);
        const std::int64_t need = maintenance_margin(tiers, money(value)).raw();
        ASSERT_GE(need * whole_ppm, exact) << value;
        ASSERT_LT((need - 1) * whole_ppm, exact) << value;
        std::int64_t least = 0;  // exactly: the tier's rate on everything, less its deduction
        while (least * whole_ppm < value * tiers[n].mmr_ppm) {
            ++least;
        }
        ASSERT_EQ(need, least - tiers[n].deduction.raw());
        for (const std::int64_t leverage_e2 : {99, 100, 101, 150, 200, 201, 333, 600, 601, 1'000}) {
            states.next();
            std::int64_t initial = 0;
            while (initial * leverage_e2 < value * 100) {
                ++initial;
            }
            ASSERT_EQ(initial_margin(money(value), leverage_e2).raw(), initial);
        }
    }
}

TEST(PriceExhaustive, DeductionsRoundDownAndTierByTier) {
    States states{2'197};
    for (std::int64_t a = 0; a < 13; ++a) {
        for (std::int64_t b = 0; b < 13; ++b) {
            for (std::int64_t step = 0; step < 13; ++step) {
                states.next();
                MarginTiers tiers(3);
                tiers[0].deduction = money(9);  // written anew
                tiers[1].floor = money(a);
                tiers[2].floor = money(a + b);
                tiers[0].mmr_ppm = 100'000;
                tiers[1].mmr_ppm = 100'000 + step * 70'001;
                tiers[2].mmr_ppm = tiers[1].mmr_ppm + 5'000;
                fill_deductions(tiers);
                const std::int64_t first = a * step * 70'001 / whole_ppm;
                ASSERT_EQ(tiers[0].deduction, money(0));
                ASSERT_EQ(tiers[1].deduction, money(first));
                ASSERT_EQ(tiers[2].deduction, money(first + (a + b) * 5'000 / whole_ppm));
            }
        }
    }
}

// Two micro-dollars a tick and lot; the range of prices ends at 60.
template <class Visit>
void every_position(Visit visit) {
    Instrument inst = perp(1.0, 1.0, 60);
    inst.tick_value = money(2);
    for (std::int64_t size = 1; size <= 6; ++size) {
        for (const std::int64_t sign : {-1, 1}) {
            for (const std::int64_t weight : {1, 2, 3}) {
                if (weight > size) {
                    continue;
                }
                for (const std::int64_t entry : {1, 20, 45, 60}) {
                    for (std::int64_t collateral = -12; collateral <= 250; ++collateral) {
                        visit(inst, position(inst, sign * size, entry, money(collateral), weight));
                    }
                }
            }
        }
    }
}
constexpr std::int64_t every_position_count = 31'560;

TEST(PriceExhaustive, TheLiquidationPriceIsTheFirstTickFromTheSolventSide) {
    States states{2 * every_position_count};
    const MarginTiers tiers = odd_tiers();
    every_position([&](const Instrument& inst, const PositionState& state) {
        const bool is_long = state.qty.raw() > 0;
        for (const bool at_equality : {false, true}) {
            states.next();
            std::int64_t expected = 0;
            for (std::int64_t price = 1; price <= 60; ++price) {
                const std::int64_t have = equity(inst, state, ticks(price)).raw();
                const std::int64_t need = maintenance(inst, tiers, state, ticks(price)).raw();
                if (at_equality ? have <= need : have < need) {
                    expected = is_long || expected == 0 ? price : expected;
                }
            }
            ASSERT_EQ(liquidation_price(inst, tiers, state, at_equality), ticks(expected))
                << state.qty.raw() << " lots, weight " << state.weight << ", cost "
                << state.cost.raw() << ", collateral " << state.collateral.raw();
        }
    });
}

TEST(PriceExhaustive, TheBankruptcyPriceIsTheLastTickNotBelowZero) {
    States states{2 * every_position_count};
    every_position([&](Instrument inst, const PositionState& state) {
        for (const std::int64_t worth : {1, 2}) {
            states.next();
            inst.tick_value = money(worth);
            std::int64_t expected = 0;
            for (std::int64_t price = 1; price <= 60; ++price) {
                const std::int64_t value = state.qty.raw() * price * worth - state.cost.raw();
                if (state.collateral.raw() + value >= 0) {
                    expected = state.qty.raw() < 0 || expected == 0 ? price : expected;
                }
            }
            ASSERT_EQ(bankruptcy_price(inst, state), ticks(expected))
                << state.qty.raw() << " lots, cost " << state.cost.raw() << ", collateral "
                << state.collateral.raw();
        }
    });
}

TEST(PriceExhaustive, LikeAccountsAreRoundedUpOneByOne) {
    States states{5'760};
    const Instrument inst = [] {
        Instrument out = perp(1.0, 1.0, 60);
        out.tick_value = money(1);
        return out;
    }();
    const MarginTiers tiers = odd_tiers();
    for (std::int64_t qty = -12; qty <= 12; ++qty) {
        for (std::int64_t price = 1; price <= 60; ++price) {
            for (std::int64_t weight = 1; weight <= 4; ++weight) {
                if (qty == 0) {
                    continue;
                }
                states.next();
                const PositionState s = position(inst, qty, 30, money(100), weight);
                const std::int64_t worth = (qty < 0 ? -qty : qty) * price;
                std::int64_t each = 0;
                while (each * weight < worth) {
                    ++each;
                }
                const std::int64_t need = maintenance_margin(tiers, money(each)).raw() * weight;
                const std::int64_t have = 100 + qty * (price - 30);
                ASSERT_EQ(maintenance(inst, tiers, s, ticks(price)).raw(), need);
                ASSERT_EQ(equity(inst, s, ticks(price)).raw(), have);
                ASSERT_EQ(liquidatable(inst, tiers, s, ticks(price), false), have < need);
                ASSERT_EQ(liquidatable(inst, tiers, s, ticks(price), true), have <= need);
            }
        }
    }
}

// Every style of a schedule on values of thirds, against its line in the table of
// margin_schedule.hpp.
TEST(PriceExhaustive, SchedulesOfEveryStyleFollowTheirFormula) {
    States states{72'800};
    MarginSchedule schedule;
    schedule.tiers = {
        {.floor = {}, .cap = amount(4), .maintenance = {1, 10}, .initial = {1, 5}, .deduction = {}},
        {.floor = amount(4),
         .cap = amount(10),
         .maintenance = {1, 4},
         .initial = {1, 3},
         .deduction = {}},
        {.floor = amount(10),
         .cap = amount(15),
         .maintenance = {1, 2},
         .initial = {1, 1},
         .deduction = {}}};
    fill_deductions(schedule);
    ASSERT_TRUE(schedule.tiers[1].deduction == amount(0));  // 4 * 3/20, down
    ASSERT_TRUE(schedule.tiers[2].deduction == amount(2));  // + 10 * 1/4, down
    schedule.step_above = amount(3);
    schedule.step_size = amount(2);
    schedule.step_rate = {1, 20};
    schedule.slope = {1, 30};
    schedule.maintenance_share = {3, 5};
    schedule.close_fee = {1, 7};
    for (const auto style : {MarginStyle::marginal,
                             MarginStyle::whole_tier,
                             MarginStyle::stepped,
                             MarginStyle::linear_in_size}) {
        for (const auto measure : {TierMeasure::value, TierMeasure::size}) {
            for (const auto from : {MaintenanceFrom::own_rate, MaintenanceFrom::initial_margin}) {
                for (const auto fee_in : {CloseFeeIn::none, CloseFeeIn::both}) {
                    schedule.style = style;
                    schedule.measure = measure;
                    schedule.maintenance_from = from;
                    schedule.close_fee_in = fee_in;
                    for (std::int64_t size = 0; size <= 12; ++size) {
                        for (std::int64_t thirds = 0; thirds < 35; ++thirds) {
                            for (const std::int64_t leverage_e2 : {0, 1, 250, 450, 900}) {
                                states.next();
                                MarginBase base;
                                base.value = {thirds, 3};
                                base.value_at_mark = {thirds + 1, 3};
                                base.size = Lots::from_raw(size);
                                base.leverage_e2 = leverage_e2;
                                const bool by_size = measure == TierMeasure::size;
                                const auto beyond = [&](std::int64_t bound) {
                                    return by_size ? size > bound : thirds > 3 * bound;
                                };
                                std::size_t n = 0;
                                while (n < 2 && beyond(n == 0 ? 4 : 10)) {
                                    ++n;
                                }
                                std::int64_t steps = 0;
                                while (style == MarginStyle::stepped && beyond(3 + 2 * steps)) {
                                    ++steps;
                                }
                                ASSERT_EQ(tier_index(schedule, base), n);
                                ASSERT_EQ(risk_steps(schedule, base), steps);
                                // In sixtieths.
                                constexpr std::array<std::int64_t, 3> own{6, 15, 30};
                                constexpr std::array<std::int64_t, 3> first{12, 20, 60};
                                const bool tiered = style == MarginStyle::marginal ||
                                                    style == MarginStyle::whole_tier;
                                const std::int64_t added = style == MarginStyle::stepped ? 3 * steps
                                                           : tiered                      ? 0
                                                                                         : 2 * size;
                                const std::int64_t rate = own[tiered ? n : 0] + added;
                                const std::int64_t initial_rate = first[tiered ? n : 0] + added;
                                ASSERT_TRUE(
                                    (maintenance_rate(schedule, base) == Fraction{rate, 60}));
                                ASSERT_TRUE((least_initial_rate(schedule, base) ==
                                             Fraction{initial_rate, 60}));
                                const auto up = [](std::int64_t num, std::int64_t den) {
                                    return num / den + (num % den != 0 ? 1 : 0);
                                };
                                const std::int64_t fee =
                                    fee_in == CloseFeeIn::none ? 0 : up(thirds + 1, 21);
                                std::int64_t need = from == MaintenanceFrom::own_rate
                                                        ? up(thirds * rate, 180)
                                                        : up(3 * up(thirds * initial_rate, 180), 5);
                                if (style == MarginStyle::marginal && n == 2) {
                                    need -= 2;
                                }
                                ASSERT_TRUE(maintenance_requirement(schedule, base) ==
                                            amount(need + fee));
                                std::int64_t initial = up(thirds * initial_rate, 180);
                                if (leverage_e2 > 0) {
                                    initial = std::max(initial, up(thirds * 100, 3 * leverage_e2));
                                }
                                ASSERT_TRUE(initial_requirement(schedule, base) ==
                                            amount(initial + fee));
                            }
                        }
                    }
                }
            }
        }
    }
}

// The smallest rate on the smallest value is not nothing.
TEST(PriceExhaustive, ARateOfAMillionthIsRoundedUp) {
    MarginTiers tiers(1);
    tiers[0].cap = money(3'000'000);
    for (const std::int64_t rate : {0, 1, 2}) {
        tiers[0].mmr_ppm = rate;
        for (const std::int64_t value :
             {0, 1, 499'999, 500'000, 500'001, 999'999, 1'000'000, 1'000'001}) {
            EXPECT_EQ(maintenance_margin(tiers, money(value)),
                      money((value * rate + 999'999) / whole_ppm));
        }
    }
}

TEST(PriceExhaustive, ATableInMillionthsReadsAsASchedule) {
    States states{451};
    const MarginTiers tiers = odd_tiers();
    MarginSchedule schedule = schedule_of(tiers);
    check_schedule(schedule);
    for (std::int64_t value = 0; value <= 450; ++value) {
        states.next();
        MarginBase base;
        base.value = {value, 1};
        ASSERT_TRUE(maintenance_requirement(schedule, base) ==
                    to_amount(maintenance_margin(tiers, money(value))));
        const std::int64_t leverage = tier_of(tiers, money(value)).leverage_max;
        ASSERT_TRUE(initial_requirement(schedule, base).raw() == (value + leverage - 1) / leverage);
    }
    MarginSchedule again = schedule;
    for (ScheduleTier& tier : again.tiers) {
        tier.deduction = {};
    }
    fill_deductions(again);
    for (std::size_t n = 0; n < tiers.size(); ++n) {
        ASSERT_TRUE(again.tiers[n].deduction == schedule.tiers[n].deduction);
    }
    const MarginRule rule{.style = MarginStyle::stepped,
                          .measure = TierMeasure::size,
                          .valuation = MarginValuation::oracle,
                          .maintenance_from = MaintenanceFrom::initial_margin,
                          .close_fee_in = CloseFeeIn::both,
                          .close_fee_ppm = 500};
    apply_rule(rule, schedule);
    EXPECT_EQ(schedule.style, MarginStyle::stepped);
    EXPECT_EQ(schedule.measure, TierMeasure::size);
    EXPECT_EQ(schedule.valuation, MarginValuation::oracle);
    EXPECT_EQ(schedule.maintenance_from, MaintenanceFrom::initial_margin);
    EXPECT_EQ(schedule.close_fee_in, CloseFeeIn::both);
    EXPECT_TRUE((schedule.close_fee == Fraction{1, 2'000}));
}

TEST(PriceExhaustive, SizesOfATableBecomeLots) {
    for (const TierMeasure measure : {TierMeasure::value, TierMeasure::size}) {
        MarginSchedule s;
        s.measure = measure;
        s.tiers = {{.floor = amount(3),
                    .cap = amount(7),
                    .maintenance = {},
                    .initial = {},
                    .deduction = {}}};
        s.step_above = amount(5);
        s.step_size = amount(9);
        s.slope = {1, 30};
        scale_sizes(s, {5, 2});
        const bool size = measure == TierMeasure::size;
        EXPECT_TRUE(s.tiers[0].floor == amount(size ? 7 : 3));  // cut
        EXPECT_TRUE(s.tiers[0].cap == amount(size ? 17 : 7));
        EXPECT_TRUE(s.step_above == amount(size ? 12 : 5));
        EXPECT_TRUE(s.step_size == amount(size ? 22 : 9));
        EXPECT_TRUE((s.slope == Fraction{1, 75}));
    }
}

TEST(PriceExhaustiveDeathTest, TablesWithGapsOrEmptyTiersAreRefused) {
    MarginSchedule schedule = schedule_of(odd_tiers());
    schedule.tiers[0].maintenance = {-1, 10};
    EXPECT_DEATH(check_schedule(schedule), "CHECK failed");
    schedule = schedule_of(odd_tiers());
    schedule.tiers[0].cap = amount(0);
    EXPECT_DEATH(check_schedule(schedule), "CHECK failed");
    schedule = schedule_of(odd_tiers());
    schedule.tiers[1].floor = amount(41);
    EXPECT_DEATH(check_schedule(schedule), "CHECK failed");
}

TEST(PriceExhaustive, TheInitialRateRisesWithOpenInterest) {
    States states{2'080};
    MarginSchedule schedule;
    schedule.tiers.resize(1);
    schedule.tiers[0].cap = amount(1'000'000);
    for (const Fraction rate : {Fraction{1, 10}, Fraction{1, 3}, Fraction{1, 1}, Fraction{3, 2}}) {
        schedule.tiers[0].initial = rate;
        for (const std::int64_t upper : {5, 6, 9, 14}) {
            schedule.open_interest_lower = amount(5);
            schedule.open_interest_upper = amount(upper);
            for (const std::int64_t grain : {10, 1'000'000}) {
                schedule.rise_grain = grain;
                for (std::int64_t open = 0; open < 65; ++open) {
                    states.next();
                    MarginBase base;
                    base.value = {60'000, 1};
                    base.open_interest = amount(open % 17);
                    i128 parts = 0;  // of 1 / grain, added to the rate
                    const std::int64_t at = open % 17;
                    bool full = false;
                    if (upper > 5 && at > 5 && rate.num < rate.den) {
                        full = at >= upper;
                        parts =
                            i128{rate.den - rate.num} * grain * (at - 5) / ((upper - 5) * rate.den);
                    }
                    // 60,000 * (rate + parts / grain), up
                    const i128 den = i128{rate.den} * grain;
                    const i128 num = i128{60'000} * (i128{rate.num} * grain + parts * rate.den);
                    const i128 expected =
                        full ? i128{60'000} : num / den + (num % den != 0 ? 1 : 0);
                    ASSERT_TRUE(initial_requirement(schedule, base).raw() == expected)
                        << open << " of " << upper;
                }
            }
        }
    }
}

TEST(PriceExhaustive, BandsReachTheirSharesAndFollowThePremiumWithinTheOuterOnes) {
    States states{4'096 + 5'780};
    for (int reference = 0; reference < 64; ++reference) {
        for (int down = 0; down < 8; ++down) {
            for (int up = 0; up < 8; ++up) {
                states.next();
                const PriceBand band = band_around(reference, down / 8.0, up / 8.0);  // exact
                ASSERT_EQ(band.lower * 8.0, reference * (8 - down));
                ASSERT_EQ(band.upper * 8.0, reference * (8 + up));
            }
        }
    }
    for (int eighths = 0; eighths < 4; ++eighths) {
        for (int outer = 0; outer < 5; ++outer) {
            for (int premium = -8; premium <= 8; ++premium) {
                for (int index = 8; index < 25; ++index) {
                    states.next();
                    // In eighths: at least up to the index, at most to the outer bound.
                    const int wanted = index * (8 + eighths) + 8 * premium;
                    int upper = wanted > 8 * index ? wanted : 8 * index;
                    upper = upper < index * (8 + outer) ? upper : index * (8 + outer);
                    const int wanted_low = index * (8 - eighths) + 8 * premium;
                    int lower = wanted_low < 8 * index ? wanted_low : 8 * index;
                    lower = lower > index * (8 - outer) ? lower : index * (8 - outer);
                    const PriceBand band =
                        band_with_premium(index, premium, eighths / 8.0, outer / 8.0);
                    ASSERT_EQ(band.upper * 8.0, upper);
                    ASSERT_EQ(band.lower * 8.0, lower);
                }
            }
        }
    }
}

}  // namespace
}  // namespace margincall::test
