// The pools of the synthetic dollar on the chain of a run: what they hold, what a sale does to
// their price, what reverts, and the ledger's sums after every block.
#include "chain/dollar_pools.hpp"

#include <gtest/gtest.h>

#include "chain/small_chain.hpp"

namespace margincall {
namespace {

using testing::small_plan;

struct PoolChain : test::SmallChain {
    using SmallChain::SmallChain;
    // One call of agent 0 in the next block.
    void act(ChainCallKind kind, ChainToken token, double amount, DollarPool pool, double least) {
        ChainCall call;
        call.kind = kind;
        call.token = token;
        call.pool = pool;
        call.amount = raw_amount(token, amount);
        call.least =
            raw_amount(token == ChainToken::usd ? ChainToken::synthetic : ChainToken::usd, least);
        SmallChain::act(call);
    }
    void mint(double usd) {
        act(ChainCallKind::mint, ChainToken::usd, usd, DollarPool::curve, 0.0);
    }
    void sell(double coins, DollarPool pool, double least) {
        act(ChainCallKind::swap, ChainToken::synthetic, coins, pool, least);
    }
    [[nodiscard]] double usd() const { return world.wallet_amount(0, 0, ChainToken::usd); }
    [[nodiscard]] double coins() const { return world.wallet_amount(0, 0, ChainToken::synthetic); }
    [[nodiscard]] const DollarPools& pools() const { return *world.dollar_pools(); }
};

Plan pool_plan() {
    Plan plan = small_plan();
    plan.defi.enabled = true;
    plan.defi.pools.curve = 100e6;
    plan.defi.pools.uniswap = 36e6;
    return plan;
}

TEST(DollarPools, StandAtParWithNothingTraded) {
    const PoolChain chain(pool_plan());
    const std::vector<PoolState> states = chain.world.pool_states();
    ASSERT_EQ(states.size(), 2U);
    for (const PoolState& s : states) {
        EXPECT_NEAR(s.price, 1.0, 1e-9) << s.name;
        EXPECT_EQ(s.invariant, 1.0);
        EXPECT_EQ(s.traded_usd, 0.0);
    }
}

TEST(DollarPools, DoNotExistWhereThePlanHasNone) {
    Plan plan = pool_plan();
    plan.defi.pools.curve = plan.defi.pools.uniswap = 0.0;
    const PoolChain chain(plan);
    EXPECT_FALSE(chain.world.dollar_pools().has_value());
    EXPECT_TRUE(chain.world.pool_states().empty());
}

// docs/defi-in-the-loop.md and docs/curve-stableswap.md: ten million into fifty against fifty.
TEST(DollarPools, ASaleIntoTheStableswapPoolIsTheProtocolsOwn) {
    PoolChain chain(pool_plan());
    chain.world.open_wallet(0, 10e6, WalletRights::minter);
    chain.mint(10e6);
    ASSERT_EQ(chain.coins(), 10e6);
    chain.sell(10e6, DollarPool::curve, 9.9e6);
    EXPECT_EQ(chain.coins(), 0.0);
    EXPECT_NEAR(chain.usd(), 9'988'651.729128, 1e-6);
    EXPECT_NEAR(chain.pools().price(DollarPool::curve), 0.99785, 1e-5);
    EXPECT_NEAR(chain.pools().traded_usd(DollarPool::curve), 9'988'651.729128, 1e-6);
    // Half of the fee of 999 dollars stays with those who provide.
    EXPECT_NEAR((chain.pools().invariant(DollarPool::curve) - 1.0) * 100e6, 499.5, 1.0);
}

// The measured liquidity: 2.7 million coins move the price by a tick, 10.4 million empty what lies
// within a third of a percent below par, and what is locked is what was measured.
TEST(DollarPools, TheUniswapPoolHasTheMeasuredDepth) {
    PoolChain chain(pool_plan());
    const DollarPools& pools = chain.pools();
    const double one_tick =
        pools.amount_to(DollarPool::uniswap, ChainToken::synthetic, 0.9999, 100e6);
    EXPECT_NEAR(one_tick, 2.73e6, 0.01e6);
    const double below = pools.amount_to(DollarPool::uniswap, ChainToken::synthetic, 0.9967, 100e6);
    EXPECT_NEAR(below, 10.4e6, 0.3e6);
    const double above = pools.amount_to(DollarPool::uniswap, ChainToken::usd, 1.01, 100e6);
    EXPECT_NEAR(below + above, 36e6, 0.2e6);
}

TEST(DollarPools, AmountToBringsThePriceThere) {
    PoolChain chain(pool_plan());
    chain.world.open_wallet(0, 60e6, WalletRights::minter);
    chain.mint(30e6);
    for (const DollarPool pool : {DollarPool::curve, DollarPool::uniswap}) {
        const double coins = chain.pools().amount_to(pool, ChainToken::synthetic, 0.9985, 30e6);
        ASSERT_GT(coins, 1e6);
        chain.sell(coins, pool, 0.0);
        EXPECT_NEAR(chain.pools().price(pool), 0.9985, 2e-6);
        EXPECT_EQ(chain.pools().amount_to(pool, ChainToken::synthetic, 0.9990, 30e6), 0.0);
        const double usd = chain.pools().amount_to(pool, ChainToken::usd, 1.0, 30e6);
        chain.act(ChainCallKind::swap, ChainToken::usd, usd, pool, 0.0);
        EXPECT_NEAR(chain.pools().price(pool), 1.0, 2e-6);
    }
}

TEST(DollarPools, ASwapBelowTheLeastChangesNothing) {
    PoolChain chain(pool_plan());
    chain.world.open_wallet(0, 1e6, WalletRights::minter);
    chain.mint(1e6);
    for (const DollarPool pool : {DollarPool::curve, DollarPool::uniswap}) {
        chain.sell(1e6, pool, 1e6);
        EXPECT_EQ(chain.coins(), 1e6);
        EXPECT_NEAR(chain.pools().price(pool), 1.0, 1e-9);
    }
    EXPECT_EQ(chain.world.totals().reverted, 2U);
}

TEST(DollarPools, PausedTheyTakeNoSwaps) {
    Plan plan = pool_plan();
    plan.defi.pools.paused = true;
    PoolChain chain(plan);
    chain.world.open_wallet(0, 1e6, WalletRights::minter);
    chain.mint(1e6);
    for (const DollarPool pool : {DollarPool::curve, DollarPool::uniswap}) {
        chain.sell(1e5, pool, 0.0);
        EXPECT_EQ(chain.pools().traded_usd(pool), 0.0);
    }
    EXPECT_EQ(chain.coins(), 1e6);
    EXPECT_EQ(chain.world.totals().reverted, 2U);
}

}  // namespace
}  // namespace margincall
