#include "defi/balancer_weighted_pool.hpp"

namespace margincall::balancer {

U256 quote_swap(const WeightedPool& pool, const SwapRequest& request) {
    const auto upscaled = [&pool](std::size_t i, const U256& amount) {
        return amount * pool.scaling_factors[i];
    };
    const WeightedSide in{upscaled(request.in, pool.balances[request.in]),
                          pool.weights[request.in]};
    const WeightedSide out{upscaled(request.out, pool.balances[request.out]),
                           pool.weights[request.out]};
    if (request.kind == SwapKind::given_in) {
        const U256 amount = upscaled(request.in, subtract_fee(request.amount, pool.swap_fee));
        return weighted_out_given_in(in, out, amount, pool.power_rule) /
               pool.scaling_factors[request.out];
    }
    const U256 amount = upscaled(request.out, request.amount);
    const U256 amount_in = divide_up(weighted_in_given_out(in, out, amount, pool.power_rule),
                                     pool.scaling_factors[request.in]);
    return add_fee(amount_in, pool.swap_fee);
}

SwapAmounts swap(WeightedPool& pool, const SwapRequest& request) {
    const SwapAmounts amounts = amounts_of(request, quote_swap(pool, request));
    pool.balances[request.in] += amounts.in;
    pool.balances[request.out] -= amounts.out;
    require_vault_balance(pool.balances[request.in]);
    return amounts;
}

std::vector<U256> take_proportional_exit(WeightedPool& pool, const U256& bpt_in) {
    const U256 share = div_down(bpt_in, pool.total_supply);
    std::vector<U256> amounts;
    for (U256& balance : pool.balances) {
        amounts.push_back(mul_down(balance, share));
        balance -= amounts.back();
    }
    pool.total_supply -= bpt_in;
    return amounts;
}

U256 invariant_of(const WeightedPool& pool) {
    std::vector<U256> upscaled;
    for (std::size_t i = 0; i < pool.balances.size(); ++i) {
        upscaled.push_back(pool.balances[i] * pool.scaling_factors[i]);
    }
    return weighted_invariant(upscaled, pool.weights);
}

}  // namespace margincall::balancer
