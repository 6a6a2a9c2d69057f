// Pools, books of the synthetic dollar and those who trade between them in a small world: a pool
// follows the books while withdrawals are open and stays apart while they are slow.
#include <gtest/gtest.h>

#include <cmath>

#include "agents/loops.hpp"
#include "agents/make_agents.hpp"
#include "agents/population.hpp"
#include "agents/synthetic_issuer.hpp"
#include "sim/world.hpp"
#include "support/acts_once.hpp"
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
std::unique_ptr<Agent> seller(ChainCallKind kind, double usd) {
    AgentSetup setup;
    setup.name = "seller";
    setup.entity = entity_name(999, 0);
    setup.instruments = {InstrumentId::from_raw(11)};
    setup.wallets = {{usd, 0.0, ChainMarket::main, WalletRights::minter}};
    setup.first_wake = SimTime{} + seconds(25);
    return testing::acts_once(setup, [kind, usd](AgentContext& context) {
        if (kind == ChainCallKind::swap) {
            ChainCall call;
            call.kind = ChainCallKind::mint;
            call.amount = U256{static_cast<std::uint64_t>(usd * 1e6)};
            context.call(call, 1);
            call.kind = ChainCallKind::swap;
            call.token = ChainToken::synthetic;
            call.amount = U256::max();
            context.call(call, 1);
        } else {
            context.market(InstrumentId::from_raw(11),
                           Side::sell,
                           Lots::from_raw(static_cast<std::int64_t>(usd)),
                           Cause::test);
        }
    });
}

struct Ended {
    double curve = 0.0, uniswap = 0.0;  // prices
    double venue = 0.0;                 // U's book
    double traded = 0.0;
};

Ended run(const Plan& plan, ChainCallKind kind, double usd) {
    std::vector<std::unique_ptr<Agent>> agents = make_agents(plan);
    agents.push_back(seller(kind, usd));
    World world(plan, std::move(agents), draw_population(plan));
    (void)world.run(nullptr);
    const DollarPools& pools = *world.chain()->dollar_pools();
    return {pools.price(DollarPool::curve),
            pools.price(DollarPool::uniswap),
            world.pegged_usd(VenueId::from_raw(3)),
            pools.traded_usd(DollarPool::curve) + pools.traded_usd(DollarPool::uniswap)};
}

// Ten million are sold into a stableswap pool of 60: half a percent at once. Coins that go to the
// venues bring it back to within fees (5 bp of the venue, 1 bp of the pool) and the least gap.
TEST(PoolsWorld, APoolComesBackToTheBooksWhileWithdrawalsAreOpenAndNotWhileTheyAreSlow) {
    Plan plan = pools_plan(minutes(20));
    plan.defi.pools.uniswap = 0.0;
    const Ended open = run(plan, ChainCallKind::swap, 10e6);
    plan.defi.usde.slow_above = 1e-9;
    const Ended slow = run(plan, ChainCallKind::swap, 10e6);
    EXPECT_NEAR(open.curve, open.venue, 0.0012);
    EXPECT_GT(slow.venue - slow.curve, 0.003);
    EXPECT_GT(open.traded, slow.traded + 3e6);
}

