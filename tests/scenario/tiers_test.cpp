// Which tier table a venue gets, and what a perp's plan takes from it: contracts as lots, steps and
// slopes, and the dollar steps that agents read.
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>

#include "agents/population.hpp"
#include "plan/fund_pools.hpp"
#include "scenario/compile.hpp"
#include "scenario/error_text.hpp"
#include "scenario/stress_market.hpp"

namespace margincall {
namespace {

Plan plan_of(const Overrides& overrides, const std::string& scenario = "builtin/blank.toml") {
    auto compiled = compile_scenario(scenario, overrides);
    if (!compiled) {
        ADD_FAILURE() << errors_text(compiled.error(), scenario, "");
        return {};
    }
    return std::move(compiled->plan);
}
Plan plan_with(const std::string& rules) {
    return plan_of({"venues.A.rules=builtin/rules/" + rules + ".toml"});
}
const InstrumentPlan& perp(const Plan& plan, const std::string& name) {
    return *std::ranges::find(plan.instruments, name, &InstrumentPlan::name);
}
Amount lots(std::int64_t raw) {
    return Amount::from_raw(raw);
}
// Maintenance of so many lots at a price in ticks, USD.
double maintenance_usd(const InstrumentPlan& ip, std::int64_t size, std::int64_t price) {
    MarginBase base;
    base.size = Lots::from_raw(size);
    base.value = {.num = i128{size} * price * ip.instrument.tick_value.raw(), .den = 1};
    base.value_at_mark = base.value;
    return static_cast<double>(maintenance_requirement(ip.schedule, base).raw()) * 1e-6;
}

TEST(Tiers, MarginalTablesAreOneTableTwice) {
    const Plan plan = plan_of({});
    for (const InstrumentPlan& ip : plan.instruments) {
        if (ip.instrument.kind != InstrumentKind::linear_perp) {
            continue;
        }
        const MarginSchedule same = schedule_of(ip.tiers);
        ASSERT_EQ(ip.schedule.tiers.size(), same.tiers.size()) << ip.name;
        for (std::size_t n = 0; n < same.tiers.size(); ++n) {
            EXPECT_EQ(ip.schedule.tiers[n].cap, same.tiers[n].cap);
            EXPECT_TRUE(ip.schedule.tiers[n].maintenance == same.tiers[n].maintenance);
            EXPECT_EQ(ip.schedule.tiers[n].deduction, same.tiers[n].deduction);
        }
    }
}

// 1,000 contracts of 0.01 BTC are 10 BTC: 10,000 lots of 0.001, whatever a dollar is.
TEST(Tiers, ContractsAreLots) {
    const Plan plan = plan_with("okx");
    const InstrumentPlan& btc = perp(plan, "A:BTC-PERP");
    EXPECT_EQ(btc.schedule.style, MarginStyle::whole_tier);
    EXPECT_EQ(btc.schedule.tiers[0].cap, lots(10'000));
    EXPECT_EQ(btc.schedule.tiers[1].cap, lots(50'000));
    // 20 BTC at 100,000 in the second tier: 0.5 % of all of it, and 0.05 % to close.
    EXPECT_DOUBLE_EQ(maintenance_usd(btc, 20'000, 1'000'000), 2'000'000.0 * 0.0055);
    EXPECT_EQ(perp(plan, "A:ETH-PERP").schedule.tiers[0].cap, lots(300'000));  // 0.1 ETH each
    EXPECT_EQ(perp(plan, "A:XRP-PERP").schedule.tiers[0].cap, lots(1'500'000));
    EXPECT_EQ(perp(plan, "A:T1-PERP").schedule.tiers[0].cap, lots(97'500));

    const MarginTiers& dollars = btc.tiers;
    EXPECT_NEAR(to_usd(dollars[0].cap), 10.0 * plan.assets[0].price, 1.0);
    EXPECT_EQ(dollars[0].mmr_ppm, 4'000);
    EXPECT_EQ(dollars[0].leverage_max, 100);
    EXPECT_EQ(dollars[1].deduction, Money{});  // the whole position at the tier's rate
}

TEST(Tiers, ScaledCapsScaleContractsToo) {
    const Plan plan = plan_of({"venues.A.rules=builtin/rules/okx.toml", "venues.A.tier_caps=0.5"});
    EXPECT_EQ(perp(plan, "A:BTC-PERP").schedule.tiers[0].cap, lots(5'000));
    // D is like A and has half the caps of its own.
    EXPECT_EQ(perp(plan, "D:BTC-PERP").schedule.tiers[0].cap, lots(5'000));
}

TEST(Tiers, SlopesAndStepsBecomeDollarSteps) {
    const Plan plan = plan_with("deribit");
    const InstrumentPlan& btc = perp(plan, "A:BTC-PERP");
    EXPECT_TRUE((btc.schedule.slope == Fraction{5, 100'000'000}));  // 0.005 % a BTC, lots of 0.001
    // 100 BTC: 1 % + 100 * 0.005 % = 1.5 %.
    EXPECT_DOUBLE_EQ(maintenance_usd(btc, 100'000, 1'000'000), 150'000.0);
    // 49x ends where 2 % + 0.005 % a BTC reaches 1/49: 0.0408 % are 8.16 BTC.
    EXPECT_EQ(btc.tiers[0].leverage_max, 49);
    EXPECT_NEAR(
        to_usd(btc.tiers[0].cap), (1.0 / 49.0 - 0.02) / 0.00005 * plan.assets[0].price, 1.0);
    EXPECT_EQ(btc.tiers.back().leverage_max, 1);

    const Plan bitmex = plan_with("bitmex");
    const InstrumentPlan& stepped = perp(bitmex, "A:BTC-PERP");
    EXPECT_EQ(stepped.schedule.step_size, Amount::from_raw(15'000'000'000'000));
    ASSERT_GE(stepped.tiers.size(), 3U);
    EXPECT_DOUBLE_EQ(to_usd(stepped.tiers[1].cap), 35e6);
    EXPECT_EQ(stepped.tiers[1].mmr_ppm, 10'000);
    EXPECT_EQ(stepped.tiers[1].leverage_max, 66);  // 1 / 1.5 %

    const Plan dydx = plan_with("dydx-v4");
    const InstrumentPlan& share = perp(dydx, "A:SOL-PERP");
    EXPECT_EQ(share.schedule.maintenance_from, MaintenanceFrom::initial_margin);
    EXPECT_EQ(share.tiers[0].mmr_ppm, 50'000);  // half of 10 %
    EXPECT_EQ(share.tiers[0].leverage_max, 10);
}

// A venue's cap lowers what may be chosen and raises the initial margin; maintenance stays.
TEST(Tiers, ACapOnLeverageIsAFloorOfTheInitialMargin) {
    for (const char* const rules : {"", "okx", "deribit", "bitmex", "dydx-v4"}) {
        Overrides named;
        if (*rules != 0) {
            named.push_back(std::string{"venues.A.rules=builtin/rules/"} + rules + ".toml");
        }
        const Plan free = plan_of(named);
        named.emplace_back("venues.A.leverage_max=7");
        const Plan capped = plan_of(named);
        for (std::size_t i = 0; i < free.instruments.size(); ++i) {
            const InstrumentPlan& before = free.instruments[i];
            const InstrumentPlan& after = capped.instruments[i];
            if (before.instrument.kind != InstrumentKind::linear_perp) {
                continue;
            }
            const std::string& venue = capped.venues[after.instrument.venue.raw()].name;
            const bool here = venue == "A" || venue == "D";  // D is like A
            ASSERT_EQ(before.tiers.size(), after.tiers.size());
            for (std::size_t n = 0; n < before.tiers.size(); ++n) {
                EXPECT_EQ(after.tiers[n].leverage_max,
                          here ? std::min<std::int64_t>(7, before.tiers[n].leverage_max)
                               : before.tiers[n].leverage_max)
                    << rules << " " << after.name;
                EXPECT_EQ(after.tiers[n].mmr_ppm, before.tiers[n].mmr_ppm);
            }
            MarginBase base;
            base.size = Lots::from_raw(100);
            base.value = {.num = i128{70'000'000'000}, .den = 1};  // 70,000 USD
            base.value_at_mark = base.value;
            EXPECT_EQ(maintenance_requirement(after.schedule, base),
                      maintenance_requirement(before.schedule, base))
                << rules << " " << after.name;
            const Amount wanted = initial_requirement(before.schedule, base);
            const Amount tenth = fee_on(base.value, after.schedule.close_fee);
            const Amount fee = after.schedule.close_fee_in == CloseFeeIn::both ? tenth : Amount{};
            EXPECT_EQ(initial_requirement(after.schedule, base),
                      here ? std::max(wanted, Amount::from_raw(10'000'000'000) + fee) : wanted)
                << rules << " " << after.name;
        }
    }
    EXPECT_EQ(plan_of({}).venues[0].leverage_max, 1000);
    for (const char* const wrong : {"0", "1001", "7.5", "-3"}) {
        EXPECT_FALSE(
            compile_scenario("builtin/blank.toml", {std::string{"venues.A.leverage_max="} + wrong}))
            << wrong;
    }
}

// The burn-in draws accounts that the cap allows, and as much open interest as without it.
TEST(Tiers, UnderACapNobodyHasMoreLeverageAndOpenInterestStays) {
    const Overrides small{"world.size=preview", "population.accounts=20000"};
    Overrides capped = small;
    capped.emplace_back("venues.*.leverage_max=10");
    const Plan plan_free = plan_of(small, "builtin/2025-11-04.toml");
    const Plan plan_capped = plan_of(capped, "builtin/2025-11-04.toml");
    const auto seen = [](const Plan& plan) {
        std::pair<std::int64_t, double> most_and_usd{0, 0.0};
        for (const AccountSeed& s : draw_population(plan)) {
            most_and_usd.first = std::max(most_and_usd.first, s.leverage_e2);
            most_and_usd.second +=
                s.side == Side::buy
                    ? to_usd(
                          notional(plan.instruments[s.instrument.raw()].instrument, s.entry, s.qty))
                    : 0.0;
        }
        return most_and_usd;
    };
    const auto [most_free, usd_free] = seen(plan_free);
    const auto [most_capped, usd_capped] = seen(plan_capped);
    EXPECT_GT(most_free, 5'000) << "without a cap some have more than 50x";
    EXPECT_LE(most_capped, 1'000);
    EXPECT_NEAR(usd_capped / usd_free, 1.0, 0.02);
}

std::int64_t first_cap(const Plan& plan) {
    return static_cast<std::int64_t>(to_usd(perp(plan, "A:BTC-PERP").tiers[0].cap));
}

// The rules' own table, unless one is named that is not older than the rules.
TEST(Tiers, RulesBringTheirsUnlessATableIsNamedWithThem) {
    const std::string bybit = "venues.A.rules=builtin/rules/bybit-uta.toml";
    const std::string hyperliquid = "venues.A.tiers=builtin/tiers/hyperliquid-2025.toml";
    EXPECT_EQ(first_cap(plan_of({})), 300'000);
    EXPECT_EQ(first_cap(plan_of({bybit})), 2'000'000);  // the base's table was for other rules
    EXPECT_EQ(first_cap(plan_of({bybit, hyperliquid})), 150'000'000);
    EXPECT_EQ(first_cap(plan_of({hyperliquid, bybit})), 150'000'000);
    EXPECT_EQ(first_cap(plan_of({hyperliquid})), 150'000'000);
    // A later file's table for rules of an earlier one.
    const auto october = compile_scenario("builtin/2025-10-10.toml");
    ASSERT_TRUE(october);
    EXPECT_TRUE(october->resolved.contains("as_of = \"2025-10-09\""));
    const auto extending = compile_text(
        "extends = \"builtin/blank.toml\"\n[venues.A]\nrules = \"builtin/rules/bybit-uta.toml\"\n",
        "x.toml",
        ".");
    ASSERT_TRUE(extending);
    EXPECT_EQ(first_cap(extending->plan), 2'000'000);
    const auto both = compile_text(
        "extends = \"builtin/blank.toml\"\n[venues.A]\nrules = "
        "\"builtin/rules/bybit-uta.toml\"\ntiers = \"builtin/tiers/hyperliquid-2025.toml\"\n",
        "x.toml",
        ".");
    ASSERT_TRUE(both);
    EXPECT_EQ(first_cap(both->plan), 150'000'000);
}

// Single rows of a table lie over the rules' table, not over the one that the rules replace.
TEST(Tiers, SingleRowsLieOverTheTableOfTheRules) {
    const auto compiled = compile_text(
        "extends = \"builtin/blank.toml\"\n[venues.A]\nrules = \"builtin/rules/okx.toml\"\n"
        "tiers = { BTC = [[0, 7, 0.01, 50]] }\n",
        "x.toml",
        ".");
    ASSERT_TRUE(compiled) << errors_text(compiled.error(), "x.toml", "");
    EXPECT_EQ(perp(compiled->plan, "A:BTC-PERP").schedule.tiers[0].cap, lots(70));
    EXPECT_EQ(perp(compiled->plan, "A:ETH-PERP").schedule.tiers[0].cap, lots(300'000));
}

TEST(Tiers, AStressMarketTakesThePlansSchedules) {
    const Plan plan = plan_with("okx");
    const PlanMarket out = stress_market(plan);
    for (std::size_t k = 0; k < out.market.instruments.size(); ++k) {
        const StressInstrument& row = out.market.instruments[k];
        const PortfolioRules& margin = out.market.venues[row.instrument.venue.raw()].margin;
        ASSERT_EQ(margin.schedules.size(), out.market.instruments.size());
        const MarginSchedule& schedule = margin.schedules[k];
        const MarginSchedule& own = plan.instruments[out.plan_instrument[k].raw()].schedule;
        EXPECT_EQ(schedule.style, own.style) << row.name;
        EXPECT_EQ(schedule.tiers[0].cap, own.tiers[0].cap) << row.name;
        EXPECT_EQ(margin.contracts[k].unit.num, row.instrument.tick_value.raw());
    }
}

TEST(Tiers, FundGroupsAreCoinsOfTheScenario) {
    const Plan plan = plan_with("bybit-uta-2025-12-19");
    const VenuePlan& venue = plan.venues[0];
    EXPECT_EQ(venue.rules.fund.scope, FundScope::group);
    EXPECT_EQ(venue.rules.adl.drawdown_of, DrawdownOf::symbol);
    ASSERT_EQ(venue.fund_groups.size(), 2U);
    EXPECT_EQ(venue.fund_groups[0],
              (std::vector{find_asset(plan, "BTC"), find_asset(plan, "ETH")}));
    EXPECT_EQ(
        plan_of({"venues.A.fund.groups=[[\"BTC\", \"PEPE\"], [\"WIF\"]]"}).venues[0].fund_groups,
        (std::vector<std::vector<AssetId>>{{AssetId::from_raw(0)}}));
}

// The venue's sum is shared by open interest; a stress has the same pools.
TEST(Tiers, FundsAreOfTheScopesCoins) {
    const auto pools_of = [](const std::string& rules) {
        const Plan plan = plan_with(rules);
        const std::vector<FundPool> pools = fund_pools(plan, VenueId::from_raw(0));
        const StressMarket market = stress_market(plan).market;
        Money sum;
        for (std::size_t k = 0; k < pools.size(); ++k) {
            EXPECT_EQ(market.pools[k].name, pools[k].name);
            EXPECT_EQ(market.pools[k].balance, pools[k].balance);
            sum = sum + pools[k].balance;
        }
        EXPECT_EQ(sum, plan.venues[0].rules.fund.initial);
        std::size_t perps = 0;
        for (const StressInstrument& row : market.instruments) {
            if (row.instrument.venue.raw() == 0) {
                const std::string coin = plan.assets[row.instrument.base.raw()].name;
                EXPECT_TRUE(rules != "bitmex" || market.pools[row.pool].name == "A/" + coin);
                ++perps;
            } else {
                EXPECT_GE(row.pool, pools.size());
            }
        }
        std::size_t listed = 0;
        std::string names;
        for (const FundPool& pool : pools) {
            listed += pool.instruments.size();
            names += pool.name + " ";
        }
        EXPECT_EQ(listed, perps);
        return names;
    };
    EXPECT_EQ(pools_of("binance-usdm"), "A ");
    EXPECT_EQ(pools_of("okx"), "A ");  // one group of everything
    EXPECT_EQ(pools_of("bybit-uta-2025-12-19"), "A/BTC+ETH A/SOL+XRP A/rest ");
    std::string one_each = "A/BTC A/ETH A/SOL A/XRP ";
    for (int coin = 1; coin <= 20; ++coin) {
        one_each += "A/T" + std::to_string(coin) + " ";
    }
    EXPECT_EQ(pools_of("bitmex"), one_each);

    const Plan plan = plan_with("bybit-uta-2025-12-19");
    const std::vector<FundPool> pools = fund_pools(plan, VenueId::from_raw(0));
    double all = 0.0;
    for (const AssetPlan& asset : plan.assets) {
        all += asset.pegged ? 0.0 : asset.open_interest;
    }
    const double majors = plan.assets[0].open_interest + plan.assets[1].open_interest;
    EXPECT_NEAR(
        to_usd(pools[0].balance), to_usd(plan.venues[0].rules.fund.initial) * majors / all, 1.0);
}

}  // namespace
}  // namespace margincall
