#include "defi/curve_stableswap.hpp"

namespace margincall::curve {

namespace {

[[nodiscard]] std::vector<U256> scaled(const std::vector<U256>& balances,
                                       const std::vector<U256>& rates) {
    std::vector<U256> out;
    for (std::size_t i = 0; i < balances.size(); ++i) {
        out.push_back(balances[i] * rates[i] / rate_unit);
    }
    return out;
}

[[nodiscard]] U256 invariant_at(const StableSwapPool& pool, const std::vector<U256>& balances) {
    return stableswap_invariant(pool.amp, amp_precision, scaled(balances, pool.rates));
}

}  // namespace

U256 invariant_of(const StableSwapPool& pool) {
    return invariant_at(pool, pool.balances);
}

U256 balance_given_invariant(const StableSwapPool& pool,
                             Pair pair,
                             const U256& x,
                             const U256& invariant) {
    const std::vector<U256> xp = scaled(pool.balances, pool.rates);
    const std::uint64_t n = xp.size();
    const U256 amp_total = pool.amp * n;
    U256 c = invariant;
    U256 sum;
    for (std::size_t k = 0; k < n; ++k) {
        if (k == pair.out) {
            continue;
        }
        const U256& balance = k == pair.in ? x : xp[k];
        sum += balance;
        c = c * invariant / (balance * n);
    }
    c = c * invariant * amp_precision / (amp_total * n);
    const U256 b = sum + invariant * amp_precision / amp_total;
    U256 y = invariant;
    for (int step = 0; step < stableswap_steps_max; ++step) {
        const U256 previous = y;
        y = (y * y + c) / (y * 2 + b - invariant);
        if (pending_revert() != Revert::none) {
            return U256{};
        }
        if (distance(y, previous) <= 1) {
            return y;
        }
    }
    note_revert(Revert::stable_get_balance_didnt_converge);
    return U256{};
}

ExchangeQuote quote_exchange(const StableSwapPool& pool, Pair pair, const U256& amount_in) {
    const std::vector<U256> xp = scaled(pool.balances, pool.rates);
    const U256 x = xp[pair.in] + amount_in * pool.rates[pair.in] / rate_unit;
    const U256 y = balance_given_invariant(pool, pair, x, invariant_of(pool));
    const U256 gross = xp[pair.out] - y - 1;
    const U256& rate = pool.rates[pair.out];
    if (pool.fee_order == FeeOrder::scaled_units) {
        const U256 fee = gross * pool.fee / fee_unit;
        return {(gross - fee) * rate_unit / rate,
                fee * pool.admin_fee / fee_unit * rate_unit / rate};
    }
    const U256 gross_tokens = gross * rate_unit / rate;
    const U256 fee = gross_tokens * pool.fee / fee_unit;
    return {gross_tokens - fee, fee * pool.admin_fee / fee_unit};
}

void apply_exchange(StableSwapPool& pool,
                    Pair pair,
                    const U256& amount_in,
                    const ExchangeQuote& quote) {
    pool.balances[pair.in] += amount_in;
    pool.balances[pair.out] -= quote.amount_out + quote.admin_fee;
}

AddLiquidityQuote quote_add_liquidity(const StableSwapPool& pool,
                                      const std::vector<U256>& amounts) {
    const std::uint64_t n = pool.balances.size();
    AddLiquidityQuote quote;
    std::vector<U256> with_amounts;
    for (std::size_t i = 0; i < n; ++i) {
        with_amounts.push_back(pool.balances[i] + amounts[i]);
    }
    quote.balances_after = with_amounts;
    quote.admin_fees.resize(n);
    const U256 invariant_after = invariant_at(pool, with_amounts);
    if (pool.supply.is_zero()) {
        quote.shares = invariant_after;
        return quote;
    }
    const U256 invariant_before = invariant_of(pool);
    require(invariant_after > invariant_before, Revert::invalid_amount);
    // What lies away from proportion pays about half the fee of the swap it spares.
    const U256 fee = pool.fee * n / (4 * (n - 1));
    std::vector<U256> less_fees = with_amounts;
    for (std::size_t i = 0; i < n; ++i) {
        const U256 ideal = invariant_after * pool.balances[i] / invariant_before;
        const U256 charged = fee * distance(ideal, with_amounts[i]) / fee_unit;
        quote.admin_fees[i] = charged * pool.admin_fee / fee_unit;
        quote.balances_after[i] = with_amounts[i] - quote.admin_fees[i];
        less_fees[i] -= charged;
    }
    const U256 gained = invariant_at(pool, less_fees) - invariant_before;
    quote.shares = pool.supply * gained / invariant_before;
    return quote;
}

std::vector<U256> quote_remove_liquidity(const StableSwapPool& pool, const U256& shares) {
    std::vector<U256> amounts;
    require(shares <= pool.supply, Revert::insufficient_balance);
    for (const U256& balance : pool.balances) {
        amounts.push_back(balance * shares / pool.supply);
    }
    return amounts;
}

}  // namespace margincall::curve
