// Balancer V2 mathematics, pools and the vault.
#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <cmath>

#include "base/random.hpp"
#include "defi/balancer_log_exp.hpp"
#include "defi/balancer_vault.hpp"
#include "defi/desk.hpp"

namespace margincall::test {
namespace {

using namespace balancer;

TEST(BalancerFixedPoint, RoundsAsItsNamesSay) {
    EXPECT_TRUE(same(mul_down(U256{1}, U256{1}), U256{}));
    EXPECT_TRUE(same(mul_up(U256{1}, U256{1}), U256{1}));
    EXPECT_TRUE(same(mul_up(U256{}, one), U256{}));
    EXPECT_TRUE(same(div_down(U256{2}, U256{3}), 666666666666666666_u256));
    EXPECT_TRUE(same(div_up(U256{2}, U256{3}), 666666666666666667_u256));
    EXPECT_TRUE(same(complement(one + U256{1}), U256{}));
    EXPECT_EQ(attempt([] { return div_up(U256{}, U256{}); }).error(), Revert::zero_division);
}

TEST(BalancerLogExp, ReversesItselfAndNamesItsBounds) {
    const SignedU256 ln2 = natural_log(one * 2);
    EXPECT_TRUE(same(ln2.magnitude, U256{693'147'180'559'945'309}));
    const U256 back = exponential(ln2);
    EXPECT_LE(distance(back, one * 2), U256{10});
    EXPECT_TRUE(natural_log(one / 2).is_negative());
    EXPECT_EQ(attempt([] { return natural_log(U256{}).magnitude; }).error(), Revert::out_of_bounds);
    EXPECT_EQ(attempt([] { return power(U256{1} << 255, one); }).error(), Revert::x_out_of_bounds);
    EXPECT_EQ(attempt([] { return power(one, U256{1} << 200); }).error(), Revert::y_out_of_bounds);
    EXPECT_EQ(attempt([] { return power(one * 1'000'000, one * 100); }).error(),
              Revert::product_out_of_bounds);
    EXPECT_EQ(attempt([] { return exponential({one * 131}); }).error(), Revert::invalid_exponent);
}

RC_GTEST_PROP(BalancerLogExp, RoundedPowersBracketTheRealOne, ()) {
    const double x = static_cast<double>(*rc::gen::inRange(1, 4'000'000)) / 1e6;
    const double y = static_cast<double>(*rc::gen::inRange(1, 5'000'000)) / 1e6;
    const auto fixed = [](double v) {
        return U256{static_cast<std::uint64_t>(v * 1e6)} * 1'000'000'000'000;
    };
    const double low = pow_down(fixed(x), fixed(y)).to_double() / 1e18;
    const double high = pow_up(fixed(x), fixed(y)).to_double() / 1e18;
    const double real = std::pow(fixed(x).to_double() / 1e18, fixed(y).to_double() / 1e18);
    RC_ASSERT(low <= real * (1 + 1e-12));
    RC_ASSERT(high >= real * (1 - 1e-12));
    RC_ASSERT(high - low <= real * 3e-14 + 1e-15);
}

// --- swaps and the invariant -----------------------------------------------------------------

ComposableStablePool two_token_pool(const U256& balance0, const U256& balance1) {
    ComposableStablePool pool;
    pool.balances = {balance0, balance1, U256{}};
    pool.bpt = 2;
    pool.scaling_factors = {one, U256{1'058'132'408'689'971'699}, one};
    pool.rates.resize(3);
    pool.amp = U256{200} * amp_precision;
    pool.swap_fee = U256{100'000'000'000'000};
    return pool;
}

// A swap between the two tokens: the fall of D it caused, nothing if the quote or a D does not
// exist.
std::optional<std::pair<U256, U256>> invariants_around(ComposableStablePool pool,
                                                       const SwapRequest& request) {
    const auto both = attempt([&] {
        const U256 before = invariant_of(pool);
        (void)swap(pool, request);
        return std::pair{before, invariant_of(pool)};
    });
    return both ? std::optional(*both) : std::nullopt;
}

U256 log_uniform(int low_digits, int high_digits) {
    const auto digits = static_cast<unsigned>(*rc::gen::inRange(low_digits, high_digits + 1));
    const auto mantissa = *rc::gen::inRange<std::uint64_t>(1'000, 10'000);
    return power_of_ten(digits) * mantissa / 1'000;
}

RC_GTEST_PROP(BalancerStable, NoSwapLowersTheInvariantUnderCorrectedRounding, ()) {
    ComposableStablePool pool = two_token_pool(log_uniform(1, 24), log_uniform(1, 24));
    pool.amount_out_scaling = AmountOutScaling::up;
    const std::size_t out = *rc::gen::inRange<std::size_t>(0, 2);
    const auto kind = *rc::gen::element(SwapKind::given_in, SwapKind::given_out);
    const U256& balance = pool.balances[kind == SwapKind::given_out ? out : 1 - out];
    const U256 amount =
        max(balance * *rc::gen::inRange<std::uint64_t>(1, 1'000'000) / 1'000'000, U256{1});
    const auto around = invariants_around(pool, {kind, 1 - out, out, amount});
    RC_PRE(around.has_value());
    // Newton's steps stop within one unit of D on either side.
    RC_ASSERT(around->second + 2 >= around->first);
}

TEST(BalancerStable, ASearchFindsTheFallUnderTheDeployedRounding) {
    Rng rng{20251103, 1, Purpose::test};
    int fell = 0;
    double worst = 0.0;
    int fixed_fell = 0;
    for (int k = 0; k < 20'000; ++k) {
        const auto draw = [&rng] {
            return power_of_ten(static_cast<unsigned>(1 + rng.below(11))) *
                   (1'000 + rng.below(9'000)) / 1'000;
        };
        ComposableStablePool pool = two_token_pool(draw(), 2_n + draw() / 1'000'000'000);
        const U256 amount = max(pool.balances[1] * (1 + rng.below(999)) / 1'000, 1_n);
        for (const AmountOutScaling scaling : {AmountOutScaling::down, AmountOutScaling::up}) {
            pool.amount_out_scaling = scaling;
            const auto around = invariants_around(pool, {SwapKind::given_out, 0, 1, amount});
            if (!around || around->second + 2 >= around->first) {
                continue;
            }
            if (scaling == AmountOutScaling::up) {
                ++fixed_fell;
                continue;
            }
            ++fell;
            worst = std::max(worst, 1.0 - around->second.to_double() / around->first.to_double());
        }
    }

    EXPECT_GT(fell, 100);
    EXPECT_GT(worst, 0.1);
    EXPECT_EQ(fixed_fell, 0);
}

RC_GTEST_PROP(BalancerWeighted, NoSwapLowersTheInvariantBeyondTheErrorOfPowers, ()) {
    WeightedPool pool;
    pool.balances = {log_uniform(15, 26), log_uniform(15, 26)};
    const U256 weight = U256{*rc::gen::inRange<std::uint64_t>(5, 96)} * power_of_ten(16);
    pool.weights = {weight, one - weight};
    pool.scaling_factors = {U256{1}, U256{1}};
    pool.swap_fee = U256{1'000'000'000'000};
    const std::size_t out = *rc::gen::inRange<std::size_t>(0, 2);
    const auto kind = *rc::gen::element(SwapKind::given_in, SwapKind::given_out);
    const U256& balance = pool.balances[kind == SwapKind::given_out ? out : 1 - out];
    const U256 amount = balance * *rc::gen::inRange<std::uint64_t>(1, 290'000) / 1'000'000;
    const U256 before = invariant_of(pool);
    const auto done = attempt([&] { return swap(pool, {kind, 1 - out, out, amount}).in; });
    RC_PRE(done.has_value());
    const U256 after = invariant_of(pool);
    // Each factor of the invariant is rounded down by up to 1e-14 of itself plus one (pow_down).
    RC_ASSERT(after + after / 10'000'000'000'000 + 4 >= before);
}

// --- vault -----------------------------------------------------------------------------------

struct VaultWorld {
    Desk desk;
    Vault vault{desk.tokens};
    TokenId weth = desk.token("WETH");
    TokenId usdc = desk.token("USDC", 6);
    TokenId usdt = desk.token("USDT", 6);
    TokenId stable_bpt = desk.token("stable BPT");
    TokenId weighted_bpt = desk.token("weighted BPT");
    HolderId provider = desk.rich({weth, usdc, usdt}, U256{100'000'000});
    HolderId trader = desk.rich({weth, usdc});
    PoolId weighted;
    PoolId stable;

    VaultWorld() {
        WeightedPool w;
        w.balances = {1'000_e18, 4'000'000_e6};
        w.weights = {one / 2, one / 2};
        w.scaling_factors = {U256{1}, power_of_ten(12)};
        w.swap_fee = U256{3'000'000'000'000'000};
        weighted = *vault.add_weighted(desk.tokens, provider, w, {weth, usdc}, weighted_bpt);
        ComposableStablePool s;
        s.balances = {5'000'000_e6, U256{}, 5'000'000_e6};
        s.bpt = 1;
        s.scaling_factors = {power_of_ten(30), one, power_of_ten(30)};
        s.rates.resize(3);
        s.amp = U256{500} * amp_precision;
        s.swap_fee = U256{100'000'000'000'000};
        s.protocol_swap_fee = one / 2;
        s.amount_out_scaling = AmountOutScaling::up;
        stable = *vault.add_composable(desk.tokens, provider, s, {usdc, stable_bpt, usdt});
    }
};

TEST(BalancerVault, AMultiHopBatchMovesOnlyTheEnds) {
    VaultWorld w;
    Batch batch;
    batch.assets = {w.weth, w.usdc, w.usdt};
    batch.steps = {{w.weighted, 0, 1, 1_e18}, {w.stable, 1, 2, U256{}}};
    batch.funds = {w.trader, Purse::wallet, w.trader, Purse::wallet};

    const auto deltas = w.vault.batch_swap(w.desk.tokens, batch);

    ASSERT_TRUE(deltas.has_value());
    EXPECT_EQ((*deltas)[0].to_string(), "1000000000000000000");
    EXPECT_EQ((*deltas)[1].to_string(), "0");
    EXPECT_TRUE((*deltas)[2].is_negative());
    EXPECT_TRUE(same(w.desk.tokens.balance(w.trader, w.usdt), (*deltas)[2].magnitude));
    // 4000 dollars less 0.3 % fee, 0.1 % impact and 0.01 % of the second pool.
    EXPECT_GT((*deltas)[2].magnitude, 3'982_e6);
    EXPECT_LT((*deltas)[2].magnitude, 3'985_e6);
    w.vault.check_vault(w.desk.tokens);
}

TEST(BalancerVault, RejectsInTheOrderOfItsChecks) {
    VaultWorld w;
    Batch batch;
    batch.assets = {w.weth, w.usdc, w.usdt};
    batch.funds = {w.trader, Purse::wallet, w.trader, Purse::wallet};
    const std::uint64_t digest = w.desk.ledger.digest();
    const auto reason = [&](std::vector<BatchStep> steps) {
        batch.steps = std::move(steps);
        return w.vault.batch_swap(w.desk.tokens, batch).error();
    };

    EXPECT_EQ(reason({{w.weighted, 0, 1, U256{}}}), Revert::unknown_amount_in_first_swap);
    EXPECT_EQ(reason({{w.weighted, 0, 1, 1_e18}, {w.stable, 2, 1, U256{}}}),
              Revert::malconstructed_multihop_swap);
    EXPECT_EQ(reason({{w.weighted, 0, 0, 1_e18}}), Revert::cannot_swap_same_token);
    EXPECT_EQ(reason({{w.weighted, 0, 2, 1_e18}}), Revert::out_of_bounds);
    EXPECT_EQ(reason({{w.weighted, 0, 1, 400_e18}}), Revert::max_in_ratio);
    batch.limits = {SignedU256{1_e18}, SignedU256{U256{}}, SignedU256{U256{}}};
    EXPECT_EQ(reason({{w.weighted, 0, 1, 2_e18}}), Revert::swap_limit);
    batch.limits.clear();
    EXPECT_EQ(reason({{w.stable, 2, 1, 1_e6}}), Revert::insufficient_balance);
    w.vault.set_status(w.weighted, PoolStatus::paused);
    EXPECT_EQ(reason({{w.weighted, 0, 1, 1_e18}}), Revert::paused);
    EXPECT_EQ(w.desk.ledger.digest(), digest);
}

TEST(BalancerVault, JoinsAndExitsGiveNoMoreThanTheyTook) {
    VaultWorld w;
    const U256 usdc_before = w.desk.tokens.balance(w.trader, w.usdc);
    // A join by swap against BPT, and out again.
    Batch join;
    join.assets = {w.usdc, w.stable_bpt};
    join.steps = {{w.stable, 0, 1, 10'000_e6}};
    join.funds = {w.trader, Purse::wallet, w.trader, Purse::wallet};
    ASSERT_TRUE(w.vault.batch_swap(w.desk.tokens, join).has_value());
    const U256 shares = w.desk.tokens.balance(w.trader, w.stable_bpt);
    EXPECT_GT(shares, 9'990_e18);
    Batch leave = join;
    leave.steps = {{w.stable, 1, 0, shares}};
    ASSERT_TRUE(w.vault.batch_swap(w.desk.tokens, leave).has_value());
    EXPECT_LT(w.desk.tokens.balance(w.trader, w.usdc), usdc_before);
    EXPECT_GT(w.desk.tokens.balance(w.vault.fee_collector(), w.stable_bpt), U256{});

    // The same through the weighted pool's single-token calls.
    const auto paid = w.vault.join_for_bpt(w.desk.tokens, w.weighted, w.trader, 0, 100_e18);
    ASSERT_TRUE(paid.has_value());
    const auto got = w.vault.exit_for_token(w.desk.tokens, w.weighted, w.trader, 0, 100_e18);
    ASSERT_TRUE(got.has_value());
    EXPECT_LT(*got, *paid);

    // The provider leaves with its part of everything.
    for (const PoolId pool : {w.weighted, w.stable}) {
        const U256 all = w.desk.tokens.balance(w.provider, w.vault.bpt_of(pool));
        ASSERT_TRUE(w.vault.exit_proportional(w.desk.tokens, pool, w.provider, all).has_value());
    }
    EXPECT_EQ(w.vault.exit_proportional(w.desk.tokens, w.stable, w.provider, 1_e18).error(),
              Revert::insufficient_balance);
    w.vault.check_vault(w.desk.tokens);
}

TEST(BalancerVault, ARateRaisesTheValueOfThePoolsShares) {
    VaultWorld w;
    const U256 before = bpt_rate(w.vault.composable(w.stable));

    w.vault.set_rate(w.desk.tokens, w.stable, 2, one + one / 100);

    EXPECT_GT(bpt_rate(w.vault.composable(w.stable)), before + before / 300);
}

// Random batches: whatever happens, the vault's books are the ledger's and every token sums to
// zero.
TEST(BalancerVault, RandomBatchesKeepTheBooks) {
    int done = 0;
    for (std::uint64_t seed = 1; seed <= 20; ++seed) {
        SCOPED_TRACE(seed);
        VaultWorld w;
        Rng rng{seed, 7, Purpose::test};
        const std::vector<TokenId> assets = {w.weth, w.usdc, w.usdt, w.stable_bpt, w.weighted_bpt};
        for (int k = 0; k < 60; ++k) {
            Batch batch;
            batch.kind = rng.chance(0.5) ? SwapKind::given_in : SwapKind::given_out;
            batch.assets = assets;
            batch.funds = {w.trader,
                           rng.chance(0.5) ? Purse::wallet : Purse::internal,
                           w.trader,
                           rng.chance(0.5) ? Purse::wallet : Purse::internal};
            for (std::uint64_t s = 0; s <= rng.below(4); ++s) {
                // Mostly two tokens of the pool; now and then one that it does not have.
                const bool stable = rng.chance(0.5);
                const std::vector<std::size_t> in_pool =
                    stable ? std::vector<std::size_t>{1, 3, 2} : std::vector<std::size_t>{0, 1};
                const auto pick = [&] {
                    return rng.chance(0.05) ? rng.below(5) : in_pool[rng.below(in_pool.size())];
                };
                const std::size_t in = pick();
                const std::size_t out = pick();
                const std::size_t given = batch.kind == SwapKind::given_in ? in : out;
                const bool six_decimals = given == 1 || given == 2;
                const U256 amount =
                    power_of_ten(static_cast<unsigned>(rng.below(six_decimals ? 11 : 22))) *
                    rng.below(10);
                batch.steps.push_back({stable ? w.stable : w.weighted, in, out, amount});
            }
            const std::uint64_t digest = w.desk.ledger.digest();
            const auto deltas = w.vault.batch_swap(w.desk.tokens, batch);
            if (deltas) {
                ++done;
            } else {
                ASSERT_EQ(w.desk.ledger.digest(), digest);
            }
            w.vault.check_vault(w.desk.tokens);
            check_ledger(w.desk.ledger);
        }
    }
    EXPECT_GT(done, 100);
    EXPECT_LT(done, 1'200);
}

}  // namespace
}  // namespace margincall::test
