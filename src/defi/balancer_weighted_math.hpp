// Weighted pools: prod b_i^w_i stays constant over a swap without fee. Balances are 18-decimal
// upscaled amounts, weights sum to `one`. Source: balancer-v2-monorepo, pkg/pool-weighted,
// WeightedMath.sol.
#pragma once

#include <span>

#include "defi/balancer_fixed_point.hpp"

namespace margincall::balancer {

struct WeightedSide {
    U256 balance;
    U256 weight;
};

// prod b_i^w_i, rounded down.
[[nodiscard]] U256 weighted_invariant(std::span<const U256> balances,
                                      std::span<const U256> weights);

// Amount given out for `amount_in`, rounded down. Notes max_in_ratio above 30 % of the balance.
[[nodiscard]] U256 weighted_out_given_in(const WeightedSide& in,
                                         const WeightedSide& out,
                                         const U256& amount_in,
                                         PowerRule rule = PowerRule::special_cases);
// Amount taken in for `amount_out`, rounded up. Notes max_out_ratio above 30 % of the balance.
[[nodiscard]] U256 weighted_in_given_out(const WeightedSide& in,
                                         const WeightedSide& out,
                                         const U256& amount_out,
                                         PowerRule rule = PowerRule::special_cases);

// One token in for exactly `bpt_out` of the pool's shares, fee included, rounded up. Notes
// max_out_bpt_for_token_in when the supply would more than triple.
[[nodiscard]] U256 weighted_token_in_for_bpt_out(const WeightedSide& token,
                                                 const U256& bpt_out,
                                                 const U256& supply,
                                                 const U256& swap_fee);
// One token out for exactly `bpt_in` shares, fee included, rounded down. Notes
// min_bpt_in_for_token_out when less than 70 % of the supply would be left.
[[nodiscard]] U256 weighted_token_out_for_bpt_in(const WeightedSide& token,
                                                 const U256& bpt_in,
                                                 const U256& supply,
                                                 const U256& swap_fee);

}  // namespace margincall::balancer
