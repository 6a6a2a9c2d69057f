// Amounts and prices as the chain's contracts hold them: integers in the token's own scale. The
// only ways between them and the whole units in which agents decide.
#pragma once

#include <algorithm>
#include <cmath>

#include "chain/chain_call.hpp"

namespace margincall::inline chain {

// Raw units of one whole token: 6 decimals for the dollar, 18 for everything else.
[[nodiscard]] constexpr double raw_unit(ChainToken t) {
    return t == ChainToken::usd ? 1e6 : 1e18;
}
// Whole tokens to raw units, down to the millionth; nothing for negative amounts.
[[nodiscard]] inline U256 raw_amount(ChainToken t, double amount) {
    const U256 millionths{static_cast<std::uint64_t>(std::max(0.0, amount * 1e6))};
    return t == ChainToken::usd ? millionths : millionths * power_of_ten(12);
}
[[nodiscard]] inline double whole_amount(ChainToken t, const U256& raw) {
    return raw.to_double() / raw_unit(t);
}

// USD with the 8 decimals of lending oracles, to nearest and at least one unit.
[[nodiscard]] inline U256 oracle_price(double usd) {
    return U256{static_cast<std::uint64_t>(std::llround(std::max(usd, 1e-8) * 1e8))};
}
// The same with the issuer's 18 decimals.
[[nodiscard]] inline U256 value_price(double usd) {
    return oracle_price(usd) * power_of_ten(10);
}
[[nodiscard]] inline double oracle_usd(const U256& raw) {
    return raw.to_double() * 1e-8;
}

}  // namespace margincall::inline chain