// The pools trade with each other in any case: that needs no venue.
TEST(PoolsWorld, PoolsComeTogetherWhileWithdrawalsAreSlow) {
    Plan plan = pools_plan(minutes(5));
    plan.defi.usde.slow_above = 1e-9;
    const Ended slow = run(plan, ChainCallKind::swap, 10e6);
    EXPECT_NEAR(slow.curve, slow.uniswap, 0.0006);
    EXPECT_LT(slow.uniswap, 0.9999);
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

Plan issuer_plan(Duration length) {
    Plan plan = pools_plan(length);
    plan.defi.usde.supply = 500e6;
    plan.defi.usde.hedged_share = 0.28;
    plan.defi.usde.mint_per_block = plan.defi.usde.redeem_per_block = 200e6;
    plan.defi.usde.settle_min = plan.defi.usde.settle_max = seconds(30);
    return plan;
}

// The issuer holds a part of what basis funds would hold: open interest is the same, and each coin
// of the backing has a coin short against it.
TEST(SyntheticIssuer, StartsWithAPartOfTheBasisFundsShorts) {
    Plan plan = issuer_plan(seconds(5));
    World with(plan, make_agents(plan), draw_population(plan));
    plan.defi.usde.hedged_share = 0.0;
    World without(plan, make_agents(plan), draw_population(plan));
    for (const InstrumentPlan& p : plan.instruments) {
        if (p.instrument.kind == InstrumentKind::linear_perp) {
            EXPECT_EQ(with.clearing().open_interest(p.instrument.id),
                      without.clearing().open_interest(p.instrument.id));
        }
    }
    const IssuerHedge hedge = with.issuer_hedge();
    const DefiWorld& chain = *with.chain();
    EXPECT_NEAR(hedge.btc * 100'000.0, -70e6, 0.1e6);
    EXPECT_NEAR(hedge.eth * 4'000.0, -70e6, 0.1e6);
    EXPECT_NEAR(hedge.btc, -chain.hedged_coins(ChainToken::btc), 1e-6);
    EXPECT_NEAR(hedge.eth, -chain.hedged_coins(ChainToken::eth), 1e-6);
    EXPECT_NEAR(chain.issuer_state().backing_usd, 500e6, 1.0);
    EXPECT_EQ(without.issuer_hedge().btc, 0.0);
}

// Buys coins in the stableswap pool and redeems them.
class Redeemer final : public AgentOf<Redeemer> {
  public:
    explicit Redeemer(double usd) : usd_{usd} {}
    [[nodiscard]] AgentSetup setup() const override {
        AgentSetup setup;
        setup.name = "redeemer";
        setup.entity = entity_name(999, 1);
        setup.wallets = {{usd_, 0.0, ChainMarket::main, WalletRights::minter}};
        setup.first_wake = SimTime{} + seconds(1);
        return setup;
    }
    void wake(AgentContext& context) override {
        ChainCall call;
        call.kind = ChainCallKind::swap;
        call.amount = U256::max();
        context.call(call, 1);
        call.kind = ChainCallKind::redeem;
        context.call(call, 2);
    }

  private:
    double usd_;
};

// 25 million of 500 are redeemed: 28 % of them were coins, half bitcoin, so that of 700 bitcoin
// about 35 are sold, and as many shorts bought back.
TEST(SyntheticIssuer, SellsCoinsAndBuysShortsBackAsItIsRedeemed) {
    Plan plan = issuer_plan(minutes(60));
    plan.defi.pools.arbitrage = false;  // nobody mints the pool full again
    std::vector<std::unique_ptr<Agent>> agents = make_agents(plan);
    agents.push_back(std::make_unique<Redeemer>(25e6));
    World world(plan, std::move(agents), draw_population(plan));
    (void)world.run(nullptr);
    const double redeemed = world.chain()->totals().redeemed_usd;
    EXPECT_NEAR(redeemed, 25e6, 0.5e6);
    const double sold = 0.14 * redeemed / 100'000.0;
    EXPECT_NEAR(world.chain()->hedged_coins(ChainToken::btc), 700.0 - sold, 4.0);
    EXPECT_NEAR(world.issuer_hedge().btc, -world.chain()->hedged_coins(ChainToken::btc), 3.0);
    EXPECT_NEAR(world.chain()->issuer_state().value, 1.0, 1e-3);
}

TEST(SyntheticIssuer, TradesOnlyBeyondItsBand) {
    EXPECT_EQ(hedge_order(-100.0, -99.5, 1.0), 0.0);
    EXPECT_EQ(hedge_order(-100.0, -80.0, 1.0), -20.0);
    EXPECT_EQ(hedge_order(-80.0, -100.0, 1.0), 20.0);
}

// Sales into the pools, arbitrage, loops that leave, redemptions: proved after every event.
TEST(PoolsWorld, ConservesEveryTokenAfterEveryEvent) {
    Plan plan = issuer_plan(seconds(60));
    plan.population.rows = 50;
    plan.defi.usde.redeem_per_hour = 400e6;
    plan.defi.lending.borrowed = 100e6;
    plan.defi.lending.rows = 50;
    plan.defi.lending.usd_utilisation = 0.97;  // borrowing costs more than loops earn
    plan.defi.loops.clock = seconds(12);
    plan.defi.loops.time_min = 0.1;
    std::vector<std::unique_ptr<Agent>> agents = make_agents(plan);
    agents.push_back(std::make_unique<Redeemer>(25e6));
    agents.push_back(seller(ChainCallKind::swap, 10e6));
    World world(plan, std::move(agents), draw_population(plan));
    world.set_verify(Verify::every_event);
    (void)world.run(nullptr);
    EXPECT_GT(world.chain()->totals().unwound_usd, 10'000.0);
    EXPECT_GT(world.chain()->dollar_pools()->traded_usd(DollarPool::uniswap), 1e6);
    EXPECT_GT(world.chain()->totals().redeemed_usd, 20e6);
}

// docs/defi-in-the-loop.md: leverage 10, 7 % against 12 %: 38 % of equity a year, 0.73 % in a week,
// so that it sells down to 0.99927.
TEST(Loops, LeaveWhileCarryingCostsMoreThanSelling) {
    LoopView v{10.0, 10.0, 0.07, 0.12, 1.0, 7.0};
    EXPECT_NEAR(loop_least_price(v), 0.99927, 1e-5);
    EXPECT_EQ(loop_wish(v), LoopWish::leave);
    v.price = 0.999;
    EXPECT_EQ(loop_wish(v), LoopWish::stay);
    v.rate = 0.06;
    EXPECT_EQ(loop_wish(v), LoopWish::stay);
    v.leverage = 5.0;
    EXPECT_EQ(loop_wish(v), LoopWish::grow);
}

}  // namespace
}  // namespace margincall
