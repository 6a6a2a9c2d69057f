#include "defi/uniswap_v3_math.hpp"

#include <array>
#include <cmath>
#include <cstdlib>

namespace margincall::uniswap {

namespace {

[[nodiscard]] bool is_price(const U256& value) {
    return value.fits_bits(160);
}

// 2^128 / sqrt(1.0001)^(2^k), the factors that a tick's bits multiply.
[[nodiscard]] const std::array<U256, 20>& tick_factors() {
    static const std::array<U256, 20> factors = {
        0xfffcb933bd6fad37aa2d162d1a594001_u256, 0xfff97272373d413259a46990580e213a_u256,
        0xfff2e50f5f656932ef12357cf3c7fdcc_u256, 0xffe5caca7e10e4e61c3624eaa0941cd0_u256,
        0xffcb9843d60f6159c9db58835c926644_u256, 0xff973b41fa98c081472e6896dfb254c0_u256,
        0xff2ea16466c96a3843ec78b326b52861_u256, 0xfe5dee046a99a2a811c461f1969c3053_u256,
        0xfcbe86c7900a88aedcffc83b479aa3a4_u256, 0xf987a7253ac413176f2b074cf7815e54_u256,
        0xf3392b0822b70005940c7a398e4b70f3_u256, 0xe7159475a2c29b7443b29c7fa6e889d9_u256,
        0xd097f3bdfd2022b8845ad8f792aa5825_u256, 0xa9f746462d870fdf8a65dc1f90e061e5_u256,
        0x70d869a156d2a1b890bb3df62baf32f7_u256, 0x31be135f97d08fd981231505542fcfa6_u256,
        0x9aa508b5b7a84e1c677de54f3e99bc9_u256,  0x5d6af8dedb81196699c329225ee604_u256,
        0x2216e584f5fa1ea926041bedfe98_u256,     0x48a170391f7dc42444e8fa2_u256};
    return factors;
}

// The larger minus the smaller price and the pair in order.
struct PriceRange {
    const U256& low;
    const U256& high;
};
[[nodiscard]] PriceRange ordered(const U256& a, const U256& b) {
    return a < b ? PriceRange{a, b} : PriceRange{b, a};
}

[[nodiscard]] U256 next_from_amount0_in(const U256& price,
                                        const U256& liquidity,
                                        const U256& amount) {
    if (amount.is_zero()) {
        return price;
    }
    const U256 numerator = liquidity << 96;
    if (const auto product = product_if_fits(amount, price)) {
        const U256 denominator = wrapping_add(numerator, *product);
        if (denominator >= numerator) {
            return mul_div_up(numerator, price, denominator);
        }
    }
    // The product is too large for the exact form; this one is coarser, as on chain.
    return divide_up(numerator, numerator / price + amount);
}

[[nodiscard]] U256 next_from_amount0_out(const U256& price,
                                         const U256& liquidity,
                                         const U256& amount) {
    if (amount.is_zero()) {
        return price;
    }
    const U256 numerator = liquidity << 96;
    const auto product = product_if_fits(amount, price);
    if (!product || numerator <= *product) {
        note_revert(Revert::output_exceeds_reserves);
        return price;
    }
    return mul_div_up(numerator, price, numerator - *product);
}

[[nodiscard]] U256 next_from_amount1_in(const U256& price,
                                        const U256& liquidity,
                                        const U256& amount) {
    return price + mul_div_down(amount, q96(), liquidity);
}

[[nodiscard]] U256 next_from_amount1_out(const U256& price,
                                         const U256& liquidity,
                                         const U256& amount) {
    const U256 quotient = mul_div_up(amount, q96(), liquidity);
    if (price <= quotient) {
        note_revert(Revert::output_exceeds_reserves);
        return price;
    }
    return price - quotient;
}

[[nodiscard]] bool usable(const U256& price, const U256& liquidity) {
    require(!price.is_zero(), Revert::price_zero);
    require(!liquidity.is_zero(), Revert::liquidity_zero);
    return !price.is_zero() && !liquidity.is_zero();
}

[[nodiscard]] U256 checked_price(const U256& price) {
    require(is_price(price), Revert::amount_overflow);
    return price;
}

}  // namespace

const U256& q96() {
    static const U256 value = U256{1} << 96;
    return value;
}
const U256& q128() {
    static const U256 value = U256{1} << 128;
    return value;
}
const U256& min_sqrt_price() {
    static const U256 value{4'295'128'739};
    return value;
}
const U256& max_sqrt_price() {
    static const U256 value = 1461446703485210103287273052203988822378723970342_u256;
    return value;
}

U256 sqrt_price_at_tick(std::int32_t tick) {
    if (tick < min_tick || tick > max_tick) {
        note_revert(Revert::tick_out_of_range);
        return U256{};
    }
    const auto bits = static_cast<std::uint32_t>(std::abs(tick));
    U256 ratio = q128();
    for (unsigned k = 0; k < tick_factors().size(); ++k) {
        if ((bits >> k & 1U) != 0) {
            ratio = (ratio * tick_factors()[k]) >> 128;
        }
    }
    if (tick > 0) {
        ratio = U256::max() / ratio;
    }
    const bool exact = (ratio % (std::uint64_t{1} << 32)).is_zero();
    return exact ? ratio >> 32 : (ratio >> 32) + 1;
}

std::int32_t tick_at_sqrt_price(const U256& sqrt_price) {
    if (sqrt_price < min_sqrt_price() || sqrt_price >= max_sqrt_price()) {
        note_revert(Revert::sqrt_price_out_of_range);
        return 0;
    }
    // A double says about where; the integers decide.
    const double guess = std::floor(std::log(price_of(sqrt_price)) / std::log(1.0001));
    auto tick = static_cast<std::int32_t>(guess);
    tick = tick < min_tick ? min_tick : tick;
    tick = tick >= max_tick ? max_tick - 1 : tick;
    while (sqrt_price_at_tick(tick) > sqrt_price) {
        --tick;
    }
    while (sqrt_price_at_tick(tick + 1) <= sqrt_price) {
        ++tick;
    }
    return tick;
}

double price_of(const U256& sqrt_price) {
    const double root = std::ldexp(sqrt_price.to_double(), -96);
    return root * root;
}

U256 amount0_down(const U256& sqrt_a, const U256& sqrt_b, const U256& liquidity) {
    const auto [low, high] = ordered(sqrt_a, sqrt_b);
    return mul_div_down(liquidity << 96, high - low, high) / low;
}
U256 amount0_up(const U256& sqrt_a, const U256& sqrt_b, const U256& liquidity) {
    const auto [low, high] = ordered(sqrt_a, sqrt_b);
    return divide_up(mul_div_up(liquidity << 96, high - low, high), low);
}
U256 amount1_down(const U256& sqrt_a, const U256& sqrt_b, const U256& liquidity) {
    const auto [low, high] = ordered(sqrt_a, sqrt_b);
    return mul_div_down(liquidity, high - low, q96());
}
U256 amount1_up(const U256& sqrt_a, const U256& sqrt_b, const U256& liquidity) {
    const auto [low, high] = ordered(sqrt_a, sqrt_b);
    return mul_div_up(liquidity, high - low, q96());
}

U256 next_sqrt_price_from_input(const U256& sqrt_price,
                                const U256& liquidity,
                                const U256& amount,
                                Direction direction) {
    if (!usable(sqrt_price, liquidity)) {
        return U256{};
    }
    return checked_price(direction == Direction::zero_for_one
                             ? next_from_amount0_in(sqrt_price, liquidity, amount)
                             : next_from_amount1_in(sqrt_price, liquidity, amount));
}

U256 next_sqrt_price_from_output(const U256& sqrt_price,
                                 const U256& liquidity,
                                 const U256& amount,
                                 Direction direction) {
    if (!usable(sqrt_price, liquidity)) {
        return U256{};
    }
    return checked_price(direction == Direction::zero_for_one
                             ? next_from_amount1_out(sqrt_price, liquidity, amount)
                             : next_from_amount0_out(sqrt_price, liquidity, amount));
}

StepResult swap_step(const StepRequest& request) {
    const U256& price = request.sqrt_price;
    const U256& target = request.target;
    const U256& liquidity = request.liquidity;
    const Direction direction = price >= target ? Direction::zero_for_one : Direction::one_for_zero;
    const bool zero_in = direction == Direction::zero_for_one;
    const U256 fee_pips{request.fee_pips};
    const U256 unit{fee_unit};
    const auto amount_in_to = [&](const U256& next) {
        return zero_in ? amount0_up(next, price, liquidity) : amount1_up(price, next, liquidity);
    };
    const auto amount_out_to = [&](const U256& next) {
        return zero_in ? amount1_down(next, price, liquidity)
                       : amount0_down(price, next, liquidity);
    };

    StepResult step;
    if (request.exact == Exact::input) {
        const U256 less_fee = mul_div_down(request.remaining, unit - fee_pips, unit);
        step.sqrt_next = less_fee >= amount_in_to(target)
                             ? target
                             : next_sqrt_price_from_input(price, liquidity, less_fee, direction);
    } else {
        step.sqrt_next =
            request.remaining >= amount_out_to(target)
                ? target
                : next_sqrt_price_from_output(price, liquidity, request.remaining, direction);
    }
    step.amount_in = amount_in_to(step.sqrt_next);
    step.amount_out = amount_out_to(step.sqrt_next);
    if (request.exact == Exact::output) {
        step.amount_out = min(step.amount_out, request.remaining);
    }
    step.fee = request.exact == Exact::input && step.sqrt_next != target
                   ? request.remaining - step.amount_in
                   : mul_div_up(step.amount_in, fee_pips, unit - fee_pips);
    return step;
}

}  // namespace margincall::uniswap
