#include "defi/aave_pool.hpp"

#include <utility>

namespace margincall::aave {

namespace {

[[nodiscard]] std::uint64_t bit(std::size_t reserve) {
    return std::uint64_t{1} << reserve;
}
[[nodiscard]] bool wants_all(const U256& amount) {
    return amount == U256::max();
}

}  // namespace

LendingPool::LendingPool(TokenBook& tokens, Version version)
    : version_(version), treasury_(tokens.add_holder()) {}

ReserveId LendingPool::add_reserve(TokenBook& tokens,
                                   const ReserveParameters& parameters,
                                   const ReserveTokens& reserve_tokens,
                                   const U256& price,
                                   std::uint64_t now_s) {
    CHECK(reserves_.size() < reserves_max);
    CHECK(tokens.decimals(reserve_tokens.underlying) == parameters.decimals);
    Reserve r;
    r.parameters = parameters;
    r.tokens = reserve_tokens;
    r.unit = power_of_ten(parameters.decimals);
    r.holder = tokens.add_holder();
    r.price = price;
    r.updated_s = now_s;
    refresh_rates(tokens, r);
    reserves_.push_back(std::move(r));
    return ReserveId::from_raw(static_cast<std::uint32_t>(reserves_.size() - 1));
}

EModeId LendingPool::add_e_mode(const EMode& mode) {
    modes_.push_back(mode);
    return static_cast<EModeId>(modes_.size());
}

void LendingPool::set_caps(ReserveId reserve,
                           std::uint64_t supply_tokens,
                           std::uint64_t borrow_tokens) {
    reserves_[reserve.raw()].parameters.supply_cap_tokens = supply_tokens;
    reserves_[reserve.raw()].parameters.borrow_cap_tokens = borrow_tokens;
}

void LendingPool::set_slopes(ReserveId reserve, const RateSlopes& slopes) {
    reserves_[reserve.raw()].parameters.slopes = slopes;
}

std::optional<ReserveId> LendingPool::find(std::string_view asset) const {
    for (std::size_t i = 0; i < reserves_.size(); ++i) {
        if (reserves_[i].parameters.asset == asset) {
            return ReserveId::from_raw(static_cast<std::uint32_t>(i));
        }
    }
    return std::nullopt;
}

LendingPool::User LendingPool::user_of(HolderId holder) const {
    return holder.raw() < users_.size() ? users_[holder.raw()] : User{};
}

LendingPool::User& LendingPool::user_row(HolderId holder) {
    if (holder.raw() >= users_.size()) {
        users_.resize(holder.raw() + 1);
    }
    return users_[holder.raw()];
}

const EMode* LendingPool::mode_of(const User& user) const {
    return user.e_mode == 0 ? nullptr : &modes_[user.e_mode - 1];
}

bool LendingPool::is_collateral(HolderId user, ReserveId reserve) const {
    return (user_of(user).collateral_bits & bit(reserve.raw())) != 0;
}

// --- interest --------------------------------------------------------------------------------

Reserve LendingPool::accrued(const TokenBook& tokens, ReserveId id, std::uint64_t now_s) const {
    Reserve r = reserves_[id.raw()];
    CHECK(now_s >= r.updated_s);
    const std::uint64_t dt_s = now_s - r.updated_s;
    if (dt_s == 0) {
        return r;
    }
    r.updated_s = now_s;
    if (!r.rates.liquidity.is_zero()) {
        r.liquidity_index = grown_supply(r.liquidity_index, r.rates.liquidity, dt_s);
    }
    const U256 scaled_debt = tokens.supply(r.tokens.debt_token);
    if (!scaled_debt.is_zero()) {
        const U256 before = r.borrow_index;
        r.borrow_index = grown_debt(r.borrow_index, r.rates.variable_borrow, dt_s);
        const U256 interest = ray_mul_floor(scaled_debt, r.borrow_index - before);
        const U256 share = percent_mul_half_up(interest, U256{r.parameters.reserve_factor_bps});
        r.accrued_to_treasury += scaled_supply(version_, share, r.liquidity_index);
    }
    return r;
}

void LendingPool::refresh_rates(const TokenBook& tokens, Reserve& r) const {
    const U256 debt = debt_balance(version_, tokens.supply(r.tokens.debt_token), r.borrow_index);
    r.rates = interest_rates(r.parameters.slopes,
                             {debt, tokens.balance(r.holder, r.tokens.underlying), r.deficit},
                             r.parameters.reserve_factor_bps);
}

U256 LendingPool::total_debt(const TokenBook& tokens, ReserveId id, std::uint64_t now_s) const {
    const Reserve r = accrued(tokens, id, now_s);
    return debt_balance(version_, tokens.supply(r.tokens.debt_token), r.borrow_index);
}

U256 LendingPool::available(const TokenBook& tokens, ReserveId id) const {
    const Reserve& r = reserves_[id.raw()];
    return tokens.balance(r.holder, r.tokens.underlying);
}

U256 LendingPool::supplied(const TokenBook& tokens,
                           HolderId user,
                           ReserveId id,
                           std::uint64_t now_s) const {
    const U256 units = scaled(tokens, user, reserves_[id.raw()].tokens.a_token);
    return units.is_zero()
               ? units
               : supply_balance(version_, units, accrued(tokens, id, now_s).liquidity_index);
}

U256 LendingPool::owed(const TokenBook& tokens,
                       HolderId user,
                       ReserveId id,
                       std::uint64_t now_s) const {
    const U256 units = scaled(tokens, user, reserves_[id.raw()].tokens.debt_token);
    return units.is_zero() ? units
                           : debt_balance(version_, units, accrued(tokens, id, now_s).borrow_index);
}

// --- accounts --------------------------------------------------------------------------------

CollateralRow LendingPool::collateral_row(const User& user,
                                          std::size_t reserve,
                                          const U256& amount) const {
    const Reserve& r = reserves_[reserve];
    const EMode* mode = mode_of(user);
    const bool in_mode = mode != nullptr && (mode->collateral_bits & bit(reserve)) != 0;
    return {{amount, r.price, r.unit},
            in_mode ? mode->ltv_bps : r.parameters.ltv_bps,
            in_mode ? mode->threshold_bps : r.parameters.threshold_bps};
}

AccountData LendingPool::account_with(const TokenBook& tokens,
                                      HolderId holder,
                                      std::uint64_t now_s,
                                      const Overlay& overlay) const {
    const User user = overlay.user.value_or(user_of(holder));
    std::vector<CollateralRow> collateral;
    std::vector<DebtRow> debts;
    for (std::size_t i = 0; i < reserves_.size(); ++i) {
        const auto id = ReserveId::from_raw(static_cast<std::uint32_t>(i));
        const bool overlaid = overlay.reserve == id;
        if ((user.collateral_bits & bit(i)) != 0) {
            const U256 amount = overlaid && overlay.supplied ? *overlay.supplied
                                                             : supplied(tokens, holder, id, now_s);
            collateral.push_back(collateral_row(user, i, amount));
        }
        const U256 debt =
            overlaid && overlay.owed ? *overlay.owed : owed(tokens, holder, id, now_s);
        if (!debt.is_zero()) {
            debts.push_back({debt, reserves_[i].price, reserves_[i].unit});
        }
    }
    return account_data(version_, collateral, debts);
}

AccountData LendingPool::account(const TokenBook& tokens,
                                 HolderId user,
                                 std::uint64_t now_s) const {
    return account_with(tokens, user, now_s, {});
}

void LendingPool::require_open(const Reserve& reserve, ReserveStatus worst) const {
    require(reserve.status != ReserveStatus::paused, Revert::reserve_paused);
    require(reserve.status <= worst, Revert::reserve_frozen);
}

void LendingPool::require_health_after(const TokenBook& tokens,
                                       HolderId user,
                                       std::uint64_t now_s,
                                       const Overlay& overlay) const {
    const AccountData data = account_with(tokens, user, now_s, overlay);
    require(data.health_factor >= liquidation_health, Revert::health_factor_below_threshold);
}

bool LendingPool::has_zero_ltv_collateral(const TokenBook& tokens,
                                          HolderId holder,
                                          ReserveId except) const {
    const User user = user_of(holder);
    for (std::size_t i = 0; i < reserves_.size(); ++i) {
        const bool enabled = (user.collateral_bits & bit(i)) != 0;
        if (enabled && i != except.raw() && collateral_row(user, i, U256{}).ltv_bps == 0 &&
            !scaled(tokens, holder, reserves_[i].tokens.a_token).is_zero()) {
            return true;
        }
    }
    return false;
}

// --- calls -----------------------------------------------------------------------------------

Outcome<U256> LendingPool::supply(
    TokenBook& tokens, HolderId user, ReserveId id, const U256& amount, std::uint64_t now_s) {
    const RevertScope scope;
    Reserve next = accrued(tokens, id, now_s);
    require(!amount.is_zero(), Revert::invalid_amount);
    require_open(next, ReserveStatus::active);
    tokens.require_balance(user, next.tokens.underlying, amount);
    const U256 claims = tokens.supply(next.tokens.a_token) + next.accrued_to_treasury;
    const std::uint64_t cap = next.parameters.supply_cap_tokens;
    require(cap == 0 ||
                supply_balance(version_, claims, next.liquidity_index) + amount <= next.unit * cap,
            Revert::supply_cap_exceeded);
    const U256 units = scaled_supply(version_, amount, next.liquidity_index);
    require(!units.is_zero(), Revert::invalid_amount);
    require(units.fits_bits(126) && amount.fits_bits(126), Revert::amount_overflow);
    if (scope.reverted()) {
        return std::unexpected(scope.reason());
    }
    const bool first = scaled(tokens, user, next.tokens.a_token).is_zero();
    if (first && collateral_row(user_of(user), id.raw(), U256{}).ltv_bps != 0) {
        user_row(user).collateral_bits |= bit(id.raw());
    }
    tokens.transfer(user, next.holder, next.tokens.underlying, amount, Reason::lending);
    tokens.mint(user, next.tokens.a_token, units);
    refresh_rates(tokens, next);
    reserves_[id.raw()] = std::move(next);
    return amount;
}

Outcome<U256> LendingPool::withdraw(
    TokenBook& tokens, HolderId user, ReserveId id, const U256& wanted, std::uint64_t now_s) {
    const RevertScope scope;
    Reserve next = accrued(tokens, id, now_s);
    const U256 units_held = scaled(tokens, user, next.tokens.a_token);
    const U256 balance = supply_balance(version_, units_held, next.liquidity_index);
    const U256 amount = wants_all(wanted) ? balance : wanted;
    require(!amount.is_zero(), Revert::invalid_amount);
    require(amount <= balance, Revert::not_enough_user_balance);
    require_open(next, ReserveStatus::frozen);
    require(amount <= available(tokens, id), Revert::not_enough_liquidity);
    if (scope.reverted()) {
        return std::unexpected(scope.reason());
    }
    if (is_collateral(user, id)) {
        Overlay overlay;
        overlay.reserve = id;
        overlay.supplied = balance - amount;
        require_health_after(tokens, user, now_s, overlay);
        require(!has_zero_ltv_collateral(tokens, user, id) ||
                    account(tokens, user, now_s).debt_base.is_zero(),
                Revert::ltv_validation_failed);
    }
    const U256 units =
        amount == balance
            ? units_held
            : min(scaled_withdrawal(version_, amount, next.liquidity_index), units_held);
    if (scope.reverted()) {
        return std::unexpected(scope.reason());
    }
    tokens.burn(user, next.tokens.a_token, units);
    tokens.transfer(next.holder, user, next.tokens.underlying, amount, Reason::lending);
    if (units == units_held) {
        user_row(user).collateral_bits &= ~bit(id.raw());
    }
    refresh_rates(tokens, next);
    reserves_[id.raw()] = std::move(next);
    return amount;
}

Outcome<U256> LendingPool::borrow(
    TokenBook& tokens, HolderId user, ReserveId id, const U256& amount, std::uint64_t now_s) {
    const RevertScope scope;
    Reserve next = accrued(tokens, id, now_s);
    require(!amount.is_zero(), Revert::invalid_amount);
    require_open(next, ReserveStatus::active);
    require(next.parameters.borrowable == Borrowable::yes, Revert::not_borrowable);
    const User row = user_of(user);
    const EMode* mode = mode_of(row);
    require(mode == nullptr || (mode->borrowable_bits & bit(id.raw())) != 0,
            Revert::not_borrowable_in_e_mode);
    require(amount <= available(tokens, id), Revert::not_enough_liquidity);
    const std::uint64_t cap = next.parameters.borrow_cap_tokens;
    const U256 debt_before =
        debt_balance(version_, tokens.supply(next.tokens.debt_token), next.borrow_index);
    require(cap == 0 || debt_before + amount <= next.unit * cap, Revert::borrow_cap_exceeded);
    const U256 units = scaled_borrowing(version_, amount, next.borrow_index);
    require(!units.is_zero(), Revert::invalid_amount);
    if (scope.reverted()) {
        return std::unexpected(scope.reason());
    }
    Overlay overlay;
    overlay.reserve = id;
    overlay.owed = debt_balance(
        version_, scaled(tokens, user, next.tokens.debt_token) + units, next.borrow_index);
    const AccountData data = account_with(tokens, user, now_s, overlay);
    require(!data.average_ltv_bps.is_zero(), Revert::ltv_validation_failed);
    require(data.health_factor >= liquidation_health, Revert::health_factor_below_threshold);
    if (scope.reverted()) {
        return std::unexpected(scope.reason());
    }
    require(data.collateral_base >=
                collateral_needed_base(version_, data.debt_base, data.average_ltv_bps),
            Revert::collateral_cannot_cover_new_borrow);
    if (scope.reverted()) {
        return std::unexpected(scope.reason());
    }
    tokens.mint(user, next.tokens.debt_token, units);
    tokens.transfer(next.holder, user, next.tokens.underlying, amount, Reason::lending);
    refresh_rates(tokens, next);
    reserves_[id.raw()] = std::move(next);
    return amount;
}

Outcome<U256> LendingPool::repay(
    TokenBook& tokens, HolderId user, ReserveId id, const U256& wanted, std::uint64_t now_s) {
    const RevertScope scope;
    Reserve next = accrued(tokens, id, now_s);
    const U256 units_owed = scaled(tokens, user, next.tokens.debt_token);
    const U256 debt = debt_balance(version_, units_owed, next.borrow_index);
    const U256 amount = min(wanted, debt);
    require(!debt.is_zero(), Revert::debt_not_found);
    require(!wanted.is_zero(), Revert::invalid_amount);
    require_open(next, ReserveStatus::frozen);
    tokens.require_balance(user, next.tokens.underlying, amount);
    const U256 units = amount == debt
                           ? units_owed
                           : min(scaled_repayment(version_, amount, next.borrow_index), units_owed);
    if (scope.reverted()) {
        return std::unexpected(scope.reason());
    }
    tokens.burn(user, next.tokens.debt_token, units);
    tokens.transfer(user, next.holder, next.tokens.underlying, amount, Reason::lending);
    refresh_rates(tokens, next);
    reserves_[id.raw()] = std::move(next);
    return amount;
}

Revert LendingPool::set_collateral(const TokenBook& tokens,
                                   HolderId holder,
                                   ReserveId id,
                                   CollateralUse use,
                                   std::uint64_t now_s) {
    const RevertScope scope;
    User after = user_of(holder);
    require(!scaled(tokens, holder, reserves_[id.raw()].tokens.a_token).is_zero(),
            Revert::not_enough_user_balance);
    if (use == CollateralUse::enabled) {
        require(collateral_row(after, id.raw(), U256{}).ltv_bps != 0,
                Revert::ltv_validation_failed);
        after.collateral_bits |= bit(id.raw());
    } else {
        after.collateral_bits &= ~bit(id.raw());
        Overlay overlay;
        overlay.user = after;
        require_health_after(tokens, holder, now_s, overlay);
    }
    if (!scope.reverted()) {
        user_row(holder) = after;
    }
    return scope.reason();
}

Revert LendingPool::set_e_mode(const TokenBook& tokens,
                               HolderId holder,
                               EModeId mode,
                               std::uint64_t now_s) {
    CHECK(mode <= modes_.size());
    const RevertScope scope;
    User after = user_of(holder);
    after.e_mode = mode;
    if (const EMode* row = mode_of(after)) {
        for (std::size_t i = 0; i < reserves_.size(); ++i) {
            require((row->borrowable_bits & bit(i)) != 0 ||
                        scaled(tokens, holder, reserves_[i].tokens.debt_token).is_zero(),
                    Revert::inconsistent_e_mode);
        }
    }
    Overlay overlay;
    overlay.user = after;
    require_health_after(tokens, holder, now_s, overlay);
    if (!scope.reverted()) {
        user_row(holder) = after;
    }
    return scope.reason();
}

Outcome<U256> LendingPool::cover_deficit(
    TokenBook& tokens, HolderId payer, ReserveId id, const U256& wanted, std::uint64_t now_s) {
    const RevertScope scope;
    Reserve next = accrued(tokens, id, now_s);
    const U256 units_held = scaled(tokens, payer, next.tokens.a_token);
    const U256 claims = supply_balance(version_, units_held, next.liquidity_index);
    const U256 amount = min(min(wanted, next.deficit), claims);
    require(!amount.is_zero(), Revert::invalid_amount);
    const U256 units = min(scaled_withdrawal(version_, amount, next.liquidity_index), units_held);
    if (scope.reverted()) {
        return std::unexpected(scope.reason());
    }
    tokens.burn(payer, next.tokens.a_token, units);
    next.deficit -= amount;
    refresh_rates(tokens, next);
    reserves_[id.raw()] = std::move(next);
    return amount;
}

void LendingPool::mint_to_treasury(TokenBook& tokens, ReserveId id, std::uint64_t now_s) {
    Reserve next = accrued(tokens, id, now_s);
    tokens.mint(treasury_, next.tokens.a_token, next.accrued_to_treasury);
    next.accrued_to_treasury = U256{};
    refresh_rates(tokens, next);
    reserves_[id.raw()] = std::move(next);
}

void LendingPool::check_lending(const TokenBook& tokens,
                                std::uint64_t now_s,
                                const U256& slack) const {
    const RevertScope scope;
    for (std::size_t i = 0; i < reserves_.size(); ++i) {
        const Reserve r =
            accrued(tokens, ReserveId::from_raw(static_cast<std::uint32_t>(i)), now_s);
        const U256 claims = supply_balance(
            version_, tokens.supply(r.tokens.a_token) + r.accrued_to_treasury, r.liquidity_index);
        const U256 backing =
            tokens.balance(r.holder, r.tokens.underlying) +
            debt_balance(version_, tokens.supply(r.tokens.debt_token), r.borrow_index) + r.deficit;
        CHECK(claims <= backing + slack);
    }
    CHECK(!scope.reverted());
}

}  // namespace margincall::aave
