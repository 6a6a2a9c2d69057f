// Interest of a lending reserve: simple for suppliers, compounded by a third-order series for
// borrowers, rates on two slopes over utilisation. Source: aave-dao/aave-v3-origin, MathUtils.sol
// and DefaultReserveInterestRateStrategyV2.sol.
#pragma once

#include "defi/aave_math.hpp"

namespace margincall::aave {

// 1 + rate x dt, in ray; rate per year in ray, dt in seconds.
[[nodiscard]] U256 linear_interest(const U256& rate, std::uint64_t dt_s);
// 1 + x + x^2/2 + x^3/6 with x = rate x dt, in ray.
[[nodiscard]] U256 compounded_interest(const U256& rate, std::uint64_t dt_s);

// The indices after dt seconds: what a scaled balance of 1 has grown to.
[[nodiscard]] U256 grown_supply(const U256& index, const U256& rate, std::uint64_t dt_s);
[[nodiscard]] U256 grown_debt(const U256& index, const U256& rate, std::uint64_t dt_s);

struct RateSlopes {
    std::uint32_t optimal_bps = 0;  // utilisation of the kink, 1 % to 99 %
    std::uint32_t base_bps = 0;
    std::uint32_t slope1_bps = 0;  // added up to the kink
    std::uint32_t slope2_bps = 0;  // added from the kink to full use
};

struct ReserveUse {
    U256 total_debt;
    U256 available_liquidity;
    U256 deficit;  // supply without backing: lowers the supply rate only
};

struct Rates {
    U256 liquidity;        // paid to suppliers, per year in ray
    U256 variable_borrow;  // paid by borrowers
    U256 borrow_usage;     // utilisation in ray
};

[[nodiscard]] Rates interest_rates(const RateSlopes& slopes,
                                   const ReserveUse& use,
                                   std::uint32_t reserve_factor_bps);

}  // namespace margincall::aave
