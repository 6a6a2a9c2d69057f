#include "defi/revert.hpp"

namespace margincall::inline defi {

namespace {

Revert& sticky() {
    static thread_local Revert reason = Revert::none;
    return reason;
}

}  // namespace

Revert pending_revert() {
    return sticky();
}

void note_revert(Revert reason) {
    Revert& first = sticky();
    if (first == Revert::none) {
        first = reason;
    }
}

RevertScope::RevertScope() : outer_(sticky()) {
    sticky() = Revert::none;
}
RevertScope::~RevertScope() {
    sticky() = outer_;
}

std::string_view revert_name(Revert reason) {
    switch (reason) {
        case Revert::none:
            return "none";
        case Revert::add_overflow:
            return "ADD_OVERFLOW";
        case Revert::sub_overflow:
            return "SUB_OVERFLOW";
        case Revert::mul_overflow:
            return "MUL_OVERFLOW";
        case Revert::zero_division:
            return "ZERO_DIVISION";
        case Revert::amount_overflow:
            return "BALANCE_TOTAL_OVERFLOW";
        case Revert::insufficient_balance:
            return "INSUFFICIENT_BALANCE";
        case Revert::max_in_ratio:
            return "MAX_IN_RATIO";
        case Revert::max_out_ratio:
            return "MAX_OUT_RATIO";
        case Revert::max_out_bpt_for_token_in:
            return "MAX_OUT_BPT_FOR_TOKEN_IN";
        case Revert::min_bpt_in_for_token_out:
            return "MIN_BPT_IN_FOR_TOKEN_OUT";
        case Revert::x_out_of_bounds:
            return "X_OUT_OF_BOUNDS";
        case Revert::y_out_of_bounds:
            return "Y_OUT_OF_BOUNDS";
        case Revert::product_out_of_bounds:
            return "PRODUCT_OUT_OF_BOUNDS";
        case Revert::invalid_exponent:
            return "INVALID_EXPONENT";
        case Revert::out_of_bounds:
            return "OUT_OF_BOUNDS";
        case Revert::stable_invariant_didnt_converge:
            return "STABLE_INVARIANT_DIDNT_CONVERGE";
        case Revert::stable_get_balance_didnt_converge:
            return "STABLE_GET_BALANCE_DIDNT_CONVERGE";
        case Revert::swap_limit:
            return "SWAP_LIMIT";
        case Revert::unknown_amount_in_first_swap:
            return "UNKNOWN_AMOUNT_IN_FIRST_SWAP";
        case Revert::malconstructed_multihop_swap:
            return "MALCONSTRUCTED_MULTIHOP_SWAP";
        case Revert::cannot_swap_same_token:
            return "CANNOT_SWAP_SAME_TOKEN";
        case Revert::minimum_bpt:
            return "MINIMUM_BPT";
        case Revert::uninitialised:
            return "UNINITIALIZED";
        case Revert::paused:
            return "PAUSED";
        case Revert::sqrt_price_limit:
            return "SPL";
        case Revert::zero_amount:
            return "AS";
        case Revert::tick_out_of_range:
            return "T";
        case Revert::tick_spacing:
            return "TICK_SPACING";
        case Revert::sqrt_price_out_of_range:
            return "R";
        case Revert::liquidity_overflow:
            return "LO";
        case Revert::liquidity_zero:
            return "LIQUIDITY_ZERO";
        case Revert::price_zero:
            return "PRICE_ZERO";
        case Revert::output_exceeds_reserves:
            return "OUTPUT_EXCEEDS_RESERVES";
        case Revert::exchange_resulted_in_fewer_coins:
            return "Exchange resulted in fewer coins than expected";
        case Revert::health_factor_not_below_threshold:
            return "HealthFactorNotBelowThreshold";
        case Revert::health_factor_below_threshold:
            return "HealthFactorLowerThanLiquidationThreshold";
        case Revert::must_not_leave_dust:
            return "MustNotLeaveDust";
        case Revert::collateral_cannot_cover_new_borrow:
            return "CollateralCannotCoverNewBorrow";
        case Revert::ltv_validation_failed:
            return "LtvValidationFailed";
        case Revert::collateral_not_enabled:
            return "CollateralCannotBeLiquidated";
        case Revert::debt_not_found:
            return "NoDebtOfSelectedType";
        case Revert::not_borrowable:
            return "BorrowingNotEnabled";
        case Revert::not_borrowable_in_e_mode:
            return "NotBorrowableInEMode";
        case Revert::inconsistent_e_mode:
            return "InconsistentEModeCategory";
        case Revert::supply_cap_exceeded:
            return "SupplyCapExceeded";
        case Revert::borrow_cap_exceeded:
            return "BorrowCapExceeded";
        case Revert::reserve_frozen:
            return "ReserveFrozen";
        case Revert::reserve_paused:
            return "ReservePaused";
        case Revert::not_enough_user_balance:
            return "NotEnoughAvailableUserBalance";
        case Revert::not_enough_liquidity:
            return "NotEnoughLiquidity";
        case Revert::invalid_amount:
            return "InvalidAmount";
        case Revert::self_liquidation:
            return "SelfLiquidation";
        case Revert::not_whitelisted:
            return "NotWhitelisted";
        case Revert::mint_limit:
            return "MaxMintPerBlockExceeded";
        case Revert::redeem_limit:
            return "MaxRedeemPerBlockExceeded";
        case Revert::cooldown_running:
            return "InvalidCooldown";
        case Revert::still_vesting:
            return "StillVesting";
    }
    return "unknown";
}

}  // namespace margincall::inline defi
