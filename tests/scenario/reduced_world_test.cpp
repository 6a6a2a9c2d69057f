// The merged market runs like any other: money is conserved after every event, and the same plan and
// seed give the same digest.
#include <gtest/gtest.h>

#include <cmath>
#include <string>

#include "agents/make_agents.hpp"
#include "agents/population.hpp"
#include "scenario/compile.hpp"
#include "sim/world.hpp"
#include "support/source_file.hpp"

namespace margincall {
namespace {

// An hour on chain with a fall of a tenth, in the reduced world.
Plan shaken(const std::string& seed) {
    auto plan = compile_file(source_file("tests/data/small-defi.toml"),
                             {"world.size=reduced", "random.seed=" + seed});
    EXPECT_TRUE(plan);
    return plan ? std::move(*plan) : Plan{};
}

RunTotals run(const Plan& plan) {
    World world(plan, make_agents(plan), draw_population(plan));
    world.set_verify(Verify::periodic);  // the laws of money after every event
    return world.run(nullptr);
}

TEST(ReducedWorld, ConservesMoneyAndRepeatsItself) {
    const Plan plan = shaken("11");
    const RunTotals first = run(plan);
    EXPECT_GT(first.trades, 1'000U);
    std::uint64_t steps = 0;
    for (const auto& venue : first.steps) {
        for (const std::uint64_t count : venue) {
            steps += count;
        }
    }
    EXPECT_GT(steps, 0U) << "nobody was liquidated";
    EXPECT_EQ(run(plan).digest, first.digest);
    EXPECT_NE(run(shaken("12")).digest, first.digest);
}

TEST(ReducedWorld, ConservesMoneyAndRepeatsItselfWithAccountsInSeveralCoins) {
    Plan plan = shaken("11");
    plan.population.coins_max = 6;
    const RunTotals first = run(plan);
    EXPECT_GT(first.trades, 1'000U);
    EXPECT_EQ(run(plan).digest, first.digest);
    Plan single = plan;
    single.population.coins_max = 1;
    EXPECT_NE(run(single).digest, first.digest);
    std::size_t most = 0;
    std::size_t positions = 0;
    std::uint32_t last = 0;
    for (const AccountSeed& s : draw_population(plan)) {
        positions = s.portfolio != 0 && s.portfolio == last ? positions + 1 : 1;
        last = s.portfolio;
        most = std::max(most, positions);
    }
    EXPECT_GT(most, 2U);
}

// As many accounts with as much open interest as the full market has.
TEST(ReducedWorld, HoldsTheSameAccounts) {
    const auto full = compile_file(source_file("scenarios/quiet-2025-11.toml"));
    const auto reduced =
        compile_file(source_file("scenarios/quiet-2025-11.toml"), {"world.size=reduced"});
    ASSERT_TRUE(full && reduced);
    const auto count = [](const Plan& plan) {
        double accounts = 0.0;
        double usd = 0.0;
        for (const AccountSeed& row : draw_population(plan)) {
            const Instrument& inst = plan.instruments[row.instrument.raw()].instrument;
            accounts += row.weight;
            usd += row.side == Side::buy ? static_cast<double>(row.qty.raw()) * inst.lot_base *
                                               plan.assets[inst.base.raw()].price
                                         : 0.0;
        }
        return std::pair{accounts, usd};
    };
    const auto [accounts_full, usd_full] = count(*full);
    const auto [accounts_reduced, usd_reduced] = count(*reduced);
    EXPECT_NEAR(usd_reduced / usd_full, 1.0, 1e-4);
    EXPECT_NEAR(accounts_reduced / accounts_full, 1.0, 0.05);
}

}  // namespace
}  // namespace margincall
