#include "defi/balancer_weighted_math.hpp"

namespace margincall::balancer {

namespace {

const U256 max_trade_ratio{300'000'000'000'000'000};        // 30 %
const U256 max_invariant_ratio{3'000'000'000'000'000'000};  // 300 %
const U256 min_invariant_ratio{700'000'000'000'000'000};    // 70 %

}  // namespace

U256 weighted_invariant(std::span<const U256> balances, std::span<const U256> weights) {
    U256 invariant = one;
    for (std::size_t i = 0; i < balances.size(); ++i) {
        invariant = mul_down(invariant, pow_down(balances[i], weights[i]));
    }
    return invariant;
}

U256 weighted_out_given_in(const WeightedSide& in,
                           const WeightedSide& out,
                           const U256& amount_in,
                           PowerRule rule) {
    require(amount_in <= mul_down(in.balance, max_trade_ratio), Revert::max_in_ratio);
    const U256 base = div_up(in.balance, in.balance + amount_in);
    const U256 exponent = div_down(in.weight, out.weight);
    return mul_down(out.balance, complement(pow_up(base, exponent, rule)));
}

U256 weighted_in_given_out(const WeightedSide& in,
                           const WeightedSide& out,
                           const U256& amount_out,
                           PowerRule rule) {
    require(amount_out <= mul_down(out.balance, max_trade_ratio), Revert::max_out_ratio);
    const U256 base = div_up(out.balance, out.balance - amount_out);
    const U256 exponent = div_up(out.weight, in.weight);
    return mul_up(in.balance, pow_up(base, exponent, rule) - one);
}

U256 weighted_token_in_for_bpt_out(const WeightedSide& token,
                                   const U256& bpt_out,
                                   const U256& supply,
                                   const U256& swap_fee) {
    const U256 ratio = div_up(supply + bpt_out, supply);
    require(ratio <= max_invariant_ratio, Revert::max_out_bpt_for_token_in);
    const U256 balance_ratio = pow_up(ratio, div_up(one, token.weight));
    const U256 without_fee = mul_up(token.balance, balance_ratio - one);
    const U256 taxable = mul_up(without_fee, complement(token.weight));
    return without_fee - taxable + div_up(taxable, complement(swap_fee));
}

U256 weighted_token_out_for_bpt_in(const WeightedSide& token,
                                   const U256& bpt_in,
                                   const U256& supply,
                                   const U256& swap_fee) {
    const U256 ratio = div_up(supply - bpt_in, supply);
    require(ratio >= min_invariant_ratio, Revert::min_bpt_in_for_token_out);
    const U256 balance_ratio = pow_up(ratio, div_down(one, token.weight));
    const U256 without_fee = mul_down(token.balance, complement(balance_ratio));
    const U256 taxable = mul_up(without_fee, complement(token.weight));
    return without_fee - taxable + mul_up(taxable, complement(swap_fee));
}

}  // namespace margincall::balancer
