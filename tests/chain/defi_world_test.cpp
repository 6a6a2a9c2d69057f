// The chain of a run: the incident's pools to the wei, accounts at risk against a full search, the
// ledger's sums per token.
#include "chain/defi_world.hpp"

#include <gtest/gtest.h>

#include "chain/small_chain.hpp"

namespace margincall {
namespace {

using testing::small_plan;

using Chain = test::SmallChain;

Plan lending_plan() {
    Plan plan = small_plan();
    plan.defi.enabled = true;
    plan.defi.lending.borrowed = 1e9;
    plan.defi.lending.rows = 200;
    plan.defi.balancer.pools = true;
    return plan;
}

void act(Chain& chain, std::uint32_t wallet) {
    for (std::uint32_t pool = 0; pool < IncidentPools::count(); ++pool) {
        ChainCall call;
        call.kind = ChainCallKind::attack;
        call.account = pool;
        call.wallet = wallet;
        chain.world.send(call, 1);
    }
    chain.block(4'000.0);
}

// What was lost on chain, in ether at the pools' rates: 4,623.6 WETH and 6,851.1 osETH of one pool,
// 4,227.3 wstETH and 1,964.7 WETH of the other, and shares (rules/defi.md). The batch is planned
// here and not replayed, so that its steps differ a little; the replay to the wei is
// vector_check's.
TEST(IncidentPools, LoseWhatTheyLost) {
    Chain chain(lending_plan());
    const std::uint32_t wallet = chain.world.open_wallet(0, 0.0);
    act(chain, wallet);
    const IncidentPools& pools = *chain.world.incident();
    ASSERT_TRUE(pools.outcome(0).succeeded);
    ASSERT_TRUE(pools.outcome(1).succeeded);
    const double first = 4'623.6 + 6'851.1 * 1.0581324;
    const double second = 1'964.7 + 4'227.3 * 1.2181164;
    EXPECT_NEAR(pools.outcome(0).stolen_eth, first, 0.01 * first);
    EXPECT_NEAR(pools.outcome(1).stolen_eth, second, 0.01 * second);
    EXPECT_GT(chain.world.wallet_amount(0, wallet, ChainToken::eth), 6'500.0);
    EXPECT_LT(pools.outcome(0).invariant_after, 0.05 * pools.outcome(0).invariant_before);
}

TEST(IncidentPools, HoldWithTheCorrectedRounding) {
    Plan plan = lending_plan();
    plan.defi.balancer.rounding = PoolRounding::corrected;
    Chain chain(plan);
    const std::uint32_t wallet = chain.world.open_wallet(0, 0.0);
    act(chain, wallet);
    const IncidentPools& pools = *chain.world.incident();
    for (std::uint32_t pool = 0; pool < IncidentPools::count(); ++pool) {
        EXPECT_TRUE(pools.outcome(pool).attacked);
        EXPECT_FALSE(pools.outcome(pool).succeeded);
        EXPECT_EQ(pools.outcome(pool).invariant_after, pools.outcome(pool).invariant_before);
    }
    EXPECT_EQ(chain.world.totals().stolen_usd, 0.0);
}

TEST(DefiWorld, BorrowsWhatThePlanSays) {
    Chain chain(lending_plan());
    EXPECT_NEAR(chain.world.totals().borrowed_start_usd, 1e9, 1e7);
    chain.block(4'000.0);
    EXPECT_TRUE(chain.world.at_risk().empty());
    // Nothing moved: no account was computed.
    EXPECT_EQ(chain.world.totals().exact_health, 0U);
}

// The order by critical ratio finds all accounts below one and no other: their debt is what the
// histogram, which looks at every account, has below one.
TEST(DefiWorld, FindsEveryAccountBelowOne) {
    Chain chain(lending_plan());
    for (const double eth : {3'900.0, 3'500.0, 3'120.0, 2'600.0, 3'000.0}) {
        chain.block(eth);
        chain.block(eth);  // the oracle answers with a delay of one block
        double found = 0.0;
        for (const AtRisk& risk : chain.world.at_risk()) {
            EXPECT_LT(risk.health, 1.0);
            found += risk.debt_usd;
        }
        const HealthHistogram histogram = chain.world.health_histogram();
        EXPECT_NEAR(found, histogram[0] + histogram[1] + histogram[2], 1.0) << eth;
    }
    EXPECT_FALSE(chain.world.at_risk().empty());
}

TEST(DefiWorld, KeeperRepaysAndTakesCollateralWithBonus) {
    Chain chain(lending_plan());
    const std::uint32_t wallet = chain.world.open_wallet(0, 5e6);
    chain.block(3'000.0);
    chain.block(3'000.0);
    ASSERT_FALSE(chain.world.at_risk().empty());
    const AtRisk risk = chain.world.at_risk().front();
    ASSERT_EQ(risk.collateral, ChainToken::eth);
    ChainCall call;
    call.kind = ChainCallKind::liquidate;
    call.wallet = wallet;
    call.account = risk.borrower;
    call.amount = U256{1'000'000'000};  // 1000 dollars
    chain.world.send(call, 1);
    chain.block(3'000.0);
    ASSERT_EQ(chain.world.new_liquidations().size(), 1U);
    const ChainLiquidation& done = chain.world.new_liquidations().front();
    EXPECT_NEAR(done.debt_usd, 1'000.0, 1e-3);
    EXPECT_NEAR(done.seized_usd, 1'050.0, 0.01);  // 5 % bonus
    EXPECT_NEAR(chain.world.wallet_amount(0, wallet, ChainToken::eth) * 3'000.0, 1'045.0, 0.01);
}

TEST(DefiWorld, ALateKeeperReverts) {
    Chain chain(lending_plan());
    const std::uint32_t wallet = chain.world.open_wallet(0, 5e6);
    chain.block(4'000.0);
    ChainCall call;
    call.kind = ChainCallKind::liquidate;
    call.wallet = wallet;
    call.amount = U256{1'000'000'000};
    chain.world.send(call, 1);
    chain.block(4'000.0);
    EXPECT_EQ(chain.world.totals().reverted, 1U);
    EXPECT_EQ(chain.world.wallet_amount(0, wallet, ChainToken::usd), 5e6);
}

}  // namespace
}  // namespace margincall
