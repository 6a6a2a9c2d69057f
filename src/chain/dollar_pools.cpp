#include "chain/dollar_pools.hpp"

#include <cmath>

#include "chain/chain_units.hpp"

namespace margincall::inline chain {

namespace {

constexpr double usd_unit = raw_unit(ChainToken::usd);
constexpr double synthetic_unit = raw_unit(ChainToken::synthetic);
constexpr std::uint64_t admin_share = 5'000'000'000;  // half of the fee, of curve::fee_unit
constexpr double fee_per_bps = 1e6;                   // of curve::fee_unit
constexpr std::uint32_t uniswap_fee_pips = 100;       // 0.01 %
constexpr std::int32_t uniswap_spacing = 1;
constexpr std::int32_t par_tick = -276'325;  // a price of one lies at its upper end
constexpr double measured_usd = 36e6;        // value locked, 10 October 20:45
constexpr int bisection_steps = 30;
constexpr double least_trade = 100.0;  // whole tokens

// Liquidity L (raw, in units of 1e18) of the USDe/USDT pool by ticks below par, measured on 10
// October 2025 when the price passed there; ticks in between have the next lower measured one. What
// lies above par is the mirror image up to what is measured (tick +2) and, so that the value locked
// is the measured one, a band of synthetic dollars from +3 to +22: assumed. The ends are assumed.
struct Range {
    std::int32_t lower, upper;  // ticks from par_tick
    std::uint32_t liquidity;
};
constexpr std::array<Range, 23> measured_ranges = {
    {{-2'000, -58, 1},  {-58, -54, 161},  {-54, -36, 291}, {-36, -23, 299},  {-23, -20, 342},
     {-20, -17, 620},   {-17, -15, 732},  {-15, -13, 858}, {-13, -12, 942},  {-12, -11, 2'162},
     {-11, -10, 2'637}, {-10, -6, 3'236}, {-6, -4, 5'030}, {-4, -3, 12'508}, {-3, -2, 26'969},
     {-2, -1, 37'600},  {-1, 0, 37'621},  {0, 2, 55'152},  {2, 3, 49'223},   {3, 4, 37'600},
     {4, 5, 26'969},    {5, 23, 19'000},  {23, 2'000, 1}}};

[[nodiscard]] double price_of(const U256& sqrt_price) {
    const double root = sqrt_price.to_double() * 0x1p-96;
    return root * root * synthetic_unit / usd_unit;
}
[[nodiscard]] U256 sqrt_price_at(double price) {
    // 2^96 x 1e-6 x the root; in millionths of a millionth, so that nothing is lost that matters.
    const auto root = static_cast<std::uint64_t>(std::llround(std::sqrt(price) * 1e12));
    return (U256{root} << 96) / power_of_ten(18);
}
[[nodiscard]] uniswap::V3Swap v3_swap(ChainToken in, const U256& amount) {
    uniswap::V3Swap swap;
    swap.direction = in == ChainToken::synthetic ? uniswap::Direction::zero_for_one
                                                 : uniswap::Direction::one_for_zero;
    swap.amount = amount;
    return swap;
}
[[nodiscard]] PoolTrade trade_of(ChainToken in, const uniswap::V3SwapPlan& plan) {
    return in == ChainToken::synthetic ? PoolTrade{plan.amount0.magnitude, plan.amount1.magnitude}
                                       : PoolTrade{plan.amount1.magnitude, plan.amount0.magnitude};
}
[[nodiscard]] curve::Pair pair_of(ChainToken in) {
    return in == ChainToken::synthetic ? curve::Pair{0, 1} : curve::Pair{1, 0};
}

}  // namespace

DollarPools::DollarPools(TokenBook& tokens, const Tokens& ids, const DollarPoolsPlan& plan)
    : ids_(ids),
      provider_(tokens.add_holder()),
      fee_(plan.curve_fee_bps * 1e-4),
      paused_(plan.paused) {
    if (plan.curve > 0.0) {
        open_curve(tokens, plan);
    }
    if (plan.uniswap > 0.0) {
        open_uniswap(tokens, plan);
    }
}

void DollarPools::open_curve(TokenBook& tokens, const DollarPoolsPlan& plan) {
    curve::StableSwapPool pool;
    pool.rates = {power_of_ten(18), power_of_ten(30)};
    pool.amp =
        U256{static_cast<std::uint64_t>(std::llround(plan.amplification)) * curve::amp_precision};
    pool.fee = U256{static_cast<std::uint64_t>(std::llround(plan.curve_fee_bps * fee_per_bps))};
    pool.admin_fee = U256{admin_share};
    curve_.emplace(tokens, std::vector{ids_.synthetic, ids_.usd}, ids_.share, std::move(pool));
    const std::vector<U256> amounts = {raw_amount(ChainToken::synthetic, 0.5 * plan.curve),
                                       raw_amount(ChainToken::usd, 0.5 * plan.curve)};
    tokens.mint(provider_, ids_.synthetic, amounts[0]);
    tokens.mint(provider_, ids_.usd, amounts[1]);
    CHECK(curve_->add_liquidity(tokens, provider_, amounts).has_value());
    virtual_price_start_ = virtual_price();
    invariant_now_ = curve::invariant_of(curve_->pool()).to_double() / synthetic_unit;
    if (plan.paused) {
        curve_->set_status(MarketStatus::paused);
    }
}

void DollarPools::open_uniswap(TokenBook& tokens, const DollarPoolsPlan& plan) {
    uniswap::V3Pool pool(uniswap_fee_pips, uniswap_spacing);
    pool.initialise(sqrt_price_at(1.0));
    uniswap_.emplace(tokens, ids_.synthetic, ids_.usd, std::move(pool));
    // More than the ranges take; what is left goes back.
    const std::array all = {
        std::pair{ids_.synthetic, raw_amount(ChainToken::synthetic, 4.0 * plan.uniswap)},
        std::pair{ids_.usd, raw_amount(ChainToken::usd, 4.0 * plan.uniswap)}};
    for (const auto& [token, amount] : all) {
        tokens.mint(provider_, token, amount);
    }
    const auto scale = static_cast<std::uint64_t>(std::llround(plan.uniswap / measured_usd * 1e6));
    for (const Range& r : measured_ranges) {
        const U256 liquidity = U256{r.liquidity} * scale * power_of_ten(12);
        const UniswapMarket::Range ticks{par_tick + r.lower, par_tick + r.upper};
        CHECK(uniswap_->add_liquidity(tokens, provider_, ticks, liquidity).has_value());
    }
    for (const auto& [token, amount] : all) {
        tokens.burn(provider_, token, tokens.balance(provider_, token));
    }
    if (plan.paused) {
        uniswap_->set_status(MarketStatus::paused);
    }
}

bool DollarPools::stands(DollarPool pool) const {
    return pool == DollarPool::curve ? curve_.has_value() : uniswap_.has_value();
}

std::optional<PoolTrade> DollarPools::quote(DollarPool pool,
                                            ChainToken in,
                                            const U256& amount) const {
    if (!stands(pool) || amount.is_zero()) {
        return std::nullopt;
    }
    if (pool == DollarPool::curve) {
        const auto quoted = curve_->quote(pair_of(in), amount);
        return quoted ? std::optional(PoolTrade{amount, quoted->amount_out}) : std::nullopt;
    }
    const auto plan = uniswap_->quote(v3_swap(in, amount));
    return plan ? std::optional(trade_of(in, *plan)) : std::nullopt;
}

std::optional<PoolTrade> DollarPools::exchange(TokenBook& tokens,
                                               DollarPool pool,
                                               HolderId trader,
                                               ChainToken in,
                                               const U256& amount,
                                               const U256& least) {
    std::optional<PoolTrade> quoted = quote(pool, in, amount);
    if (!quoted || quoted->out < least || quoted->out.is_zero()) {
        return std::nullopt;
    }
    if (pool == DollarPool::curve) {
        if (!curve_->exchange(tokens, trader, pair_of(in), amount, least)) {
            return std::nullopt;
        }
        invariant_now_ = curve::invariant_of(curve_->pool()).to_double() / synthetic_unit;
    } else if (!uniswap_->swap(tokens, trader, v3_swap(in, amount))) {
        return std::nullopt;
    }
    const U256& dollars = in == ChainToken::usd ? quoted->in : quoted->out;
    traded_usd_[static_cast<std::size_t>(pool)] += dollars.to_double() / usd_unit;
    return quoted;
}

// The slope of the curve Ann (x + y) + D = Ann D + D^3 / (4 x y), Ann = 2 A.
double DollarPools::curve_price(const U256& synthetic, const U256& usd) const {
    const double x = synthetic.to_double() / synthetic_unit;
    const double y = usd.to_double() / usd_unit;
    const double ann = 2.0 * curve_->pool().amp.to_double() / curve::amp_precision;
    const double d = invariant_now_;
    const double part = d * d * d / (4.0 * x * y);
    return (ann + part / x) / (ann + part / y);
}

double DollarPools::price(DollarPool pool) const {
    if (!stands(pool)) {
        return 0.0;
    }
    if (pool == DollarPool::curve) {
        return curve_price(curve_->pool().balances[0], curve_->pool().balances[1]);
    }
    return price_of(uniswap_->pool().sqrt_price());
}

double DollarPools::fee(DollarPool pool) const {
    return pool == DollarPool::curve ? fee_ : 1e-6 * uniswap_fee_pips;
}

double DollarPools::amount_to(DollarPool pool, ChainToken in, double target, double most) const {
    const bool down = in == ChainToken::synthetic;
    if (!stands(pool) || most <= 0.0 || (down ? price(pool) <= target : price(pool) >= target)) {
        return 0.0;
    }
    if (pool == DollarPool::curve) {
        return curve_amount_to(in, target, most);
    }
    uniswap::V3Swap swap = v3_swap(in, raw_amount(in, most));
    swap.sqrt_price_limit = sqrt_price_at(target);
    const auto plan = uniswap_->quote(swap);
    return plan ? whole_amount(in, trade_of(in, *plan).in) : 0.0;
}

double DollarPools::curve_amount_to(ChainToken in, double target, double most) const {
    const curve::Pair pair = pair_of(in);
    const std::vector<U256>& balances = curve_->pool().balances;
    double low = 0.0;
    double high = most;
    for (int step = 0; step < bisection_steps && high - low > least_trade; ++step) {
        const double amount = 0.5 * (low + high);
        const U256 given = raw_amount(in, amount);
        const auto quoted = curve_->quote(pair, given);
        bool beyond = !quoted;
        if (quoted) {
            const U256 more = balances[pair.in] + given;
            const U256 fewer = balances[pair.out] - quoted->amount_out;
            const double after =
                in == ChainToken::synthetic ? curve_price(more, fewer) : curve_price(fewer, more);
            beyond = in == ChainToken::synthetic ? after < target : after > target;
        }
        (beyond ? high : low) = amount;
    }
    return low;
}

double DollarPools::virtual_price() const {
    return curve::invariant_of(curve_->pool()).to_double() / curve_->pool().supply.to_double();
}

double DollarPools::invariant(DollarPool pool) const {
    return pool == DollarPool::curve && curve_ ? virtual_price() / virtual_price_start_ : 1.0;
}

void DollarPools::check(const TokenBook& tokens) const {
    if (curve_) {
        curve_->check_market(tokens);
    }
}

}  // namespace margincall::inline chain
