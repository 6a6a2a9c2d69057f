// Closing part of a cross account against the book at a price the rules set: how much at a time,
// at which worst price, what the fund gains or pays, and the direct closing against opposite
// accounts. The account's shortfall or surplus is shared over its positions by their maintenance
// margin. Integers throughout; roundings are the chain venue's own (dYdX v4, docs/venues.md).
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "rules/portfolio_margin.hpp"

namespace margincall::inline rules {

// The account before the close, and what closing does to one of its positions; money units.
struct CloseOut {
    Amount collateral;          // total net collateral: cash + value of all positions, signed
    Amount maintenance;         // of all positions; > 0
    Amount value_change;        // signed value of the position after minus before
    Amount maintenance_change;  // of the position, <= 0
};
// Closes `closed` lots (> 0, at most the size) of a cross position at the present prices.
[[nodiscard]] CloseOut close_out(const PortfolioRules& rules,
                                 const PortfolioAccount& account,
                                 const PortfolioPrices& prices,
                                 std::size_t position,
                                 Lots closed);

// Least money that the account must receive (negative: may pay) for the close so that it keeps its
// share of the collateral: -value_change - floor(collateral * |maintenance_change| / maintenance).
[[nodiscard]] Amount bankruptcy_proceeds(const CloseOut& close);

// Worst price at which the liquidation order may trade, money per lot, as a fraction with signed
// numerator: (value - ABR * spread * position maintenance) / signed lots, with
// ABR = clamp(adjustment * (1 - collateral / maintenance), 0, 1).
struct SignedFraction {
    i128 num = 0;
    i128 den = 1;
};
struct FillableRule {
    Fraction adjustment{1, 1};  // bankruptcy adjustment, >= 0
    Fraction spread;            // spread to maintenance margin ratio
};
[[nodiscard]] SignedFraction fillable_price(const FillableRule& rule,
                                            const CloseOut& whole,
                                            Lots qty,
                                            Amount value,
                                            Amount position_maintenance);

// What the fund gains (> 0) or pays when the close brings `proceeds`: the surplus over the
// bankruptcy proceeds, at most floor(|proceeds| * fee cap).
[[nodiscard]] Amount fund_change(Amount proceeds, Amount bankruptcy, Fraction fee_cap);

// Least and most value that one step closes of a position of value `whole` (>= 0):
// [min(least, whole), max(that, floor(whole * portion))].
struct StepLimits {
    Amount least, most;
};
[[nodiscard]] StepLimits step_limits(Amount whole, Amount least, Fraction portion);

// An account on the other side, or the insolvent one itself: one position and cash.
struct Counterparty {
    Lots qty;     // signed
    Amount cash;  // quote balance
};
struct DirectClose {
    std::size_t counterparty = 0;
    Lots lots;    // > 0
    Amount paid;  // by the insolvent account to the counterparty, signed
};
// Closes `insolvent` against `others` in the given order, each at the insolvent account's
// bankruptcy price for that part. One whose own bankruptcy price does not allow the trade is passed
// over. Balances are updated; what stays open is left in `insolvent.qty`.
[[nodiscard]] std::vector<DirectClose> close_directly(const Contract& contract,
                                                      Ticks price,
                                                      Counterparty& insolvent,
                                                      std::span<Counterparty> others);

}  // namespace margincall::inline rules
