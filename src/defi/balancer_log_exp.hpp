// Powers, exponentials and logarithms in integers, as Balancer's weighted pools take them: 18
// decimals in and out, every division toward zero. Source of constants and order of operations:
// balancer-v2-monorepo, pkg/solidity-utils/contracts/math/LogExpMath.sol.
#pragma once

#include "defi/uint256.hpp"

namespace margincall::balancer {

// x^y for x, y >= 0 with 18 decimals.
// Notes x_out_of_bounds (x >= 2^255), y_out_of_bounds (y >= 2^254 / 1e20) or product_out_of_bounds
// (y ln x outside -41 .. 130).
[[nodiscard]] U256 power(const U256& x, const U256& y);

// e^x for -41 <= x <= 130. Notes invalid_exponent outside.
[[nodiscard]] U256 exponential(const SignedU256& x);

// ln a. Notes out_of_bounds for a = 0.
[[nodiscard]] SignedU256 natural_log(const U256& a);

// ln a with 36 decimals for 0.9 < a < 1.1, as powers near 1 take it. Notes out_of_bounds outside.
[[nodiscard]] SignedU256 natural_log_near_one(const U256& a);

// log of `argument` to `base`, toward zero.
[[nodiscard]] SignedU256 log_to_base(const U256& argument, const U256& base);

}  // namespace margincall::balancer
