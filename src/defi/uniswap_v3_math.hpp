// Uniswap v3's price arithmetic. Prices are square roots in 64.96 fixed point ("Q96": sqrt(p) x
// 2^96, 160 bits), ticks are powers of 1.0001, fees are millionths ("pips") of the amount in. What
// the pool receives is rounded up and what it gives is rounded down. Source: Uniswap/v3-core,
// contracts/libraries/{TickMath,SqrtPriceMath,SwapMath}.sol; white paper section 6.
#pragma once

#include "defi/uint256.hpp"

namespace margincall::uniswap {

inline constexpr std::int32_t min_tick = -887272;
inline constexpr std::int32_t max_tick = 887272;
inline constexpr std::uint32_t fee_unit = 1'000'000;  // pips in one
[[nodiscard]] const U256& min_sqrt_price();           // at min_tick
[[nodiscard]] const U256& max_sqrt_price();           // at max_tick
[[nodiscard]] const U256& q96();
[[nodiscard]] const U256& q128();

// sqrt(1.0001^tick) x 2^96, rounded up. Notes tick_out_of_range.
[[nodiscard]] U256 sqrt_price_at_tick(std::int32_t tick);
// The greatest tick whose price is not above `sqrt_price`. Notes sqrt_price_out_of_range.
[[nodiscard]] std::int32_t tick_at_sqrt_price(const U256& sqrt_price);
// Token1 per token0 as a double, for display and decisions.
[[nodiscard]] double price_of(const U256& sqrt_price);

// Amount of token0 (token1) between two prices for `liquidity`.
[[nodiscard]] U256 amount0_down(const U256& sqrt_a, const U256& sqrt_b, const U256& liquidity);
[[nodiscard]] U256 amount0_up(const U256& sqrt_a, const U256& sqrt_b, const U256& liquidity);
[[nodiscard]] U256 amount1_down(const U256& sqrt_a, const U256& sqrt_b, const U256& liquidity);
[[nodiscard]] U256 amount1_up(const U256& sqrt_a, const U256& sqrt_b, const U256& liquidity);

enum class Direction : std::uint8_t { zero_for_one, one_for_zero };  // token0 in, or token1 in

// Price after `amount` of the direction's token came in (or went out), against the trader.
[[nodiscard]] U256 next_sqrt_price_from_input(const U256& sqrt_price,
                                              const U256& liquidity,
                                              const U256& amount,
                                              Direction direction);
[[nodiscard]] U256 next_sqrt_price_from_output(const U256& sqrt_price,
                                               const U256& liquidity,
                                               const U256& amount,
                                               Direction direction);

enum class Exact : std::uint8_t { input, output };

// One step of a swap at constant liquidity, up to `target` or until `remaining` is used up.
struct StepRequest {
    U256 sqrt_price;
    U256 target;
    U256 liquidity;
    U256 remaining;
    Exact exact = Exact::input;
    std::uint32_t fee_pips = 0;
};
struct StepResult {
    U256 sqrt_next;
    U256 amount_in;  // without the fee
    U256 amount_out;
    U256 fee;
};
[[nodiscard]] StepResult swap_step(const StepRequest& request);

}  // namespace margincall::uniswap
