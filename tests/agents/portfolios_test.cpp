#include "agents/portfolios.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <cstdio>
#include <map>
#include <span>
#include <tuple>
#include <vector>

#include "agents/population.hpp"
#include "base/random.hpp"
#include "population_market.hpp"
#include "rules/margin.hpp"

namespace margincall {
namespace {

using namespace population_test;

Plan market_with(std::int64_t coins_max, std::int64_t rows = 50'000) {
    Plan plan = make_market();
    add_history(plan);
    plan.population.rows = rows;
    plan.population.coins_max = coins_max;
    return plan;
}

// Accounts of a population: an account of its own is one of one position.
std::vector<std::span<const AccountSeed>> accounts_of(const std::vector<AccountSeed>& seeds) {
    std::vector<std::span<const AccountSeed>> out;
    for (std::size_t k = 0; k < seeds.size();) {
        std::size_t end = k + 1;
        while (end < seeds.size() && seeds[k].portfolio != 0 &&
               seeds[end].portfolio == seeds[k].portfolio) {
            ++end;
        }
        out.emplace_back(seeds.data() + k, end - k);
        k = end;
    }
    return out;
}

TEST(Portfolios, LotsMoneyAndEntriesOfEveryPerpStayWhatTheyAre) {
    const auto totals = [](std::int64_t coins_max) {
        const Plan plan = market_with(coins_max);
        // By instrument and side: positions, lots, money, worth at entry.
        std::map<std::pair<std::uint32_t, Side>, std::array<std::int64_t, 4>> out;
        for (const AccountSeed& s : draw_population(plan)) {
            auto& sums = out[{s.instrument.raw(), s.side}];
            const Instrument& inst = plan.instruments[s.instrument.raw()].instrument;
            ++sums[0];
            sums[1] += s.qty.raw();
            sums[2] += s.margin.raw();
            sums[3] += notional(inst, s.entry, s.qty).raw();
        }
        return out;
    };
    const auto alone = totals(1);
    EXPECT_EQ(alone.size(), 2 * make_market().instruments.size());
    EXPECT_EQ(totals(3), alone);
    EXPECT_EQ(totals(6), alone);
}

// Persons times positions: what a venue's list of positions would show.
TEST(Portfolios, PositionsKeepTheirNumberAndSize) {
    const auto count = [](std::int64_t coins_max) {
        const Plan plan = market_with(coins_max);
        double positions = 0.0;
        for (const AccountSeed& s : draw_population(plan)) {
            positions += s.weight;
        }
        return positions;
    };
    EXPECT_NEAR(count(6) / count(1), 1.0, 0.02);
}

TEST(Portfolios, AreAlikeAndOfOneVenueSideAndPersonInDifferentCoins) {
    const Plan plan = market_with(3);
    std::uint32_t number = 0;
    std::size_t several = 0;
    const std::vector<AccountSeed> seeds = draw_population(plan);
    for (const auto account : accounts_of(seeds)) {
        const AccountSeed& first = account.front();
        if (account.size() == 1) {
            EXPECT_EQ(first.portfolio, 0u);
            continue;
        }
        ++several;
        EXPECT_EQ(first.portfolio, ++number);
        EXPECT_LE(account.size(), 3u);
        for (const AccountSeed& s : account) {
            EXPECT_EQ(s.mode, MarginMode::cross);
            EXPECT_EQ(s.hedger + s.basis_fund, 0);
            EXPECT_EQ(s.collateral_ppm, 0u);
            EXPECT_EQ(s.stop.raw(), 0);
            EXPECT_EQ(s.side, first.side);
            EXPECT_EQ(s.weight, first.weight);
            EXPECT_EQ(s.may_top_up, first.may_top_up);
            EXPECT_GE(s.qty.raw(), std::int64_t{s.weight});
            EXPECT_EQ(plan.instruments[s.instrument.raw()].instrument.venue,
                      plan.instruments[first.instrument.raw()].instrument.venue);
        }
        for (std::size_t k = 1; k < account.size(); ++k) {
            EXPECT_LT(account[k - 1].instrument, account[k].instrument);
        }
    }
    EXPECT_GT(several, 3'000u);
}

TEST(Portfolios, SameSeedSamePopulationOtherSeedAnother) {
    const auto same = [](const std::vector<AccountSeed>& a, const std::vector<AccountSeed>& b) {
        return a.size() == b.size() &&
               std::equal(a.begin(), a.end(), b.begin(), [](const auto& x, const auto& y) {
                   return x.instrument == y.instrument && x.qty == y.qty && x.margin == y.margin &&
                          x.weight == y.weight && x.portfolio == y.portfolio;
               });
    };
    Plan plan = market_with(6, 20'000);
    const auto first = draw_population(plan);
    EXPECT_TRUE(same(draw_population(plan), first));
    plan.seed = 8;
    EXPECT_FALSE(same(draw_population(plan), first));
}

// --- by hand ---

// Six coins; a row of the first venue.
struct ByHand {
    ByHand() {
        std::vector<Coin> coins;
        for (const char* name : {"BTC", "ETH", "SOL", "XRP", "T1", "T2"}) {
            coins.push_back({name, 100.0, 1e9, 0.04, 0.1, 0.001, false});
        }
        plan = make_market(coins);
    }
    AccountSeed row(std::size_t coin, double margin_each, std::uint32_t weight) const {
        AccountSeed s;
        s.instrument = plan.instruments[3 * coin].instrument.id;
        s.mode = MarginMode::cross;
        s.weight = weight;
        s.qty = Lots::from_raw(1'000);
        s.entry = Ticks::from_raw(1'000);
        s.margin = usd(margin_each * weight);
        s.leverage_e2 = 300;
        return s;
    }
    Plan plan;
};

// Where all coins are equally common, all numbers of coins are.
TEST(Portfolios, EveryNumberOfCoinsIsAsLikelyWhereAllCoinsAreAsCommon) {
    ByHand hand;
    Rng rng{3, 4, Purpose::test};
    std::vector<AccountSeed> seeds;
    for (int n = 0; n < 60'000; ++n) {
        seeds.push_back(hand.row(rng.below(6), 100.0, 1));
        seeds.back().leverage_e2 = 100 + static_cast<std::int64_t>(rng.below(100'000));
    }
    for (const std::int64_t most : {1, 3, 6}) {
        std::vector<AccountSeed> joined = seeds;
        hand.plan.population.coins_max = most;
        join_portfolios(hand.plan, joined);
        std::map<std::size_t, double> counts;
        double all = 0.0;
        for (const auto account : accounts_of(joined)) {
            ++counts[account.size()];
            ++all;
        }
        EXPECT_EQ(counts.size(), static_cast<std::size_t>(most));
        for (const auto& [coins, count] : counts) {
            EXPECT_NEAR(count / all, 1.0 / static_cast<double>(most), 0.01) << coins;
        }
    }
}

// Three persons in one coin and six in another are taken for four or five in both.
TEST(Portfolios, PersonsAreTheMeanButNobodyHoldsLessThanALotOfACoin) {
    ByHand hand;
    hand.plan.population.coins_max = 6;
    for (const std::int64_t lots : {1'000, 4}) {
        std::size_t joined = 0;
        for (std::uint64_t seed = 1; seed < 20; ++seed) {
            hand.plan.seed = seed;
            std::vector<AccountSeed> seeds = {hand.row(0, 100.0, 3), hand.row(1, 100.0, 6)};
            seeds[1].qty = Lots::from_raw(lots);
            join_portfolios(hand.plan, seeds);
            ASSERT_EQ(seeds.size(), 2u);
            if (seeds[0].portfolio == 0) {
                EXPECT_EQ(seeds[0].weight, 3u);
                EXPECT_EQ(seeds[1].weight, 6u);
                continue;
            }
            ++joined;
            for (const AccountSeed& s : seeds) {
                EXPECT_EQ(s.portfolio, 1u);
                EXPECT_EQ(s.weight, lots == 4 ? 4u : 5u);  // 4.5 is rounded up
            }
        }
        EXPECT_GT(joined, 10u);
    }
}

TEST(Portfolios, WealthHedgesFundsPledgesAndSidesStayApart) {
    ByHand hand;
    hand.plan.population.coins_max = 6;
    const auto joins = [&](auto change) {
        for (std::uint64_t seed = 1; seed < 20; ++seed) {
            hand.plan.seed = seed;
            std::vector<AccountSeed> seeds = {hand.row(0, 100.0, 1), hand.row(1, 100.0, 1)};
            change(seeds[1]);
            join_portfolios(hand.plan, seeds);
            if (seeds[0].portfolio != 0) {
                return true;
            }
        }
        return false;
    };
    EXPECT_TRUE(joins([](AccountSeed&) {}));
    EXPECT_TRUE(joins([](AccountSeed& s) { s.margin = usd(120.0); }));  // 67 to 134 USD are alike
    EXPECT_FALSE(joins([](AccountSeed& s) { s.margin = usd(140.0); }));
    EXPECT_FALSE(joins([](AccountSeed& s) { s.weight = 2; }));
    EXPECT_FALSE(joins([](AccountSeed& s) { s.side = Side::sell; }));
    EXPECT_FALSE(joins([](AccountSeed& s) { s.mode = MarginMode::isolated; }));
    EXPECT_FALSE(joins([](AccountSeed& s) { s.hedger = 1; }));
    EXPECT_FALSE(joins([](AccountSeed& s) { s.basis_fund = 1; }));
    EXPECT_FALSE(joins([](AccountSeed& s) { s.collateral_ppm = 1; }));
    EXPECT_FALSE(joins([&](AccountSeed& s) { s.instrument = hand.row(0, 1.0, 1).instrument; }));
    EXPECT_FALSE(joins([&](AccountSeed& s) {  // the second venue
        s.instrument = InstrumentId::from_raw(s.instrument.raw() + 1);
    }));
}

// --- what falls do ---

constexpr std::size_t all_assets = 99;

// Worth at the new prices of the longs of `asset` whose cross account is below its maintenance margin
// when every asset's price is at its factor of the start's.
double liquidated(const Plan& plan,
                  const std::vector<AccountSeed>& seeds,
                  const std::vector<double>& factor,
                  std::size_t asset) {
    double sum = 0.0;
    for (const auto account : accounts_of(seeds)) {
        if (account.front().mode != MarginMode::cross || account.front().side != Side::buy) {
            continue;
        }
        double equity = 0.0;
        double needed = 0.0;
        double of_asset = 0.0;
        for (const AccountSeed& s : account) {
            const InstrumentPlan& ip = plan.instruments[s.instrument.raw()];
            const std::size_t base = ip.instrument.base.raw();
            const double coins = static_cast<double>(s.qty.raw()) * ip.instrument.lot_base;
            const double value = coins * plan.assets[base].price * factor[base];
            equity += to_usd(s.margin) + value - coins * to_usd(ip.instrument, s.entry);
            needed += s.weight * to_usd(maintenance_margin(ip.tiers, usd(value / s.weight)));
            of_asset += asset == all_assets || asset == base ? value : 0.0;
        }
        sum += equity < needed ? of_asset : 0.0;
    }
    return sum;
}

TEST(Portfolios, ACoinThatFallsAloneLiquidatesLessAllTogetherAsMuch) {
    const auto plan_with = [](std::int64_t coins_max) {
        Plan plan = make_market();  // without history: everybody opened at the start's price
        plan.population.rows = 50'000;
        plan.population.coins_max = coins_max;
        return plan;
    };
    const Plan alone = plan_with(1);
    const Plan several = plan_with(6);
    const auto seeds_alone = draw_population(alone);
    const auto seeds_several = draw_population(several);
    const std::size_t tail = 3;
    const std::vector<double> together(4, 0.7);
    std::vector<double> one(4, 1.0);
    one[tail] = 0.7;

    const double tail_alone = liquidated(alone, seeds_alone, one, tail);
    const double tail_several = liquidated(several, seeds_several, one, tail);
    const double all_alone = liquidated(alone, seeds_alone, together, all_assets);
    const double all_several = liquidated(several, seeds_several, together, all_assets);
    std::printf("tail alone: %.4g -> %.4g; all together: %.4g -> %.4g\n",
                tail_alone,
                tail_several,
                all_alone,
                all_several);
    EXPECT_GT(tail_alone, 0.0);
    EXPECT_LT(tail_several, 0.5 * tail_alone);
    EXPECT_NEAR(all_several / all_alone, 1.0, 0.05);
}

TEST(Portfolios, NobodyStartsBelowTheMaintenanceMargin) {
    const Plan plan = market_with(6);
    EXPECT_EQ(liquidated(plan, draw_population(plan), std::vector<double>(4, 1.0), all_assets),
              0.0);
}

}  // namespace
}  // namespace margincall
