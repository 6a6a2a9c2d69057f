// Uniswap v3 and Curve pools with their tokens.
#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include "base/random.hpp"
#include "defi/amm_market.hpp"
#include "defi/desk.hpp"

namespace margincall::test {
namespace {

using uniswap::Direction;
using uniswap::Exact;
using uniswap::V3Pool;

// --- Uniswap v3 ------------------------------------------------------------------------------

TEST(UniswapTicks, EndsAndOneAreWhereThePaperPutsThem) {
    EXPECT_TRUE(same(uniswap::sqrt_price_at_tick(0), uniswap::q96()));
    EXPECT_TRUE(same(uniswap::sqrt_price_at_tick(uniswap::min_tick), uniswap::min_sqrt_price()));
    EXPECT_TRUE(same(uniswap::sqrt_price_at_tick(uniswap::max_tick), uniswap::max_sqrt_price()));
    const auto tick_of = [](const U256& p) {
        return attempt([&p] { return uniswap::tick_at_sqrt_price(p); });
    };
    EXPECT_EQ(*tick_of(uniswap::min_sqrt_price()), uniswap::min_tick);
    EXPECT_EQ(*tick_of(uniswap::max_sqrt_price() - 1), uniswap::max_tick - 1);
    EXPECT_EQ(tick_of(uniswap::max_sqrt_price()).error(), Revert::sqrt_price_out_of_range);
    EXPECT_EQ(tick_of(uniswap::min_sqrt_price() - 1).error(), Revert::sqrt_price_out_of_range);
    EXPECT_EQ(attempt([] { return uniswap::sqrt_price_at_tick(887'273); }).error(),
              Revert::tick_out_of_range);
}

RC_GTEST_PROP(UniswapTicks, TickOfAPriceIsTheLastOneNotAboveIt, ()) {
    const auto tick = *rc::gen::inRange(uniswap::min_tick, uniswap::max_tick);
    const U256 at = uniswap::sqrt_price_at_tick(tick);
    const U256 next = uniswap::sqrt_price_at_tick(tick + 1);
    RC_ASSERT(at < next);
    RC_ASSERT(uniswap::tick_at_sqrt_price(at) == tick);
    RC_ASSERT(uniswap::tick_at_sqrt_price(next - 1) == tick);
}

RC_GTEST_PROP(UniswapStep, TakesNoMoreThanOfferedAndNeverPassesTheTarget, ()) {
    const auto tick = *rc::gen::inRange(-400'000, 400'000);
    const auto target_tick = *rc::gen::inRange(-400'000, 400'000);
    uniswap::StepRequest r;
    r.sqrt_price = uniswap::sqrt_price_at_tick(tick);
    r.target = uniswap::sqrt_price_at_tick(target_tick);
    r.liquidity = power_of_ten(static_cast<unsigned>(*rc::gen::inRange(1, 24)));
    r.remaining = power_of_ten(static_cast<unsigned>(*rc::gen::inRange(0, 24)));
    r.exact = *rc::gen::element(Exact::input, Exact::output);
    r.fee_pips = *rc::gen::element(100U, 500U, 3'000U, 10'000U);
    const auto step = attempt([&r] { return uniswap::swap_step(r); });
    RC_PRE(step.has_value());
    const U256& low = min(r.sqrt_price, r.target);
    const U256& high = max(r.sqrt_price, r.target);
    RC_ASSERT(step->sqrt_next >= low);
    RC_ASSERT(step->sqrt_next <= high);
    if (r.exact == Exact::input) {
        RC_ASSERT(step->amount_in + step->fee <= r.remaining);
        RC_ASSERT((step->sqrt_next == r.target || step->amount_in + step->fee == r.remaining));
    } else {
        RC_ASSERT(step->amount_out <= r.remaining);
    }
}

struct UniswapWorld {
    Desk desk;
    TokenId usde = desk.token("USDe");
    TokenId usdt = desk.token("USDT", 6);
    HolderId provider = desk.rich({usde, usdt}, U256{100'000'000});
    HolderId trader = desk.rich({usde, usdt}, U256{10'000'000});
    UniswapMarket market{desk.tokens, usde, usdt, make_pool()};

    // One USDe (18 decimals) is one USDT (6 decimals): the raw price is 1e-12, tick -276325.
    static V3Pool make_pool() {
        V3Pool pool{100, 1};
        pool.initialise(uniswap::sqrt_price_at_tick(-276'325));
        return pool;
    }
    uniswap::TokenAmounts add(std::int32_t lower, std::int32_t upper, const U256& liquidity) {
        return *market.add_liquidity(desk.tokens, provider, {lower, upper}, liquidity);
    }
};

// The worked example of docs/uniswap-v3.md.
TEST(UniswapMarket, ASwapWithinOneRangePaysTheCurveAndTheFee) {
    Desk desk;
    const TokenId a = desk.token("A");
    const TokenId b = desk.token("B");
    const HolderId provider = desk.rich({a, b});
    const HolderId trader = desk.rich({a});
    V3Pool pool{3'000, 60};
    pool.initialise(uniswap::q96());
    UniswapMarket market{desk.tokens, a, b, std::move(pool)};
    const auto paid = market.add_liquidity(desk.tokens, provider, {-887'220, 887'220}, 2'000_e18);
    ASSERT_TRUE(paid.has_value());
    EXPECT_LE(distance(paid->amount0, 2'000_e18), 1'000_n);

    const auto plan = market.swap(
        desk.tokens, trader, {Direction::zero_for_one, Exact::input, 10_e18, std::nullopt});

    ASSERT_TRUE(plan.has_value());
    // 9.97 A after the fee; 2000 - 2000^2 / 2009.97 = 9.920546... B.
    EXPECT_EQ(plan->amount0.to_string(), "10000000000000000000");
    EXPECT_EQ(plan->amount1.to_string(), "-9920546077802156251");
    EXPECT_TRUE(same(desk.tokens.balance(trader, b), plan->amount1.magnitude));
}

TEST(UniswapMarket, ProvidersTakeOutWhatIsThereAndNoMore) {
    UniswapWorld w;
    const U256 usde_before = w.desk.tokens.balance(w.provider, w.usde);
    const U256 liquidity = power_of_ten(18);
    w.add(-276'345, -276'305, liquidity);
    w.add(-276'425, -276'225, liquidity / 2);
    Rng rng{5, 1, Purpose::test};
    for (int k = 0; k < 300; ++k) {
        const bool down = rng.chance(0.5);
        const std::uint64_t size = 1 + rng.below(300'000);
        const U256 amount = U256{size} * (down ? power_of_ten(18) : power_of_ten(6));
        (void)w.market.swap(w.desk.tokens,
                            w.trader,
                            {down ? Direction::zero_for_one : Direction::one_for_zero,
                             Exact::input,
                             amount,
                             std::nullopt});
        w.desk.check();
    }
    ASSERT_TRUE(
        w.market.remove_liquidity(w.desk.tokens, w.provider, {-276'345, -276'305}, liquidity)
            .has_value());
    ASSERT_TRUE(
        w.market.remove_liquidity(w.desk.tokens, w.provider, {-276'425, -276'225}, liquidity / 2)
            .has_value());

    // Only the dust of rounding against everybody stays in the pool.
    EXPECT_LT(w.desk.tokens.balance(w.market.holder(), w.usde), U256{2'000'000'000'000'000});
    EXPECT_LT(w.desk.tokens.balance(w.market.holder(), w.usdt), U256{1'000});
    EXPECT_TRUE(w.market.pool().ticks().empty());
    EXPECT_TRUE(w.market.pool().liquidity().is_zero());
    EXPECT_NE(w.desk.tokens.balance(w.provider, w.usde), usde_before);
    EXPECT_EQ(w.market.remove_liquidity(w.desk.tokens, w.provider, {-276'345, -276'305}, liquidity)
                  .error(),
              Revert::insufficient_balance);
}

TEST(UniswapMarket, RevertsLeaveEverythingAsItWas) {
    UniswapWorld w;
    w.add(-276'345, -276'305, power_of_ten(18));
    const HolderId poor = w.desk.holder();
    const std::uint64_t digest = w.desk.ledger.digest();
    const U256 price = w.market.pool().sqrt_price();
    const auto reason = [&](HolderId who, const uniswap::V3Swap& swap) {
        return w.market.swap(w.desk.tokens, who, swap).error();
    };

    EXPECT_EQ(reason(poor, {Direction::zero_for_one, Exact::input, 1_e18, std::nullopt}),
              Revert::insufficient_balance);
    EXPECT_EQ(reason(w.trader, {Direction::zero_for_one, Exact::input, U256{}, std::nullopt}),
              Revert::zero_amount);
    EXPECT_EQ(reason(w.trader, {Direction::zero_for_one, Exact::input, 1_e18, price + 1}),
              Revert::sqrt_price_limit);
    EXPECT_EQ(
        w.market.add_liquidity(w.desk.tokens, poor, {-276'345, -276'305}, power_of_ten(18)).error(),
        Revert::insufficient_balance);
    EXPECT_EQ(w.market.add_liquidity(w.desk.tokens, w.provider, {10, 10}, 1_e18).error(),
              Revert::tick_out_of_range);
    EXPECT_EQ(w.market.add_liquidity(w.desk.tokens, w.provider, {0, 1}, U256{1} << 127).error(),
              Revert::liquidity_overflow);
    w.market.set_status(MarketStatus::paused);
    EXPECT_EQ(reason(w.trader, {Direction::zero_for_one, Exact::input, 1_e18, std::nullopt}),
              Revert::paused);
    EXPECT_EQ(w.desk.ledger.digest(), digest);
    EXPECT_TRUE(same(w.market.pool().sqrt_price(), price));
}

// --- Curve -----------------------------------------------------------------------------------

struct CurveWorld {
    Desk desk;
    TokenId usde = desk.token("USDe");
    TokenId usdc = desk.token("USDC", 6);
    TokenId share = desk.token("USDe/USDC LP");
    HolderId provider = desk.rich({usde, usdc}, U256{100'000'000});
    HolderId trader = desk.rich({usde, usdc}, U256{10'000'000});
    CurveMarket market{desk.tokens, {usde, usdc}, share, make_pool()};

    static curve::StableSwapPool make_pool() {
        curve::StableSwapPool pool;
        pool.rates = {power_of_ten(18), power_of_ten(30)};
        pool.amp = U256{200} * curve::amp_precision;
        pool.fee = U256{1'000'000};            // 0.01 %
        pool.admin_fee = U256{5'000'000'000};  // half of it
        return pool;
    }
    void fill() {
        ASSERT_TRUE(market.add_liquidity(desk.tokens, provider, {50'000'000_e18, 50'000'000_e6})
                        .has_value());
    }
};

// The worked example of docs/curve-stableswap.md: ten million USDe into a pool of 50 + 50 million.
TEST(CurveMarket, ALargeSaleMovesThePriceLittleUntilThePoolIsOneSided) {
    CurveWorld w;
    w.fill();
    EXPECT_TRUE(same(w.market.pool().supply, 100'000'000_e18));

    const auto got = w.market.exchange(w.desk.tokens, w.trader, {0, 1}, 10'000'000_e18, U256{});

    ASSERT_TRUE(got.has_value());
    EXPECT_TRUE(same(*got, U256{9'988'651'729'128}));
    w.market.check_market(w.desk.tokens);
}

TEST(CurveMarket, ChecksItsMinimumAndLeavesStateAlone) {
    CurveWorld w;
    w.fill();
    const std::uint64_t digest = w.desk.ledger.digest();

    EXPECT_EQ(w.market.exchange(w.desk.tokens, w.trader, {0, 1}, 1'000_e18, 1'001_e6).error(),
              Revert::exchange_resulted_in_fewer_coins);
    EXPECT_EQ(w.market.exchange(w.desk.tokens, w.trader, {0, 0}, 1'000_e18, U256{}).error(),
              Revert::cannot_swap_same_token);
    EXPECT_EQ(w.market.exchange(w.desk.tokens, w.desk.holder(), {0, 1}, 1_e18, U256{}).error(),
              Revert::insufficient_balance);
    EXPECT_EQ(w.market.remove_liquidity(w.desk.tokens, w.trader, 1_e18).error(),
              Revert::insufficient_balance);
    EXPECT_EQ(w.desk.ledger.digest(), digest);
}

RC_GTEST_PROP(CurveStableSwap, NoExchangeLowersTheInvariant, ()) {
    curve::StableSwapPool pool = CurveWorld::make_pool();
    pool.fee = U256{*rc::gen::element<std::uint64_t>(0, 1'000'000, 4'000'000)};
    pool.admin_fee = U256{};
    pool.fee_order = *rc::gen::element(curve::FeeOrder::scaled_units, curve::FeeOrder::token_units);
    pool.amp = U256{*rc::gen::inRange<std::uint64_t>(1, 5'000)} * curve::amp_precision;
    pool.balances = {U256{*rc::gen::inRange<std::uint64_t>(1, 1'000'000)} * power_of_ten(20),
                     U256{*rc::gen::inRange<std::uint64_t>(1, 1'000'000)} * power_of_ten(8)};
    const std::size_t in = *rc::gen::inRange<std::size_t>(0, 2);
    const U256 amount =
        pool.balances[in] * *rc::gen::inRange<std::uint64_t>(1, 3'000'000) / 1'000'000;
    const auto around = attempt([&] {
        const U256 before = curve::invariant_of(pool);
        const auto quote = curve::quote_exchange(pool, {in, 1 - in}, amount);
        curve::apply_exchange(pool, {in, 1 - in}, amount, quote);
        return std::pair{before, curve::invariant_of(pool)};
    });
    RC_PRE(around.has_value());
    // Newton's steps stop within one unit of D on either side.
    RC_ASSERT(around->second + 2 >= around->first);
}

TEST(CurveMarket, LiquidityCannotBeUsedToTakeFromOthers) {
    CurveWorld w;
    w.fill();
    const HolderId second = w.desk.rich({w.usde, w.usdc}, U256{1'000'000});
    ASSERT_TRUE(w.market.add_liquidity(w.desk.tokens, second, {1'000'000_e18, U256{}}).has_value());
    const U256 shares = w.desk.tokens.balance(second, w.share);

    const auto out = w.market.remove_liquidity(w.desk.tokens, second, shares);

    ASSERT_TRUE(out.has_value());
    const U256 value = (*out)[0] + (*out)[1] * power_of_ten(12);
    EXPECT_LT(value, 1'000'000_e18);
    EXPECT_GT(value, 999'900_e18);
    w.market.check_market(w.desk.tokens);
}

}  // namespace
}  // namespace margincall::test
