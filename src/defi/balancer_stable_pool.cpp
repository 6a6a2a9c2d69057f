#include "defi/balancer_stable_pool.hpp"

namespace margincall::balancer {

namespace {

// Index among the tokens without BPT.
[[nodiscard]] std::size_t skip_bpt(const ComposableStablePool& pool, std::size_t index) {
    return index < pool.bpt ? index : index - 1;
}

enum class RollBack : std::uint8_t { all_rates, exempt_rates };

// Scaled balances with rates set back to those of the last join or exit.
[[nodiscard]] std::vector<U256> rolled_back(const ComposableStablePool& pool,
                                            std::vector<U256> balances,
                                            RollBack which) {
    for (std::size_t i = 0; i < pool.rates.size(); ++i) {
        const TokenRate& r = pool.rates[i];
        if (i == pool.bpt ||
            (which == RollBack::exempt_rates && r.yield_fee == YieldFee::charged)) {
            continue;
        }
        U256& balance = balances[skip_bpt(pool, i)];
        balance = balance * r.old_rate / r.rate;
    }
    return balances;
}

// The protocol's share of the supply for what the pool earned since the last join or exit.
[[nodiscard]] U256 due_share(const ComposableStablePool& pool, std::span<const U256> balances) {
    const std::vector<U256> current(balances.begin(), balances.end());
    const U256& amp = pool.last_join_exit_amp;
    const U256 with_swap_fees =
        stable_invariant(amp, rolled_back(pool, current, RollBack::all_rates));
    const U256 with_charged_yield =
        stable_invariant(amp, rolled_back(pool, current, RollBack::exempt_rates));
    const U256 total = stable_invariant(amp, current);
    const U256 swap_growth = difference_or_zero(with_swap_fees, pool.last_join_exit_invariant);
    const U256 yield_growth = difference_or_zero(with_charged_yield, with_swap_fees);
    return mul_down(div_down(swap_growth, total), pool.protocol_swap_fee) +
           mul_down(div_down(yield_growth, total), pool.protocol_yield_fee);
}

// BPT to mint so that the receiver owns `share` of the supply after the minting.
[[nodiscard]] U256 bpt_for_ownership(const U256& supply, const U256& share) {
    return supply * share / complement(share);
}

void mint_protocol_fee(ComposableStablePool& pool, const U256& bpt) {
    pool.total_supply += bpt;
    pool.protocol_fees_minted += bpt;
}

[[nodiscard]] U256 due_protocol_fee(const ComposableStablePool& pool,
                                    std::span<const U256> balances) {
    if (pool.fee_state == FeeState::recovery) {
        return U256{};
    }
    return bpt_for_ownership(virtual_supply(pool), due_share(pool, balances));
}

void measure_growth_from_here(ComposableStablePool& pool, const U256& invariant) {
    pool.last_join_exit_amp = pool.amp;
    pool.last_join_exit_invariant = invariant;
    for (TokenRate& r : pool.rates) {
        r.old_rate = r.rate;
    }
}

// After a join or exit: the part of its own fee that is the protocol's, and the state from which
// the next growth is measured.
void settle_join_exit(ComposableStablePool& pool,
                      std::span<const U256> balances,
                      const U256& invariant_before,
                      const U256& supply_before,
                      const U256& supply_after) {
    const U256 invariant_after = stable_invariant(pool.amp, balances);
    const U256 without_fee = mul_down(invariant_before, div_down(supply_after, supply_before));
    if (pool.fee_state == FeeState::active && invariant_after > without_fee) {
        const U256 share =
            (invariant_after - without_fee) * pool.protocol_swap_fee / invariant_after;
        mint_protocol_fee(pool, bpt_for_ownership(supply_after, share));
    }
    measure_growth_from_here(pool, invariant_after);
}

// A swap against BPT is a join or exit with one token; sizes are scaled. Changes `balances`.
struct JoinExit {
    U256 result;  // scaled amount of the side that is not given
    U256 supply;  // after it
};

[[nodiscard]] JoinExit join_one(const SwapRequest& request,
                                const StablePoolValue& value,
                                std::vector<U256>& balances,
                                std::size_t token,
                                const U256& amount) {
    if (request.kind == SwapKind::given_in) {
        std::vector<U256> amounts(balances.size());
        amounts[token] = amount;
        const U256 bpt = stable_bpt_out_for_tokens_in(value, amounts);
        balances[token] += amount;
        return {bpt, value.supply + bpt};
    }
    const U256 amount_in = stable_token_in_for_bpt_out(value, token, amount);
    balances[token] += amount_in;
    return {amount_in, value.supply + amount};
}

[[nodiscard]] JoinExit exit_one(const SwapRequest& request,
                                const StablePoolValue& value,
                                std::vector<U256>& balances,
                                std::size_t token,
                                const U256& amount) {
    if (request.kind == SwapKind::given_in) {
        const U256 amount_out = stable_token_out_for_bpt_in(value, token, amount);
        balances[token] -= amount_out;
        return {amount_out, value.supply - amount};
    }
    std::vector<U256> amounts(balances.size());
    amounts[token] = amount;
    const U256 bpt = stable_bpt_in_for_tokens_out(value, amounts);
    balances[token] -= amount;
    return {bpt, value.supply - bpt};
}

[[nodiscard]] U256 upscaled_amount(const ComposableStablePool& pool, const SwapRequest& request) {
    if (request.kind == SwapKind::given_in) {
        return mul_down(request.amount, pool.scaling_factors[request.in]);
    }
    // The one place of the flaw: what is given out must not be scaled down
    // (docs/balancer-incident.md).
    const U256 factor = pool.scaling_factors[request.out];
    return pool.amount_out_scaling == AmountOutScaling::down ? mul_down(request.amount, factor)
                                                             : mul_up(request.amount, factor);
}

[[nodiscard]] U256 downscaled_result(const ComposableStablePool& pool,
                                     const SwapRequest& request,
                                     const U256& result) {
    return request.kind == SwapKind::given_in ? div_down(result, pool.scaling_factors[request.out])
                                              : div_up(result, pool.scaling_factors[request.in]);
}

[[nodiscard]] U256 swap_with_bpt(ComposableStablePool& pool, const SwapRequest& request) {
    std::vector<U256> balances = scaled_balances(pool);
    const U256 amount = upscaled_amount(pool, request);
    const U256 fee = due_protocol_fee(pool, balances);
    mint_protocol_fee(pool, fee);
    const U256 supply = virtual_supply(pool);
    const U256 invariant = stable_invariant(pool.amp, balances);
    const std::vector<U256> before = balances;
    const StablePoolValue value{pool.amp, before, supply, invariant, pool.swap_fee};
    const JoinExit done =
        request.out == pool.bpt
            ? join_one(request, value, balances, skip_bpt(pool, request.in), amount)
            : exit_one(request, value, balances, skip_bpt(pool, request.out), amount);
    settle_join_exit(pool, balances, invariant, supply, done.supply);
    return downscaled_result(pool, request, done.result);
}

}  // namespace

U256 virtual_supply(const ComposableStablePool& pool) {
    return pool.total_supply - pool.balances[pool.bpt];
}

std::vector<U256> scaled_balances(const ComposableStablePool& pool) {
    std::vector<U256> scaled;
    scaled.reserve(pool.balances.size() - 1);
    for (std::size_t i = 0; i < pool.balances.size(); ++i) {
        if (i != pool.bpt) {
            scaled.push_back(mul_down(pool.balances[i], pool.scaling_factors[i]));
        }
    }
    return scaled;
}

U256 effective_supply(const ComposableStablePool& pool) {
    return virtual_supply(pool) + due_protocol_fee(pool, scaled_balances(pool));
}

U256 invariant_of(const ComposableStablePool& pool) {
    return stable_invariant(pool.amp, scaled_balances(pool));
}

U256 bpt_rate(const ComposableStablePool& pool) {
    return div_down(invariant_of(pool), effective_supply(pool));
}

RegularSwapQuote quote_regular_swap(const ComposableStablePool& pool, const SwapRequest& request) {
    SwapRequest net = request;
    if (request.kind == SwapKind::given_in) {
        net.amount = subtract_fee(request.amount, pool.swap_fee);
    }
    const std::vector<U256> balances = scaled_balances(pool);
    const U256 invariant = stable_invariant(pool.amp, balances);
    const StablePair pair{skip_bpt(pool, request.in), skip_bpt(pool, request.out)};
    RegularSwapQuote quote;
    quote.scaled_amount = upscaled_amount(pool, net);
    if (request.kind == SwapKind::given_in) {
        quote.scaled_result =
            stable_out_given_in(pool.amp, balances, pair, quote.scaled_amount, invariant);
        quote.amount = downscaled_result(pool, request, quote.scaled_result);
    } else {
        quote.scaled_result =
            stable_in_given_out(pool.amp, balances, pair, quote.scaled_amount, invariant);
        quote.amount =
            add_fee(downscaled_result(pool, request, quote.scaled_result), pool.swap_fee);
    }
    return quote;
}

// NOLINTNEXTLINE(bugprone-exception-escape): see the header.
SwapAmounts swap(ComposableStablePool& pool, const SwapRequest& request) {
    require(request.in != request.out, Revert::cannot_swap_same_token);
    const bool with_bpt = request.in == pool.bpt || request.out == pool.bpt;
    if (pending_revert() != Revert::none) {
        return {};
    }
    const U256 calculated =
        with_bpt ? swap_with_bpt(pool, request) : quote_regular_swap(pool, request).amount;
    SwapAmounts amounts = amounts_of(request, calculated);
    pool.balances[request.in] += amounts.in;
    pool.balances[request.out] -= amounts.out;
    require_vault_balance(pool.balances[request.in]);
    return amounts;
}

std::vector<U256> take_proportional_exit(ComposableStablePool& pool, const U256& bpt_in) {
    mint_protocol_fee(pool, due_protocol_fee(pool, scaled_balances(pool)));
    const U256 share = div_down(bpt_in, virtual_supply(pool));
    std::vector<U256> amounts(pool.balances.size());
    for (std::size_t i = 0; i < pool.balances.size(); ++i) {
        if (i != pool.bpt) {
            amounts[i] = mul_down(pool.balances[i], share);
            pool.balances[i] -= amounts[i];
        }
    }
    pool.total_supply -= bpt_in;
    measure_growth_from_here(pool, invariant_of(pool));
    return amounts;
}

U256 initialise(ComposableStablePool& pool) {
    const U256 pre_minted = U256{1} << 111;
    pool.balances[pool.bpt] = U256{};
    const U256 supply = invariant_of(pool);
    require(supply > minimum_bpt, Revert::minimum_bpt);
    pool.total_supply = pre_minted;
    pool.balances[pool.bpt] = pre_minted - supply;
    measure_growth_from_here(pool, supply);
    return supply - minimum_bpt;
}

void update_rate(ComposableStablePool& pool,
                 std::size_t token,
                 unsigned decimals,
                 const U256& rate) {
    CHECK(decimals <= 18);
    pool.rates[token].rate = rate;
    pool.scaling_factors[token] = mul_down(one * power_of_ten(18 - decimals), rate);
}

U256 quote_swap(const LegacyStablePool& pool, const SwapRequest& request) {
    std::vector<U256> balances;
    for (std::size_t i = 0; i < pool.balances.size(); ++i) {
        balances.push_back(mul_down(pool.balances[i], pool.scaling_factors[i]));
    }
    const U256 invariant = legacy_stable_invariant(pool.amp, balances, Round::up);
    const StablePair pair{request.in, request.out};
    if (request.kind == SwapKind::given_in) {
        const U256 amount =
            mul_down(subtract_fee(request.amount, pool.swap_fee), pool.scaling_factors[request.in]);
        return div_down(stable_out_given_in(pool.amp, balances, pair, amount, invariant),
                        pool.scaling_factors[request.out]);
    }
    const U256 amount = mul_down(request.amount, pool.scaling_factors[request.out]);
    return add_fee(div_up(stable_in_given_out(pool.amp, balances, pair, amount, invariant),
                          pool.scaling_factors[request.in]),
                   pool.swap_fee);
}

}  // namespace margincall::balancer
