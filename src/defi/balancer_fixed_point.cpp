#include "defi/balancer_fixed_point.hpp"

#include "defi/balancer_log_exp.hpp"

namespace margincall::balancer {

namespace {

[[nodiscard]] U256 power_error(const U256& raw) {
    return mul_up(raw, U256{10'000}) + 1;
}

}  // namespace

U256 pow_down(const U256& x, const U256& y, PowerRule rule) {
    if (rule == PowerRule::special_cases) {
        if (y == one) {
            return x;
        }
        if (y == one * 2) {
            return mul_down(x, x);
        }
        if (y == one * 4) {
            const U256 square = mul_down(x, x);
            return mul_down(square, square);
        }
    }
    const U256 raw = power(x, y);
    return difference_or_zero(raw, power_error(raw));
}

U256 pow_up(const U256& x, const U256& y, PowerRule rule) {
    if (rule == PowerRule::special_cases) {
        if (y == one) {
            return x;
        }
        if (y == one * 2) {
            return mul_up(x, x);
        }
        if (y == one * 4) {
            const U256 square = mul_up(x, x);
            return mul_up(square, square);
        }
    }
    const U256 raw = power(x, y);
    return raw + power_error(raw);
}

}  // namespace margincall::balancer
