#include "defi/uniswap_v3_pool.hpp"

#include <algorithm>

namespace margincall::uniswap {

namespace {

// Floor division of ticks (C++ divides toward zero).
[[nodiscard]] std::int32_t floor_div(std::int32_t a, std::int32_t b) {
    return static_cast<std::int32_t>(div_round(a, b, Round::down));
}

[[nodiscard]] U256 with_delta(const U256& liquidity, const SignedU256& delta) {
    return delta.is_negative() ? liquidity - delta.magnitude : liquidity + delta.magnitude;
}

[[nodiscard]] SignedU256 negated(SignedU256 value) {
    value.sign = value.is_negative() ? SignedU256::Sign::positive : SignedU256::Sign::negative;
    return value;
}

// The running state of a swap.
struct Walk {
    U256 remaining;
    U256 amount_in;  // with fees
    U256 amount_out;
    V3SwapPlan plan;
};

[[nodiscard]] U256& growth_of_input(V3SwapPlan& plan, Direction direction) {
    return direction == Direction::zero_for_one ? plan.fee_growth_global0 : plan.fee_growth_global1;
}

void flip_growth(Tick& tick, const V3SwapPlan& plan) {
    tick.fee_growth_outside0 = wrapping_sub(plan.fee_growth_global0, tick.fee_growth_outside0);
    tick.fee_growth_outside1 = wrapping_sub(plan.fee_growth_global1, tick.fee_growth_outside1);
}

[[nodiscard]] U256 limit_of(const V3Swap& swap) {
    if (swap.sqrt_price_limit) {
        return *swap.sqrt_price_limit;
    }
    return swap.direction == Direction::zero_for_one ? min_sqrt_price() + 1 : max_sqrt_price() - 1;
}

}  // namespace

V3Pool::V3Pool(std::uint32_t fee_pips, std::int32_t tick_spacing)
    : fee_pips_(fee_pips), tick_spacing_(tick_spacing) {
    CHECK(fee_pips < fee_unit);
    CHECK(tick_spacing > 0);
}

void V3Pool::initialise(const U256& sqrt_price) {
    tick_ = tick_at_sqrt_price(sqrt_price);
    sqrt_price_ = sqrt_price;
}

U256 V3Pool::liquidity_per_tick_max() const {
    const std::int32_t highest = max_tick / tick_spacing_;
    const auto count = static_cast<std::uint64_t>(2 * highest + 1);
    return ((U256{1} << 128) - 1) / count;
}

V3Pool::NextTick V3Pool::next_tick_in_word(std::int32_t tick, Direction direction) const {
    // The reference searches a bitmap of 256 spaced ticks per word and stops at the word's end; the
    // stops are steps of their own and matter for rounding.
    const std::int32_t compressed = floor_div(tick, tick_spacing_);
    if (direction == Direction::zero_for_one) {
        const std::int32_t first = floor_div(compressed, 256) * 256;
        auto it = ticks_.upper_bound(compressed * tick_spacing_);
        if (it != ticks_.begin() && (--it)->first >= first * tick_spacing_) {
            return {it->first, true};
        }
        return {first * tick_spacing_, false};
    }
    const std::int32_t start = compressed + 1;
    const std::int32_t last = floor_div(start, 256) * 256 + 255;
    const auto it = ticks_.lower_bound(start * tick_spacing_);
    if (it != ticks_.end() && it->first <= last * tick_spacing_) {
        return {it->first, true};
    }
    return {last * tick_spacing_, false};
}

Outcome<V3SwapPlan> V3Pool::plan_swap(const V3Swap& swap) const {
    const RevertScope scope;
    const bool down = swap.direction == Direction::zero_for_one;
    const U256 limit = limit_of(swap);
    require(!swap.amount.is_zero(), Revert::zero_amount);
    require(!sqrt_price_.is_zero(), Revert::uninitialised);
    require(down ? limit < sqrt_price_ && limit > min_sqrt_price()
                 : limit > sqrt_price_ && limit < max_sqrt_price(),
            Revert::sqrt_price_limit);
    Walk walk{
        swap.amount,
        U256{},
        U256{},
        {{}, {}, sqrt_price_, tick_, liquidity_, fee_growth_global0_, fee_growth_global1_, {}}};
    V3SwapPlan& plan = walk.plan;
    while (!walk.remaining.is_zero() && plan.sqrt_price != limit && !scope.reverted()) {
        NextTick next = next_tick_in_word(plan.tick, swap.direction);
        next.tick = std::clamp(next.tick, min_tick, max_tick);
        const U256 next_price = sqrt_price_at_tick(next.tick);
        const bool limit_first = down ? next_price < limit : next_price > limit;
        const U256 start = plan.sqrt_price;
        const StepResult step = swap_step({start,
                                           limit_first ? limit : next_price,
                                           plan.liquidity,
                                           walk.remaining,
                                           swap.exact,
                                           fee_pips_});
        plan.sqrt_price = step.sqrt_next;
        walk.remaining -= swap.exact == Exact::input ? step.amount_in + step.fee : step.amount_out;
        walk.amount_in += step.amount_in + step.fee;
        walk.amount_out += step.amount_out;
        if (!plan.liquidity.is_zero()) {
            U256& growth = growth_of_input(plan, swap.direction);
            growth = wrapping_add(growth, mul_div_down(step.fee, q128(), plan.liquidity));
        }
        if (plan.sqrt_price == next_price) {
            if (next.initialised) {
                Tick crossed = ticks_.at(next.tick);
                flip_growth(crossed, plan);
                plan.liquidity = with_delta(
                    plan.liquidity, down ? negated(crossed.liquidity_net) : crossed.liquidity_net);
                plan.crossed.emplace_back(next.tick, crossed);
            }
            plan.tick = down ? next.tick - 1 : next.tick;
        } else if (plan.sqrt_price != start) {
            plan.tick = tick_at_sqrt_price(plan.sqrt_price);
        }
    }
    if (scope.reverted()) {
        return std::unexpected(scope.reason());
    }
    const SignedU256 in{walk.amount_in, SignedU256::Sign::positive};
    const SignedU256 out{walk.amount_out, SignedU256::Sign::negative};
    plan.amount0 = down ? in : out;
    plan.amount1 = down ? out : in;
    return plan;
}

void V3Pool::apply(const V3SwapPlan& plan) {
    sqrt_price_ = plan.sqrt_price;
    tick_ = plan.tick;
    liquidity_ = plan.liquidity;
    fee_growth_global0_ = plan.fee_growth_global0;
    fee_growth_global1_ = plan.fee_growth_global1;
    for (const auto& [at, state] : plan.crossed) {
        ticks_.at(at) = state;
    }
}

void V3Pool::check_range(const PositionKey& key) const {
    require(key.lower < key.upper && key.lower >= min_tick && key.upper <= max_tick,
            Revert::tick_out_of_range);
    require(key.lower % tick_spacing_ == 0 && key.upper % tick_spacing_ == 0, Revert::tick_spacing);
    require(!sqrt_price_.is_zero(), Revert::uninitialised);
}

TokenAmounts V3Pool::amounts_for(const PositionKey& key, const U256& liquidity, Round round) const {
    const U256 low = sqrt_price_at_tick(key.lower);
    const U256 high = sqrt_price_at_tick(key.upper);
    const auto amount0 = [&](const U256& a, const U256& b) {
        return round == Round::up ? amount0_up(a, b, liquidity) : amount0_down(a, b, liquidity);
    };
    const auto amount1 = [&](const U256& a, const U256& b) {
        return round == Round::up ? amount1_up(a, b, liquidity) : amount1_down(a, b, liquidity);
    };
    if (tick_ < key.lower) {
        return {amount0(low, high), U256{}};
    }
    if (tick_ >= key.upper) {
        return {U256{}, amount1(low, high)};
    }
    return {amount0(sqrt_price_, high), amount1(low, sqrt_price_)};
}

TokenAmounts V3Pool::fee_growth_inside(const PositionKey& key) const {
    const Tick& lower = ticks_.at(key.lower);
    const Tick& upper = ticks_.at(key.upper);
    const auto inside = [this, &key](const U256& global, const U256& low, const U256& high) {
        const U256 below = tick_ >= key.lower ? low : wrapping_sub(global, low);
        const U256 above = tick_ < key.upper ? high : wrapping_sub(global, high);
        return wrapping_sub(wrapping_sub(global, below), above);
    };
    return {inside(fee_growth_global0_, lower.fee_growth_outside0, upper.fee_growth_outside0),
            inside(fee_growth_global1_, lower.fee_growth_outside1, upper.fee_growth_outside1)};
}

void V3Pool::touch_tick(std::int32_t tick) {
    if (ticks_.contains(tick)) {
        return;
    }
    Tick fresh;
    if (tick <= tick_) {  // by convention all growth before happened below
        fresh.fee_growth_outside0 = fee_growth_global0_;
        fresh.fee_growth_outside1 = fee_growth_global1_;
    }
    ticks_.emplace(tick, fresh);
}

void V3Pool::settle_fees(const PositionKey& key, Position& position) {
    const TokenAmounts inside = fee_growth_inside(key);
    const auto owed = [&position](const U256& now, const U256& before) {
        return mul_div_down(wrapping_sub(now, before), position.liquidity, q128());
    };
    position.owed0 += owed(inside.amount0, position.fee_growth_inside0);
    position.owed1 += owed(inside.amount1, position.fee_growth_inside1);
    position.fee_growth_inside0 = inside.amount0;
    position.fee_growth_inside1 = inside.amount1;
}

Outcome<TokenAmounts> V3Pool::mint(const PositionKey& key, const U256& liquidity) {
    const RevertScope scope;
    check_range(key);
    require(!liquidity.is_zero(), Revert::zero_amount);
    for (const std::int32_t at : {key.lower, key.upper}) {
        const auto it = ticks_.find(at);
        const U256 gross = it == ticks_.end() ? liquidity : it->second.liquidity_gross + liquidity;
        require(gross <= liquidity_per_tick_max(), Revert::liquidity_overflow);
    }
    if (scope.reverted()) {
        return std::unexpected(scope.reason());
    }
    const TokenAmounts amounts = amounts_for(key, liquidity, Round::up);
    if (scope.reverted()) {
        return std::unexpected(scope.reason());
    }
    touch_tick(key.lower);
    touch_tick(key.upper);
    ticks_.at(key.lower).liquidity_gross += liquidity;
    ticks_.at(key.upper).liquidity_gross += liquidity;
    ticks_.at(key.lower).liquidity_net += liquidity;
    ticks_.at(key.upper).liquidity_net -= liquidity;
    Position& position = positions_[key];
    settle_fees(key, position);
    position.liquidity += liquidity;
    if (tick_ >= key.lower && tick_ < key.upper) {
        liquidity_ += liquidity;
    }
    CHECK(!scope.reverted());
    return amounts;
}

Outcome<TokenAmounts> V3Pool::burn(const PositionKey& key, const U256& liquidity) {
    const auto it = positions_.find(key);
    if (it == positions_.end() || it->second.liquidity < liquidity ||
        it->second.liquidity.is_zero()) {
        return std::unexpected(Revert::insufficient_balance);
    }
    const RevertScope scope;
    const TokenAmounts amounts = amounts_for(key, liquidity, Round::down);
    if (scope.reverted()) {
        return std::unexpected(scope.reason());
    }
    Position& position = it->second;
    settle_fees(key, position);
    position.liquidity -= liquidity;
    position.owed0 += amounts.amount0;
    position.owed1 += amounts.amount1;
    ticks_.at(key.lower).liquidity_gross -= liquidity;
    ticks_.at(key.upper).liquidity_gross -= liquidity;
    ticks_.at(key.lower).liquidity_net -= liquidity;
    ticks_.at(key.upper).liquidity_net += liquidity;
    if (tick_ >= key.lower && tick_ < key.upper) {
        liquidity_ -= liquidity;
    }
    for (const std::int32_t at : {key.lower, key.upper}) {
        if (ticks_.at(at).liquidity_gross.is_zero()) {
            ticks_.erase(at);
        }
    }
    CHECK(!scope.reverted());
    return amounts;
}

TokenAmounts V3Pool::collect(const PositionKey& key) {
    const auto it = positions_.find(key);
    if (it == positions_.end()) {
        return {};
    }
    const TokenAmounts owed{it->second.owed0, it->second.owed1};
    it->second.owed0 = U256{};
    it->second.owed1 = U256{};
    return owed;
}

}  // namespace margincall::uniswap
