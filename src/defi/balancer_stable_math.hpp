// Stable pools: D of the StableSwap curve (stableswap.hpp) is found by Newton steps in integers,
// and so is the one balance that keeps D. Balances are 18-decimal upscaled amounts; amp is A times
// amp_precision. Source: balancer-v2-monorepo, pkg/pool-stable, StableMath.sol.
#pragma once

#include <span>

#include "defi/balancer_fixed_point.hpp"

namespace margincall::balancer {

inline constexpr std::uint64_t amp_precision = 1000;

// D, each division rounded down. Notes stable_invariant_didnt_converge after 255 steps.
[[nodiscard]] U256 stable_invariant(const U256& amp, std::span<const U256> balances);

// D of the pools before the composable ones, with the named rounding of the whole.
[[nodiscard]] U256 legacy_stable_invariant(const U256& amp,
                                           std::span<const U256> balances,
                                           Round round);

// The balance of token `index` that gives `invariant` with all others as they are (its own present
// balance enters only the solution's start). Rounded up.
[[nodiscard]] U256 stable_balance_given_invariant(const U256& amp,
                                                  std::span<const U256> balances,
                                                  const U256& invariant,
                                                  std::size_t index);

// A swap between two tokens of the pool: sizes that belong together, so that none is mixed up.
struct StablePair {
    std::size_t in = 0;
    std::size_t out = 0;
};
[[nodiscard]] U256 stable_out_given_in(const U256& amp,
                                       std::span<const U256> balances,
                                       StablePair pair,
                                       const U256& amount_in,
                                       const U256& invariant);
[[nodiscard]] U256 stable_in_given_out(const U256& amp,
                                       std::span<const U256> balances,
                                       StablePair pair,
                                       const U256& amount_out,
                                       const U256& invariant);

// What joins and exits need beside the amounts.
struct StablePoolValue {
    U256 amp;
    std::span<const U256> balances;
    U256 supply;     // of the pool's shares (BPT)
    U256 invariant;  // D of `balances`
    U256 swap_fee;   // 18 decimals; taken of the part that is not proportional
};
[[nodiscard]] U256 stable_bpt_out_for_tokens_in(const StablePoolValue& pool,
                                                std::span<const U256> amounts_in);
[[nodiscard]] U256 stable_token_in_for_bpt_out(const StablePoolValue& pool,
                                               std::size_t index,
                                               const U256& bpt_out);
[[nodiscard]] U256 stable_bpt_in_for_tokens_out(const StablePoolValue& pool,
                                                std::span<const U256> amounts_out);
[[nodiscard]] U256 stable_token_out_for_bpt_in(const StablePoolValue& pool,
                                               std::size_t index,
                                               const U256& bpt_in);

}  // namespace margincall::balancer
