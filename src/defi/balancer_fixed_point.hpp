// Balancer's 18-decimal fixed point: one = 1e18 stands for 1. Every function says which way it
// rounds. Source: balancer-v2-monorepo, pkg/solidity-utils/contracts/math/FixedPoint.sol.
#pragma once

#include "defi/uint256.hpp"

namespace margincall::balancer {

inline const U256 one{1'000'000'000'000'000'000};

[[nodiscard]] inline U256 mul_down(const U256& a, const U256& b) {
    return a * b / one;
}
[[nodiscard]] inline U256 mul_up(const U256& a, const U256& b) {
    const U256 product = a * b;
    return product.is_zero() ? U256{} : (product - 1) / one + 1;
}
[[nodiscard]] inline U256 div_down(const U256& a, const U256& b) {
    return a * one / b;
}
[[nodiscard]] inline U256 div_up(const U256& a, const U256& b) {
    if (b.is_zero()) {
        note_revert(Revert::zero_division);
        return U256{};
    }
    return a.is_zero() ? U256{} : (a * one - 1) / b + 1;
}
// 1 - x, or 0 where x is above 1.
[[nodiscard]] inline U256 complement(const U256& x) {
    return difference_or_zero(one, x);
}

// Pools of the first weighted version take every power through logarithms; later ones compute the
// exponents 1, 2 and 4 by multiplication.
enum class PowerRule : std::uint8_t { general, special_cases };

// x^y rounded down or up by more than the error of the logarithms (1e-14 of the result, plus one).
[[nodiscard]] U256 pow_down(const U256& x,
                            const U256& y,
                            PowerRule rule = PowerRule::special_cases);
[[nodiscard]] U256 pow_up(const U256& x, const U256& y, PowerRule rule = PowerRule::special_cases);

}  // namespace margincall::balancer
