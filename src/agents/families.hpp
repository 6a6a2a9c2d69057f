// Numbers of the agent families, for the stable names of their random streams: entity_name(family,
// index). Never renumber: a family that is switched off, added or split must not shift another's
// draws.
#pragma once

#include <cstdint>

namespace margincall::inline agents {

inline constexpr std::uint32_t family_market_maker = 10;
inline constexpr std::uint32_t family_patient = 11;
inline constexpr std::uint32_t family_noise = 12;
inline constexpr std::uint32_t family_arbitrage_cross = 13;
inline constexpr std::uint32_t family_arbitrage_basis = 14;
inline constexpr std::uint32_t family_trend = 15;
inline constexpr std::uint32_t family_panic = 16;
inline constexpr std::uint32_t family_dip_buyer = 17;
inline constexpr std::uint32_t family_programme = 18;
inline constexpr std::uint32_t family_keeper = 20;
inline constexpr std::uint32_t family_attacker = 21;
inline constexpr std::uint32_t family_depositors = 22;
inline constexpr std::uint32_t family_synthetic_maker = 23;
inline constexpr std::uint32_t family_synthetic_trader = 24;
inline constexpr std::uint32_t family_synthetic_arbitrage = 25;
inline constexpr std::uint32_t family_pledge = 26;
inline constexpr std::uint32_t family_pool_arbitrage = 27;
inline constexpr std::uint32_t family_synthetic_issuer = 28;
inline constexpr std::uint32_t family_loops = 29;
inline constexpr std::uint32_t family_portfolio = 30;       // who holds several coins
inline constexpr std::uint32_t family_portfolio_flow = 31;  // what they decide
inline constexpr std::uint32_t family_informed = 32;
inline constexpr std::uint32_t family_fund_flow = 33;
inline constexpr std::uint32_t family_option_hedger = 34;
inline constexpr std::uint32_t family_loans = 35;

}  // namespace margincall::inline agents
