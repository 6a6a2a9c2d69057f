// A Balancer V2 weighted pool: balances, weights and fee, and what a swap does to them. The vault
// (balancer_vault.hpp) moves the tokens; this computes how many.
#pragma once

#include <vector>

#include "defi/balancer_swap.hpp"
#include "defi/balancer_weighted_math.hpp"

namespace margincall::balancer {

struct WeightedPool {
    std::vector<U256> balances;         // raw units of each token
    std::vector<U256> weights;          // sum to `one`
    std::vector<U256> scaling_factors;  // 10^(18 - decimals), plain integers
    U256 swap_fee;                      // 18 decimals
    U256 total_supply;                  // of BPT
    PowerRule power_rule = PowerRule::special_cases;
};

// The amount of the side that is not given, in raw units. Changes nothing.
[[nodiscard]] U256 quote_swap(const WeightedPool& pool, const SwapRequest& request);
// Quotes and books the swap into the balances. A noted revert leaves them half done: work on a
// copy.
[[nodiscard]] SwapAmounts swap(WeightedPool& pool, const SwapRequest& request);

// Shares for every token in proportion, rounded down: amounts in raw units, booked as swap does.
[[nodiscard]] std::vector<U256> take_proportional_exit(WeightedPool& pool, const U256& bpt_in);

[[nodiscard]] U256 invariant_of(const WeightedPool& pool);

}  // namespace margincall::balancer
