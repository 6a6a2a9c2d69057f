#include "defi/aave_interest.hpp"

namespace margincall::aave {

namespace {

[[nodiscard]] U256 bps_to_ray(std::uint32_t bps) {
    return ray / percentage_factor * bps;
}

}  // namespace

U256 linear_interest(const U256& rate, std::uint64_t dt_s) {
    return ray + rate * dt_s / seconds_per_year;
}

U256 compounded_interest(const U256& rate, std::uint64_t dt_s) {
    if (dt_s == 0) {
        return ray;
    }
    const U256 x = rate * dt_s / seconds_per_year;
    return ray + x + ray_mul_half_up(x, x / 2 + ray_mul_half_up(x, x / 6));
}

U256 grown_supply(const U256& index, const U256& rate, std::uint64_t dt_s) {
    return ray_mul_half_up(linear_interest(rate, dt_s), index);
}
U256 grown_debt(const U256& index, const U256& rate, std::uint64_t dt_s) {
    return ray_mul_half_up(compounded_interest(rate, dt_s), index);
}

Rates interest_rates(const RateSlopes& slopes,
                     const ReserveUse& use,
                     std::uint32_t reserve_factor_bps) {
    Rates rates;
    rates.variable_borrow = bps_to_ray(slopes.base_bps);
    if (use.total_debt.is_zero()) {
        return rates;
    }
    const U256 optimal = bps_to_ray(slopes.optimal_bps);
    const U256 slope1 = bps_to_ray(slopes.slope1_bps);
    const U256 backed = use.available_liquidity + use.total_debt;
    rates.borrow_usage = ray_div_half_up(use.total_debt, backed);
    const U256 supply_usage = ray_div_half_up(use.total_debt, backed + use.deficit);
    if (rates.borrow_usage > optimal) {
        const U256 excess = ray_div_half_up(rates.borrow_usage - optimal, ray - optimal);
        rates.variable_borrow += slope1 + ray_mul_half_up(bps_to_ray(slopes.slope2_bps), excess);
    } else {
        rates.variable_borrow +=
            ray_div_half_up(ray_mul_half_up(slope1, rates.borrow_usage), optimal);
    }
    rates.liquidity = percent_mul_half_up(ray_mul_half_up(rates.variable_borrow, supply_usage),
                                          U256{percentage_factor - reserve_factor_bps});
    return rates;
}

}  // namespace margincall::aave
