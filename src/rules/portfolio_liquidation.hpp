// The prices at which an account with several positions is liquidated and bankrupt, as one
// instrument's price moves and everything else stays. Exact to the tick and equal to what
// `liquidatable` says tick by tick, for every schedule. Worked examples: docs/margin.md.
//
// Method: between two prices at which a tier of whole_tier or stepped style changes, equity minus
// maintenance is concave in the price (in 1/price for an inverse contract): marginal tiers are the
// largest of rising lines, haircut slices the least of falling ones. So the solvent prices are one
// interval, found by doubling steps and bisection over ticks; the pieces are visited in order.
#pragma once

#include <optional>

#include "rules/portfolio_margin.hpp"

namespace margincall::inline rules {

enum class PriceMove : std::uint8_t { falling, rising };

// One instrument of an account. `position` is an index into account.positions; an isolated position
// is judged by its own margin, a cross position with the whole account.
struct PricePoint {
    const PortfolioRules* rules = nullptr;
    const PortfolioAccount* account = nullptr;
    const PortfolioPrices* prices = nullptr;
    std::size_t position = 0;
};

// First tick at which the account (or the isolated position) is liquidatable when the price comes
// from the solvent side: moving in `direction` from the mark, or, if it is liquidatable at the
// mark, the last such tick before solvency on the way back. Mark and oracle of the instrument move
// together, and with them the price of its coin where that is collateral of a cross account. Empty:
// never within [1, price_max], or nowhere solvent.
[[nodiscard]] std::optional<Ticks> first_liquidatable(const PricePoint& point, PriceMove direction);

// In the direction that hurts: falling for a long, rising for a short. Cross positions in one
// instrument (hedge mode) share one price: their net size says the direction, a full hedge is hurt
// by rising requirements. Where that way holds no price, coins or a hedge may make it the other.
[[nodiscard]] std::optional<Ticks> liquidation_price(const PricePoint& point);

// The last tick at which equity covers the contract's fee to close (none: is not negative), from
// the solvent side (long: rounded up, short: down): the worst price at which the position closes
// without a shortfall. Empty as above.
[[nodiscard]] std::optional<Ticks> bankruptcy_price(const PricePoint& point);

// A loan against coins (OKX quick margin): what is pledged and what is owed, in dollars and in
// coins, both counted in the same decimals.
struct CoinLoan {
    Amount quote, quote_debt;
    Amount coins, coin_debt;
};
// Dollars a coin at which the pledge just covers the debts with maintenance and fee on them, to the
// rounding of the debts (up); nothing when no price does.
[[nodiscard]] std::optional<ExactValue> loan_liquidation_price(const CoinLoan& loan,
                                                               Fraction maintenance,
                                                               Fraction fee);

}  // namespace margincall::inline rules
