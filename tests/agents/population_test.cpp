#include "agents/population.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <chrono>
#include <map>

#include "base/digest.hpp"
#include "population_market.hpp"
#include "sim/top_up.hpp"

namespace margincall {
namespace {

using namespace population_test;

Plan november(std::int64_t rows) {
    Plan plan = make_market();
    add_history(plan);
    plan.population.rows = rows;
    return plan;
}

std::uint64_t digest_of(const std::vector<AccountSeed>& rows) {
    Digest digest;
    for (const AccountSeed& r : rows) {
        digest.add_signed(r.qty.raw());
        digest.add_signed(r.entry.raw());
        digest.add_signed(r.margin.raw());
        digest.add_signed(r.stop.raw());
        digest.add(r.weight);
    }
    return digest.value();
}

TEST(Population, LongAndShortLotsAreEqualInEveryInstrument) {
    const Plan plan = november(30'000);
    const auto rows = draw_population(plan);

    std::map<std::uint32_t, std::int64_t> net;
    std::map<std::uint32_t, std::int64_t> longs;
    for (const AccountSeed& r : rows) {
        ASSERT_GT(r.qty.raw(), 0);
        ASSERT_GT(r.margin.raw(), 0);
        ASSERT_GE(r.weight, 1u);
        net[r.instrument.raw()] += sign(r.side) * r.qty.raw();
        longs[r.instrument.raw()] += r.side == Side::buy ? r.qty.raw() : 0;
    }
    EXPECT_EQ(net.size(), plan.instruments.size());
    for (const auto& [instrument, lots] : net) {
        EXPECT_EQ(lots, 0);
        const InstrumentPlan& ip = plan.instruments[instrument];
        const AssetPlan& asset = plan.assets[ip.instrument.base.raw()];
        const double want = plan.population.liquidatable_share * asset.open_interest *
                            plan.venues[ip.instrument.venue.raw()].oi_share;
        const double got =
            static_cast<double>(longs[instrument]) * ip.instrument.lot_base * asset.price;
        EXPECT_NEAR(got / want, 1.0, 1e-4);
    }
}

TEST(Population, NumberOfRowsFollowsThePlan) {
    for (const std::int64_t wanted : {20'000, 100'000}) {
        const auto rows = draw_population(november(wanted));
        EXPECT_NEAR(static_cast<double>(rows.size()),
                    static_cast<double>(wanted),
                    0.06 * static_cast<double>(wanted));
    }
}

TEST(Population, WeightsKeepTheNumberOfAccountsAtEverySize) {
    const auto count = [](const std::vector<AccountSeed>& rows) {
        double accounts = 0.0;
        for (const AccountSeed& r : rows) {
            accounts += r.weight;
        }
        return accounts;
    };
    const double coarse = count(draw_population(november(20'000)));
    const double fine = count(draw_population(november(200'000)));
    EXPECT_NEAR(coarse / fine, 1.0, 0.05);
    EXPECT_GT(fine, 2e6);
    EXPECT_LT(fine, 15e6);
}

TEST(Population, NoSingleAccountDominatesItsInstrument) {
    Plan plan = november(20'000);
    for (const double stands_for : {1.0, 8.0}) {
        for (VenuePlan& venue : plan.venues) {
            venue.stands_for = stands_for;
        }
        double nearest = 0.0;
        for (const AccountSeed& r : draw_population(plan)) {
            if (r.basis_fund != 0) {
                continue;  // many funds in one position
            }
            const InstrumentPlan& ip = plan.instruments[r.instrument.raw()];
            const AssetPlan& asset = plan.assets[ip.instrument.base.raw()];
            const double limit = plan.population.row_cap_share * asset.open_interest *
                                 plan.venues[ip.instrument.venue.raw()].oi_share / stands_for;
            const double per_account = to_usd(notional(ip.instrument, r.entry, r.qty)) / r.weight;
            ASSERT_LE(per_account, limit * 1.001) << stands_for;
            nearest = std::max(nearest, per_account / limit);
        }
        EXPECT_GT(nearest, 0.5) << stands_for;  // the limit binds
    }
}

TEST(Population, EveryAccountIsAliveAtTheStart) {
    const Plan plan = november(30'000);
    for (const AccountSeed& r : draw_population(plan)) {
        const InstrumentPlan& ip = plan.instruments[r.instrument.raw()];
        const double price = plan.assets[ip.instrument.base.raw()].price;
        const double qty = static_cast<double>(r.qty.raw()) * ip.instrument.lot_base / r.weight;
        const double entry = to_usd(ip.instrument, r.entry);
        const double liquidation = liquidation_price(
            {.side = r.side, .qty = qty, .entry = entry, .margin = to_usd(r.margin) / r.weight},
            ip.tiers);
        const double stop = to_usd(ip.instrument, r.stop);
        if (r.side == Side::buy) {
            ASSERT_LT(liquidation, price * 1.0001);
            ASSERT_LT(stop, price * 1.0001);
        } else {
            ASSERT_GT(liquidation, price * 0.9999);
            ASSERT_TRUE(stop == 0.0 || stop > price * 0.9999);
        }
    }
}

TEST(Population, LeverageStaysInsideTheTierLimit) {
    const Plan plan = november(30'000);
    for (const AccountSeed& r : draw_population(plan)) {
        const InstrumentPlan& ip = plan.instruments[r.instrument.raw()];
        const double per_account = to_usd(notional(ip.instrument, r.entry, r.qty)) / r.weight;
        ASSERT_LE(static_cast<double>(r.leverage_e2) / 100.0,
                  leverage_limit(ip.tiers, per_account) * 1.001);
    }
}

TEST(Population, SameSeedSameRowsOtherSeedOtherRows) {
    Plan plan = november(20'000);
    const std::uint64_t first = digest_of(draw_population(plan));
    EXPECT_EQ(digest_of(draw_population(plan)), first);
    plan.seed = 8;
    EXPECT_NE(digest_of(draw_population(plan)), first);
}

// The reason for burn-in: after a month of falls the high-leverage longs are gone.
TEST(Population, AFallBeforeTheStartLeavesFewerHighLeverageLongs) {
    const auto near = [](double drift) {
        Plan plan = november(50'000);
        add_history(plan, drift);
        double crossed = 0.0;
        for (const AccountSeed& r : draw_population(plan)) {
            const InstrumentPlan& ip = plan.instruments[r.instrument.raw()];
            if (r.side != Side::buy || ip.instrument.base.raw() != 0) {
                continue;
            }
            const double qty = static_cast<double>(r.qty.raw()) * ip.instrument.lot_base / r.weight;
            const double liquidation = liquidation_price({.side = r.side,
                                                          .qty = qty,
                                                          .entry = to_usd(ip.instrument, r.entry),
                                                          .margin = to_usd(r.margin) / r.weight},
                                                         ip.tiers);
            crossed += liquidation > 0.93 * plan.assets[0].price
                           ? to_usd(notional(ip.instrument, r.entry, r.qty))
                           : 0.0;
        }
        return crossed;
    };
    // A steady rise leaves old longs far from liquidation; a steady fall leaves them close.
    EXPECT_GT(near(-0.004), 1.2 * near(0.004));
    // But a sudden fall and recovery just before the start has removed them.
    Plan plan = november(50'000);
    plan.history.low = plan.history.price;
    plan.history.high = plan.history.price;
    const auto longs_within = [](const Plan& market, double share) {
        double sum = 0.0;
        for (const AccountSeed& r : draw_population(market)) {
            if (r.side == Side::buy && r.instrument.raw() < 3) {
                const InstrumentPlan& ip = market.instruments[r.instrument.raw()];
                const double distance =
                    to_usd(ip.instrument, r.entry) * 100.0 / static_cast<double>(r.leverage_e2);
                sum += to_usd(ip.instrument, r.entry) - distance >
                               (1.0 - share) * market.assets[0].price
                           ? static_cast<double>(r.qty.raw())
                           : 0.0;
            }
        }
        return sum;
    };
    const double before = longs_within(plan, 0.08);
    for (auto& lows : plan.history.low) {
        lows[lows.size() - 3] *= 0.9;
    }
    EXPECT_LT(longs_within(plan, 0.08), 0.35 * before);
}

TEST(Population, HigherLeverageStateBringsLiquidationsCloser) {
    const auto close_longs = [](double lambda) {
        Plan plan = november(30'000);
        plan.population.leverage_state = lambda;
        double sum = 0.0;
        for (const AccountSeed& r : draw_population(plan)) {
            sum += r.side == Side::buy && r.leverage_e2 > 800
                       ? static_cast<double>(r.qty.raw()) *
                             plan.instruments[r.instrument.raw()].instrument.lot_base *
                             to_usd(plan.instruments[r.instrument.raw()].instrument, r.entry)
                       : 0.0;
        }
        return sum;
    };
    EXPECT_GT(close_longs(1.4), 1.3 * close_longs(1.0));
}

TEST(Population, AWaitForTheEndOfTheOpeningStepIsSurvivedToo) {
    // From 100 to 100 with 1 % of volatility in between: half a percent below is touched with
    // exp(-2 ln(0.995)^2 / 0.01^2) = 0.605, 3 % below hardly ever, and what lies between always.
    EXPECT_NEAR(chance_of_touching(100, 100, 99.5, 1e-4), 0.605, 0.001);
    EXPECT_LT(chance_of_touching(100, 100, 97.0, 1e-4), 1e-7);
    EXPECT_DOUBLE_EQ(chance_of_touching(100, 98, 99.0, 1e-4), 1.0);
    EXPECT_DOUBLE_EQ(chance_of_touching(100, 100, 99.5, 0.0), 0.0);
    // The lowest price of the bridge inverts that law.
    const double low = bridge_low(100, 100, 0.01, 0.605);
    EXPECT_NEAR(chance_of_touching(100, 100, low, 1e-4), 1.0 - 0.605, 1e-9);
    EXPECT_LE(bridge_low(100, 97, 0.01, 0.0), 97.0);
}

TEST(Population, NobodyStandsRightAtTheStartPrice) {
    // What would be set off by the first fraction of a percent was set off before the start.
    for (const std::size_t asset : {std::size_t{0}, std::size_t{1}}) {
        const Plan plan = november(100'000);
        const double start = plan.assets[asset].price;
        double at_once = 0.0, later = 0.0;
        for (const AccountSeed& r : draw_population(plan)) {
            const InstrumentPlan& ip = plan.instruments[r.instrument.raw()];
            const Instrument& inst = ip.instrument;
            if (inst.base.raw() != asset || r.side != Side::buy || r.basis_fund != 0) {
                continue;
            }
            const double qty = static_cast<double>(r.qty.raw()) * inst.lot_base / r.weight;
            const double liquidation = liquidation_price({.side = r.side,
                                                          .qty = qty,
                                                          .entry = to_usd(inst, r.entry),
                                                          .margin = to_usd(r.margin) / r.weight},
                                                         ip.tiers);
            const double trigger = std::max(liquidation, to_usd(inst, r.stop));
            const double away = 1.0 - trigger / start;
            const double usd = qty * r.weight * start;
            at_once += away < 0.002 ? usd : 0.0;
            later += away > 0.018 && away < 0.02 ? usd : 0.0;
        }
        EXPECT_GT(later, 0.0);
        EXPECT_LT(at_once, 0.15 * later) << plan.assets[asset].name;
    }
}

TEST(Population, WorksWithoutHistory) {
    Plan plan = make_market();
    plan.population.rows = 5'000;
    const auto rows = draw_population(plan);
    EXPECT_GT(rows.size(), 3'000u);
}

// Doubling and halving every day, a coin was where its books have no prices; nobody who is there
// now opened there.
TEST(Population, NobodyOpenedAtAPriceThatABookCannotHave) {
    Plan plan = make_market();
    plan.population.rows = 5'000;
    plan.history.step = hours(24 * 30);
    for (AssetPlan& asset : plan.assets) {
        asset.volatility = 1.0;
    }
    for (InstrumentPlan& ip : plan.instruments) {
        const double price = plan.assets[ip.instrument.base.raw()].price;
        ip.instrument.price_max =
            Ticks::from_raw(std::llround(3.0 * price / ip.instrument.tick_usd));
    }
    std::size_t rows = 0;
    for (const AccountSeed& r : draw_population(plan)) {
        const Instrument& inst = plan.instruments[r.instrument.raw()].instrument;
        ASSERT_GE(r.entry.raw(), 1);
        ASSERT_LE(r.entry, inst.price_max);
        ++rows;
    }
    EXPECT_GT(rows, 3'000U);
}

TEST(Population, LeverageStateRule) {
    HistoryPlan calm;
    calm.open_interest_over_mean90 = 1.0;
    calm.volatility_30d = 0.023;
    calm.funding_7d = 0.0001;
    EXPECT_DOUBLE_EQ(leverage_state(calm), 1.0);

    HistoryPlan quiet = calm;
    quiet.volatility_30d = 0.015;
    HistoryPlan crowded = calm;
    crowded.open_interest_over_mean90 = 1.2;
    HistoryPlan paid = calm;
    paid.funding_7d = 0.0003;
    EXPECT_NEAR(leverage_state(quiet), 0.023 / 0.015, 1e-12);  // constant value at risk
    EXPECT_GT(leverage_state(crowded), 1.0);
    EXPECT_GT(leverage_state(paid), 1.0);
}

// Worked example of docs/population.md: 0.1 BTC long at 100,000 with 10x on the first tier (0.4 %).
TEST(Population, LiquidationPriceOfTheWorkedExample) {
    const MarginTiers tiers = central_tiers();
    const double at = liquidation_price(
        {.side = Side::buy, .qty = 0.1, .entry = 100'000, .margin = 1'000}, tiers);
    EXPECT_NEAR(at, 90'000 / 0.996, 1e-6);
    const double high = liquidation_price(
        {.side = Side::sell, .qty = 0.1, .entry = 100'000, .margin = 1'000}, tiers);
    EXPECT_NEAR(high, 110'000 / 1.004, 1e-6);
    // 10 BTC: 1 m notional, third tier, 0.65 % less a deduction of 1,500.
    const double big = liquidation_price(
        {.side = Side::buy, .qty = 10, .entry = 100'000, .margin = 100'000}, tiers);
    EXPECT_NEAR(big, (100'000 - 10'150) / 0.9935, 1e-6);
    EXPECT_EQ(liquidation_price({.side = Side::buy, .qty = 1, .entry = 100, .margin = 200}, tiers),
              0.0);
}

TEST(Population, RoundLevelsOfTheMajors) {
    EXPECT_DOUBLE_EQ(round_level_step(110'495), 10'000.0);
    EXPECT_DOUBLE_EQ(round_level_step(116'605), 10'000.0);
    EXPECT_DOUBLE_EQ(round_level_step(3'905), 500.0);
    EXPECT_DOUBLE_EQ(round_level_step(3'602), 500.0);
    EXPECT_DOUBLE_EQ(round_level_step(187.6), 20.0);
}

TEST(Population, StopsSitBetweenEntryAndLiquidationAndClusterBeyondRoundLevels) {
    const Plan plan = make_market();
    const Instrument& inst = plan.instruments[0].instrument;
    Rng rng{1, 1, Purpose::stop};
    int stops = 0;
    int at_level = 0;
    for (int k = 0; k < 20'000; ++k) {
        const Ticks stop = stop_price(plan.population, inst, Side::buy, 104'000, 92'000, rng);
        if (stop.raw() == 0) {
            continue;
        }
        ++stops;
        EXPECT_GT(to_usd(inst, stop), 92'000);
        EXPECT_LT(to_usd(inst, stop), 104'000);
        at_level += to_usd(inst, stop) == 99'850.0 ? 1 : 0;
    }
    EXPECT_NEAR(stops, 20'000 * plan.population.stop_share, 300);
    // Stops are uniform on 93,800-101,000; 4,000 of these 7,200 dollars lie within 3 % of 100,000.
    EXPECT_NEAR(at_level, stops * plan.population.round_level_share * 4'000 / 7'200, 150);
}

TEST(Population, TopUps) {
    const PopulationPlan p;
    Rng rng{1, 1, Purpose::top_up};
    double minutes_sum = 0.0;
    int below_median = 0;
    for (int k = 0; k < 10'000; ++k) {
        below_median += top_up_amount(p, 100.0, rng) < 80.0 ? 1 : 0;
        minutes_sum += to_seconds(top_up_delay(p, rng)) / 60.0;
    }
    EXPECT_NEAR(below_median, 5'000, 200);
    EXPECT_NEAR(minutes_sum / 10'000, 8.0, 0.3);
    EXPECT_DOUBLE_EQ(night_share(16.0), 0.5);  // midnight in the east
    EXPECT_DOUBLE_EQ(night_share(12.0), 0.0);  // 20 h, 13 h, 7 h
    EXPECT_DOUBLE_EQ(top_up_probability(p, 12.0), 0.6);
    EXPECT_DOUBLE_EQ(top_up_probability(p, 16.0), 0.475);
}

TEST(SlowPopulation, FullSizeIsDrawnInTime) {
    Plan plan = november(0);
    plan.population.full = true;
    const auto from = std::chrono::steady_clock::now();
    const auto rows = draw_population(plan);
    const double seconds_spent =
        std::chrono::duration<double>(std::chrono::steady_clock::now() - from).count();
    std::printf("full population: %zu rows in %.2f s\n", rows.size(), seconds_spent);
    EXPECT_GT(rows.size(), 2'000'000u);
    for (const AccountSeed& r : rows) {
        ASSERT_EQ(r.weight, 1u);
    }
}

TEST(SlowPopulation, HalfAMillionRowsAreDrawnInTime) {
    const Plan plan = november(500'000);
    const auto from = std::chrono::steady_clock::now();
    const auto rows = draw_population(plan);
    const double seconds_spent =
        std::chrono::duration<double>(std::chrono::steady_clock::now() - from).count();
    std::printf("population: %zu rows in %.2f s\n", rows.size(), seconds_spent);
}

}  // namespace
}  // namespace margincall
