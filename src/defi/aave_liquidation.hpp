// Liquidation of one collateral against one debt: how much debt may be repaid, what collateral that
// buys, what the protocol keeps, what may not be left over, and what becomes a deficit. Pure; the
// pool (aave_pool.hpp) books it. Source: aave-dao/aave-v3-origin, LiquidationLogic.sol, v3.3 to
// v3.7.
#pragma once

#include "defi/aave_account.hpp"

namespace margincall::aave {

// Relations of the protocol's constants; base units (8 decimals) and wad.
inline constexpr std::uint64_t close_factor_bps = 5'000;
inline constexpr std::uint64_t min_base_for_close_factor = 200'000'000'000;  // 2000 dollars
inline constexpr std::uint64_t min_leftover_base = 100'000'000'000;          // 1000 dollars
static_assert(min_leftover_base * 2 == min_base_for_close_factor);
inline const U256 close_factor_health{950'000'000'000'000'000};  // 0.95
inline const U256 liquidation_health = wad;                      // 1

struct LiquidationRequest {
    Version version = Version::v3_5;
    Holding collateral;    // the borrower's whole balance of the reserve
    Holding debt;          // the borrower's whole debt in the reserve
    U256 debt_to_cover;    // what the liquidator offers, in debt token units
    U256 collateral_base;  // of the whole account
    U256 debt_base;        // of the whole account
    U256 health_factor;
    std::uint64_t close_bps =
        close_factor_bps;                // of the debt while close to health; the protocol's
    std::uint32_t bonus_bps = 0;         // 10'000 + the bonus
    std::uint32_t protocol_fee_bps = 0;  // share of the bonus
};

struct Liquidation {
    U256 debt_max;           // liquidatable at once
    U256 debt_repaid;        // debt token units
    U256 collateral_seized;  // to the liquidator and the protocol together
    U256 collateral_to_liquidator;
    U256 protocol_fee;     // in collateral
    U256 deficit_created;  // debt left with no collateral to cover it
    enum class Remainder : std::uint8_t { some, none } collateral_left = Remainder::some;
};

// All amounts; notes health_factor_not_below_threshold for a healthy account.
[[nodiscard]] Liquidation liquidation_amounts(const LiquidationRequest& request);

// Notes must_not_leave_dust when both debt and collateral stay and one is worth under 1000 dollars.
void require_no_dust(const LiquidationRequest& request, const Liquidation& amounts);

}  // namespace margincall::aave
