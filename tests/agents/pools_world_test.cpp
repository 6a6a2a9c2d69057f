// Pools, books of the synthetic dollar and those who trade between them in a small world: a pool
// follows the books while withdrawals are open and stays apart while they are slow.
#include <gtest/gtest.h>

#include <cmath>

#include "agents/make_agents.hpp"
#include "agents/population.hpp"
#include "sim/world.hpp"
#include "support/small_plan.hpp"

namespace margincall {
namespace {

using testing::small_plan;

// small_plan with a synthetic dollar that has books on A and U.
Plan pools_plan(Duration length) {
    Plan plan = small_plan(length);
    plan.population.rows = 200;
    AssetPlan coin;
    coin.name = "USDe";
    coin.price = 1.0;
    coin.volatility = 0.0005;
    coin.beta = 0.0;
    coin.volume = 60e6;
    coin.depth_1pct = 60e6;
    coin.pegged = true;
    plan.assets.push_back(coin);
    for (const std::uint16_t v : {std::uint16_t{0}, std::uint16_t{3}}) {
        InstrumentPlan p;
        Instrument& inst = p.instrument;
        inst.id = InstrumentId::from_raw(static_cast<std::uint32_t>(plan.instruments.size()));
        inst.venue = VenueId::from_raw(v);
        inst.base = AssetId::from_raw(2);
        inst.kind = InstrumentKind::spot;
        inst.tick_usd = 0.0001;
        inst.lot_base = 1.0;
        inst.tick_value = Money::from_raw(100);
        inst.price_max = Ticks::from_raw(10'000'000);
        inst.qty_max = Lots::from_raw(1'000'000'000);
        p.name = plan.venues[v].name + ":USDe-SPOT";
        p.depth_share = p.volume_share = 0.5;
        plan.instruments.push_back(p);
    }
    for (InstrumentPlan& p : plan.instruments) {  // coins with 18 decimals
        p.instrument.lot_amount = Amount::from_raw(
            i128{static_cast<std::int64_t>(p.instrument.lot_base * 1e6)} * 1'000'000'000'000);
    }
    plan.history.price.emplace_back(plan.history.price[0].size(), 1.0);
    plan.defi.enabled = true;
    plan.defi.usde.asset = "USDe";
    plan.defi.usde.arbitrage_cash = 0.0;
    plan.defi.usde.slow_above = 1e9;
    plan.defi.pools.curve = 60e6;
    plan.defi.pools.uniswap = 36e6;
    plan.defi.keeper.transfer_blocks = 3;
    return plan;
}

// Mints with its own dollars and sells into one pool, or sells on the venue U.
class Seller final : public Agent {
  public:
    Seller(ChainCallKind kind, double usd) : kind_{kind}, usd_{usd} {}
    [[nodiscard]] AgentSetup setup() const override {
        AgentSetup setup;
        setup.name = "seller";
        setup.entity = entity_name(999, 0);
        setup.instruments = {InstrumentId::from_raw(11)};
        setup.wallets = {{usd_, 0.0, ChainMarket::main}};
        setup.first_wake = SimTime{} + seconds(25);
        return setup;
    }
    void wake(AgentContext& context) override {
        if (kind_ == ChainCallKind::swap) {
            ChainCall call;
            call.kind = ChainCallKind::mint;
            call.amount = U256{static_cast<std::uint64_t>(usd_ * 1e6)};
            context.call(call, 1);
            call.kind = ChainCallKind::swap;
            call.token = ChainToken::synthetic;
            call.amount = U256::max();
            context.call(call, 1);
        } else {
            context.market(InstrumentId::from_raw(11),
                           Side::sell,
                           Lots::from_raw(static_cast<std::int64_t>(usd_)),
                           Cause::test);
        }
    }

  private:
    ChainCallKind kind_;
    double usd_;
};

struct Ended {
    double curve = 0.0, uniswap = 0.0;  // prices
    double venue = 0.0;                 // U's book
    double traded = 0.0;
};

Ended run(const Plan& plan, ChainCallKind kind, double usd) {
    std::vector<std::unique_ptr<Agent>> agents = make_agents(plan);
    agents.push_back(std::make_unique<Seller>(kind, usd));
    World world(plan, std::move(agents), draw_population(plan));
    (void)world.run(nullptr);
    const DollarPools& pools = *world.chain()->dollar_pools();
    return {pools.price(DollarPool::curve),
            pools.price(DollarPool::uniswap),
            world.pegged_usd(VenueId::from_raw(3)),
            pools.traded_usd(DollarPool::curve) + pools.traded_usd(DollarPool::uniswap)};
}

// Ten million are sold into the stableswap pool: 0.9962 at once. Part of it is bought back through
// the other pool within a block or two, the rest by coins that go to the venues.
TEST(PoolsWorld, APoolComesBackToTheBooksWhileWithdrawalsAreOpen) {
    const Ended open = run(pools_plan(minutes(10)), ChainCallKind::swap, 10e6);
    EXPECT_NEAR(open.curve, open.venue, 0.0012);
    EXPECT_NEAR(open.curve, open.uniswap, 0.0006);
    EXPECT_GT(open.curve, 0.9985);
}

TEST(PoolsWorld, APoolStaysApartWhileWithdrawalsAreSlow) {
    Plan plan = pools_plan(minutes(10));
    plan.defi.usde.slow_above = 1e-9;
    const Ended slow = run(plan, ChainCallKind::swap, 10e6);
    const Ended open = run(pools_plan(minutes(10)), ChainCallKind::swap, 10e6);
    EXPECT_GT(slow.venue - slow.curve, 0.0005);
    EXPECT_LT(slow.curve, open.curve - 0.0003);
    // The pools trade with each other: that needs no venue.
    EXPECT_NEAR(slow.curve, slow.uniswap, 0.0006);
}

// A sale in a venue's book reaches the pools in the same way, or does not.
TEST(PoolsWorld, AVenueOffParReachesThePoolsOnlyWhileWithdrawalsAreOpen) {
    Plan plan = pools_plan(minutes(10));
    const Ended open = run(plan, ChainCallKind::to_venue, 12e6);
    plan.defi.usde.slow_above = 1e-9;
    const Ended slow = run(plan, ChainCallKind::to_venue, 12e6);
    EXPECT_GT(open.traded, 1e6);
    EXPECT_EQ(slow.traded, 0.0);
    EXPECT_NEAR(slow.curve, 1.0, 1e-9);
    EXPECT_LT(slow.venue, 0.995);
    EXPECT_GT(open.venue, slow.venue);
}

TEST(PoolsWorld, ConservesEveryTokenAfterEveryEvent) {
    Plan plan = pools_plan(seconds(60));
    plan.population.rows = 50;
    std::vector<std::unique_ptr<Agent>> agents = make_agents(plan);
    agents.push_back(std::make_unique<Seller>(ChainCallKind::swap, 10e6));
    World world(plan, std::move(agents), draw_population(plan));
    world.set_verify(Verify::every_event);
    (void)world.run(nullptr);
    EXPECT_GT(world.chain()->dollar_pools()->traded_usd(DollarPool::uniswap), 1e6);
}

// Those who trade the pools draw nothing and nobody draws in their place: without a pool to trade
// they change no other entity's run.
TEST(PoolsWorld, WithNothingToTradeTheArbitrageursChangeNothing) {
    Plan plan = pools_plan(minutes(2));
    plan.defi.pools.paused = true;
    plan.defi.usde.slow_above = 1e-9;
    World with(plan, make_agents(plan), draw_population(plan));
    plan.defi.pools.arbitrage = false;
    World without(plan, make_agents(plan), draw_population(plan));
    EXPECT_EQ(with.run(nullptr).trades, without.run(nullptr).trades);
}

}  // namespace
}  // namespace margincall
