// The liquidation call of the lending pool: check everything, then book debt, collateral, the
// protocol's share, and what is left as a deficit.
#include <utility>

#include "defi/aave_pool.hpp"

namespace margincall::aave {

std::uint32_t LendingPool::bonus_for(const User& user, ReserveId collateral) const {
    const EMode* mode = mode_of(user);
    const bool in_mode = mode != nullptr && (mode->collateral_bits >> collateral.raw() & 1U) != 0;
    return in_mode ? mode->bonus_bps : reserves_[collateral.raw()].parameters.bonus_bps;
}

Outcome<Liquidation> LendingPool::liquidate(TokenBook& tokens,
                                            const LiquidationCall& call,
                                            std::uint64_t now_s) {
    const RevertScope scope;
    Reserve collateral = accrued(tokens, call.collateral, now_s);
    Reserve debt = accrued(tokens, call.debt, now_s);
    require(call.liquidator != call.borrower, Revert::self_liquidation);
    require_open(collateral, ReserveStatus::frozen);
    require_open(debt, ReserveStatus::frozen);
    require(!call.debt_to_cover.is_zero(), Revert::invalid_amount);
    const User user = user_of(call.borrower);
    require(is_collateral(call.borrower, call.collateral) &&
                collateral_row(user, call.collateral.raw(), U256{}).threshold_bps != 0,
            Revert::collateral_not_enabled);
    const AccountData data = account(tokens, call.borrower, now_s);
    LiquidationRequest request;
    request.version = version_;
    request.collateral = {
        supplied(tokens, call.borrower, call.collateral, now_s), collateral.price, collateral.unit};
    request.debt = {owed(tokens, call.borrower, call.debt, now_s), debt.price, debt.unit};
    request.debt_to_cover = call.debt_to_cover;
    request.collateral_base = data.collateral_base;
    request.debt_base = data.debt_base;
    request.health_factor = data.health_factor;
    request.close_bps = close_bps_;
    request.bonus_bps = bonus_for(user, call.collateral);
    request.protocol_fee_bps = collateral.parameters.protocol_fee_bps;
    require(!request.debt.amount.is_zero(), Revert::debt_not_found);
    if (scope.reverted()) {
        return std::unexpected(scope.reason());
    }
    Liquidation amounts = liquidation_amounts(request);
    if (!scope.reverted()) {
        require_no_dust(request, amounts);
        tokens.require_balance(call.liquidator, debt.tokens.underlying, amounts.debt_repaid);
        require(call.seized_as == SeizedAs::a_token ||
                    amounts.collateral_to_liquidator <= available(tokens, call.collateral),
                Revert::not_enough_liquidity);
    }
    if (scope.reverted()) {
        return std::unexpected(scope.reason());
    }

    reserves_[call.collateral.raw()] = std::move(collateral);
    if (call.debt != call.collateral) {
        reserves_[call.debt.raw()] = std::move(debt);
    }
    Reserve& owed_in = reserves_[call.debt.raw()];
    const U256 units_owed = scaled(tokens, call.borrower, owed_in.tokens.debt_token);
    const bool whole_debt = amounts.collateral_left == Liquidation::Remainder::none ||
                            amounts.debt_repaid == request.debt.amount;
    const U256 units =
        whole_debt ? units_owed
                   : min(scaled_repayment(version_, amounts.debt_repaid, owed_in.borrow_index),
                         units_owed);
    tokens.burn(call.borrower, owed_in.tokens.debt_token, units);
    owed_in.deficit += amounts.deficit_created;
    tokens.transfer(call.liquidator,
                    owed_in.holder,
                    owed_in.tokens.underlying,
                    amounts.debt_repaid,
                    Reason::lending);
    seize(tokens, call, amounts);
    if (amounts.collateral_left == Liquidation::Remainder::none) {
        write_off_debts(tokens, call, now_s);
    }
    refresh_rates(tokens, reserves_[call.debt.raw()]);
    refresh_rates(tokens, reserves_[call.collateral.raw()]);
    CHECK(!scope.reverted());
    return amounts;
}

void LendingPool::seize(TokenBook& tokens,
                        const LiquidationCall& call,
                        const Liquidation& amounts) {
    const Reserve& from = reserves_[call.collateral.raw()];
    const TokenId a_token = from.tokens.a_token;
    const auto units_of = [&](const U256& amount) {
        return min(scaled_withdrawal(version_, amount, from.liquidity_index),
                   scaled(tokens, call.borrower, a_token));
    };
    const U256 units = units_of(amounts.collateral_to_liquidator);
    if (call.seized_as == SeizedAs::a_token) {
        tokens.transfer(call.borrower, call.liquidator, a_token, units, Reason::lending_seizure);
    } else {
        tokens.burn(call.borrower, a_token, units);
        tokens.transfer(from.holder,
                        call.liquidator,
                        from.tokens.underlying,
                        amounts.collateral_to_liquidator,
                        Reason::lending_seizure);
    }
    // The protocol's share is capped at what is left of the balance.
    tokens.transfer(
        call.borrower, treasury_, a_token, units_of(amounts.protocol_fee), Reason::lending_seizure);
    if (scaled(tokens, call.borrower, a_token).is_zero()) {
        user_row(call.borrower).collateral_bits &= ~(std::uint64_t{1} << call.collateral.raw());
    }
}

void LendingPool::write_off_debts(TokenBook& tokens,
                                  const LiquidationCall& call,
                                  std::uint64_t now_s) {
    for (std::size_t i = 0; i < reserves_.size(); ++i) {
        const TokenId debt_token = reserves_[i].tokens.debt_token;
        const U256 units = scaled(tokens, call.borrower, debt_token);
        if (units.is_zero()) {
            continue;
        }
        Reserve next = accrued(tokens, ReserveId::from_raw(static_cast<std::uint32_t>(i)), now_s);
        next.deficit += debt_balance(version_, units, next.borrow_index);
        tokens.burn(call.borrower, debt_token, units);
        refresh_rates(tokens, next);
        reserves_[i] = std::move(next);
    }
}

}  // namespace margincall::aave
