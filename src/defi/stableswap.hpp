// The invariant that Curve's and Balancer's stable pools share: D of n balances x_i with
// amplification A solves
//     A n^n sum(x) + D = A n^n D + D^(n+1) / (n^n prod(x)).
// Source: Curve whitepaper "StableSwap" (2019); both protocols iterate it with the same divisions,
// and differ only in the precision in which A is stored.
#pragma once

#include <span>

#include "defi/uint256.hpp"

namespace margincall::inline defi {

inline constexpr int stableswap_steps_max = 255;

// D by Newton steps, every division rounded down. `amp` is A times `amp_precision`. Notes
// stable_invariant_didnt_converge after 255 steps.
[[nodiscard]] U256 stableswap_invariant(const U256& amp,
                                        std::uint64_t amp_precision,
                                        std::span<const U256> balances);

}  // namespace margincall::inline defi
