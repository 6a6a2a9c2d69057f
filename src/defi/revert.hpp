// Reverts: a protocol operation either happens whole or not at all, with a reason.
//
// On chain an overflow or a failed requirement unwinds the whole call. Here the maths keeps a
// sticky reason instead, like a floating-point exception flag: the first failure of a calculation
// is noted, the calculation runs on with harmless values, and the operation that started it asks
// once at the end, before anything is posted. The formulas stay readable, nothing throws, and "a
// revert leaves the state untouched" follows from check, change, announce.
#pragma once

#include <cstdint>
#include <expected>
#include <string_view>

namespace margincall::inline defi {

enum class Revert : std::uint8_t {
    none,
    // Checked arithmetic of unsigned 256-bit integers.
    add_overflow,
    sub_overflow,
    mul_overflow,
    zero_division,
    amount_overflow,  // does not fit a ledger amount, a vault balance or another narrower field
    // Tokens.
    insufficient_balance,
    // Balancer.
    max_in_ratio,
    max_out_ratio,
    max_out_bpt_for_token_in,
    min_bpt_in_for_token_out,
    x_out_of_bounds,
    y_out_of_bounds,
    product_out_of_bounds,
    invalid_exponent,
    out_of_bounds,
    stable_invariant_didnt_converge,
    stable_get_balance_didnt_converge,
    swap_limit,
    unknown_amount_in_first_swap,
    malconstructed_multihop_swap,
    cannot_swap_same_token,
    minimum_bpt,
    uninitialised,
    paused,
    // Uniswap v3.
    sqrt_price_limit,  // SPL
    zero_amount,       // AS: amount specified is zero
    tick_out_of_range,
    tick_spacing,
    sqrt_price_out_of_range,
    liquidity_overflow,
    liquidity_zero,
    price_zero,
    output_exceeds_reserves,
    // Curve.
    exchange_resulted_in_fewer_coins,
    // Aave.
    health_factor_not_below_threshold,
    health_factor_below_threshold,
    must_not_leave_dust,
    collateral_cannot_cover_new_borrow,
    ltv_validation_failed,
    collateral_not_enabled,
    debt_not_found,
    not_borrowable,
    not_borrowable_in_e_mode,
    inconsistent_e_mode,
    supply_cap_exceeded,
    borrow_cap_exceeded,
    reserve_frozen,
    reserve_paused,
    not_enough_user_balance,
    not_enough_liquidity,
    invalid_amount,
    self_liquidation,
    // USDe.
    not_whitelisted,
    mint_limit,
    redeem_limit,
    cooldown_running,
    still_vesting,
};

// The name the protocol itself gives the failure, e.g. "STABLE_INVARIANT_DIDNT_CONVERGE".
[[nodiscard]] std::string_view revert_name(Revert reason);

// The sticky reason of the calculation that runs in this thread.
[[nodiscard]] Revert pending_revert();
void note_revert(Revert reason);  // the first reason wins
inline void require(bool condition, Revert reason) {
    if (!condition) [[unlikely]] {
        note_revert(reason);
    }
}

// One calculation that can revert. Starts clean and gives the outer calculation its own reason back
// at the end; what happened inside is told by `reason` and passed on by hand.
class RevertScope {
  public:
    RevertScope();
    ~RevertScope();
    RevertScope(const RevertScope&) = delete;
    RevertScope& operator=(const RevertScope&) = delete;
    RevertScope(RevertScope&&) = delete;
    RevertScope& operator=(RevertScope&&) = delete;
    [[nodiscard]] Revert reason() const { return pending_revert(); }
    [[nodiscard]] bool reverted() const { return reason() != Revert::none; }

  private:
    Revert outer_;
};

// What an operation gives back: its result, or why it did not happen.
template <class T>
using Outcome = std::expected<T, Revert>;

// Runs `calculate` as one calculation of its own: its result, or the first reason it noted.
template <class Calculate>
[[nodiscard]] auto attempt(Calculate&& calculate) -> Outcome<decltype(calculate())> {
    const RevertScope scope;
    auto result = calculate();
    if (scope.reverted()) {
        return std::unexpected(scope.reason());
    }
    return result;
}

}  // namespace margincall::inline defi
