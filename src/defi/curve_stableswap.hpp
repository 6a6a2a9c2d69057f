// Curve's plain StableSwap pool: exchange, proportional and one-sided liquidity. Balances are raw
// token units; `rates` scale them to 18 decimals (10^(36 - decimals), times an oracle's rate where
// the token has one). Fees are in 1e-10 of the amount given out. Source: curvefi/curve-contract,
// pool-templates/base/SwapTemplateBase.vy; the same rules on chain quotes in the vectors.
#pragma once

#include <vector>

#include "defi/stableswap.hpp"

namespace margincall::curve {

inline constexpr std::uint64_t amp_precision = 100;
inline constexpr std::uint64_t fee_unit = 10'000'000'000;  // 1e10
inline const U256 rate_unit{1'000'000'000'000'000'000};

// Newer pools take the fee in the scaled amount, older ones after converting to token units; the
// results can differ by one unit.
enum class FeeOrder : std::uint8_t { scaled_units, token_units };

struct StableSwapPool {
    std::vector<U256> balances;
    std::vector<U256> rates;
    U256 amp;        // A times amp_precision
    U256 fee;        // of fee_unit
    U256 admin_fee;  // share of the fee, of fee_unit, that leaves the pool
    FeeOrder fee_order = FeeOrder::scaled_units;
    U256 supply;  // of the pool's share token
};

struct Pair {
    std::size_t in = 0;
    std::size_t out = 0;
};

struct ExchangeQuote {
    U256 amount_out;  // to the trader, raw units
    U256 admin_fee;   // leaves the pool to its owners, raw units of the same token
};

[[nodiscard]] U256 invariant_of(const StableSwapPool& pool);
// The scaled balance of `pair.out` when that of `pair.in` is `x` and D stays.
[[nodiscard]] U256 balance_given_invariant(const StableSwapPool& pool,
                                           Pair pair,
                                           const U256& x,
                                           const U256& invariant);
// What `amount_in` raw units bring.
[[nodiscard]] ExchangeQuote quote_exchange(const StableSwapPool& pool,
                                           Pair pair,
                                           const U256& amount_in);
// Books a quote into the balances.
void apply_exchange(StableSwapPool& pool,
                    Pair pair,
                    const U256& amount_in,
                    const ExchangeQuote& quote);

// Liquidity: shares for tokens, and tokens for shares in proportion.
struct AddLiquidityQuote {
    U256 shares;
    std::vector<U256> balances_after;
    std::vector<U256> admin_fees;  // per token, leave the pool
};
[[nodiscard]] AddLiquidityQuote quote_add_liquidity(const StableSwapPool& pool,
                                                    const std::vector<U256>& amounts);
[[nodiscard]] std::vector<U256> quote_remove_liquidity(const StableSwapPool& pool,
                                                       const U256& shares);

}  // namespace margincall::curve
