// Aave's fixed point: wad 1e18, ray 1e27, percentages in basis points. The rounding is in each
// name. Source: aave-dao/aave-v3-origin,
// src/contracts/protocol/libraries/math/{WadRayMath,PercentageMath, MathUtils}.sol.
#pragma once

#include "defi/uint256.hpp"

namespace margincall::aave {

inline const U256 wad{1'000'000'000'000'000'000};
inline const U256 ray = 1'000'000'000'000'000'000'000'000'000_u256;
inline constexpr std::uint64_t percentage_factor = 10'000;  // basis points in 100 %
inline constexpr std::uint64_t seconds_per_year = 31'536'000;

[[nodiscard]] inline U256 wad_mul_half_up(const U256& a, const U256& b) {
    return (a * b + wad / 2) / wad;
}
[[nodiscard]] inline U256 wad_div_half_up(const U256& a, const U256& b) {
    return (a * wad + b / 2) / b;
}
[[nodiscard]] inline U256 ray_mul_half_up(const U256& a, const U256& b) {
    return (a * b + ray / 2) / ray;
}
[[nodiscard]] inline U256 ray_mul_floor(const U256& a, const U256& b) {
    return a * b / ray;
}
[[nodiscard]] inline U256 ray_mul_ceil(const U256& a, const U256& b) {
    return divide_up(a * b, ray);
}
[[nodiscard]] inline U256 ray_div_half_up(const U256& a, const U256& b) {
    return (a * ray + b / 2) / b;
}
[[nodiscard]] inline U256 ray_div_floor(const U256& a, const U256& b) {
    return a * ray / b;
}
[[nodiscard]] inline U256 ray_div_ceil(const U256& a, const U256& b) {
    return divide_up(a * ray, b);
}
[[nodiscard]] inline U256 ray_to_wad_half_up(const U256& a) {
    return (a + 500'000'000) / 1'000'000'000;
}
[[nodiscard]] inline U256 wad_to_ray(const U256& a) {
    return a * 1'000'000'000;
}
[[nodiscard]] inline U256 percent_mul_half_up(const U256& a, const U256& bps) {
    return (a * bps + percentage_factor / 2) / percentage_factor;
}
[[nodiscard]] inline U256 percent_mul_floor(const U256& a, const U256& bps) {
    return a * bps / percentage_factor;
}
[[nodiscard]] inline U256 percent_mul_ceil(const U256& a, const U256& bps) {
    return divide_up(a * bps, U256{percentage_factor});
}
[[nodiscard]] inline U256 percent_div_half_up(const U256& a, const U256& bps) {
    return (a * percentage_factor + bps / 2) / bps;
}
[[nodiscard]] inline U256 percent_div_floor(const U256& a, const U256& bps) {
    return a * percentage_factor / bps;
}
[[nodiscard]] inline U256 percent_div_ceil(const U256& a, const U256& bps) {
    return divide_up(a * percentage_factor, bps);
}
// a * b / c rounded up; the product must fit 256 bits, as on chain.
[[nodiscard]] inline U256 mul_div_ceil(const U256& a, const U256& b, const U256& c) {
    return divide_up(a * b, c);
}

// The protocol's versions; each later one changed roundings (docs/aave-v3.md).
enum class Version : std::uint8_t { v3_3, v3_4, v3_5, v3_6, v3_7 };

// Until v3.4 scaled balances round half up; since v3.5 against the user.
[[nodiscard]] constexpr bool rounds_for_protocol(Version version) {
    return version >= Version::v3_5;
}

// Between token amounts and scaled balances (amount / index).
[[nodiscard]] inline U256 scaled_supply(Version v, const U256& amount, const U256& index) {
    return rounds_for_protocol(v) ? ray_div_floor(amount, index) : ray_div_half_up(amount, index);
}
[[nodiscard]] inline U256 scaled_withdrawal(Version v, const U256& amount, const U256& index) {
    return rounds_for_protocol(v) ? ray_div_ceil(amount, index) : ray_div_half_up(amount, index);
}
[[nodiscard]] inline U256 supply_balance(Version v, const U256& scaled, const U256& index) {
    return rounds_for_protocol(v) ? ray_mul_floor(scaled, index) : ray_mul_half_up(scaled, index);
}
[[nodiscard]] inline U256 scaled_borrowing(Version v, const U256& amount, const U256& index) {
    return rounds_for_protocol(v) ? ray_div_ceil(amount, index) : ray_div_half_up(amount, index);
}
[[nodiscard]] inline U256 scaled_repayment(Version v, const U256& amount, const U256& index) {
    return rounds_for_protocol(v) ? ray_div_floor(amount, index) : ray_div_half_up(amount, index);
}
[[nodiscard]] inline U256 debt_balance(Version v, const U256& scaled, const U256& index) {
    return rounds_for_protocol(v) ? ray_mul_ceil(scaled, index) : ray_mul_half_up(scaled, index);
}

}  // namespace margincall::aave
