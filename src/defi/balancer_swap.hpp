// Words shared by the Balancer pools: what is swapped, and which side of the amount is given.
#pragma once

#include <cstddef>
#include <cstdint>

#include "defi/balancer_fixed_point.hpp"

namespace margincall::balancer {

enum class SwapKind : std::uint8_t { given_in, given_out };

// One swap inside a pool; indices count the pool's registered tokens.
struct SwapRequest {
    SwapKind kind = SwapKind::given_in;
    std::size_t in = 0;
    std::size_t out = 0;
    U256 amount;  // of the given side, in raw token units
};

// Both sides of a swap in raw token units; one is the request's amount.
struct SwapAmounts {
    U256 in;
    U256 out;
};

[[nodiscard]] inline SwapAmounts amounts_of(const SwapRequest& request, const U256& calculated) {
    return request.kind == SwapKind::given_in ? SwapAmounts{request.amount, calculated}
                                              : SwapAmounts{calculated, request.amount};
}

// Vault balances are 112-bit.
inline void require_vault_balance(const U256& balance) {
    require(balance.fits_bits(112), Revert::amount_overflow);
}

// The swap fee is a share of the amount in: taken first when that is given, added last when not.
[[nodiscard]] inline U256 subtract_fee(const U256& amount, const U256& fee) {
    return amount - mul_up(amount, fee);
}
[[nodiscard]] inline U256 add_fee(const U256& amount, const U256& fee) {
    return div_up(amount, complement(fee));
}

}  // namespace margincall::balancer
