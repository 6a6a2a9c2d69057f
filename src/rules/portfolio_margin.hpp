// Margin of a whole account: collateral in several assets, positions in several instruments, cross,
// isolated and hedged, under rule rows. Pure functions over plain values.
//
// How to use it (a stress of an account book, a test against a venue's example):
//   1. One money unit for the book, as fine as its numbers need (a micro-dollar, 1e-12 USD, a
//      satoshi for a coin-margined account); every Amount below counts it.
//   2. PortfolioRules: per instrument a Contract (unit = money units that one lot is worth per
//      tick) and a MarginSchedule; per asset a CollateralRule.
//      Both are rows of a rules file.
//   3. PortfolioAccount: collateral lines, positions (signed lots, entry value). Isolated positions
//      carry their own margin and are judged alone: `isolated_margin`, all others share the
//      account: `cross_margin`. Hedge mode = a long and a short position of the same instrument. A
//      venue whose accounts keep one wallet per settlement asset has one PortfolioAccount per
//      wallet.
//   4. PortfolioPrices: mark (and oracle) ticks per instrument, prices per asset.
//      A shock is another PortfolioPrices;
//      nothing else changes.
//   5. `liquidatable(rules, margin)` compares by the venue's trigger. Prices of liquidation and
//      bankruptcy: portfolio_liquidation.hpp.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "rules/account.hpp"
#include "rules/collateral.hpp"
#include "rules/margin_schedule.hpp"

namespace margincall::inline rules {

enum class ContractKind : std::uint8_t {
    linear,   // value = lots * ticks * unit
    inverse,  // value = lots * unit / ticks: fixed in dollars, margined in coin
};
// How a signed value that is not whole enters the equity; cut toward zero it also enters the
// requirements so.
enum class ValueRounding : std::uint8_t { down, toward_zero };

inline constexpr std::uint32_t no_asset = UINT32_MAX;

struct Contract {
    ContractKind kind = ContractKind::linear;
    ValueRounding rounding = ValueRounding::down;
    Fraction unit{1, 1};  // linear: money units per lot and tick; inverse: money * ticks per lot
    std::uint32_t settle = 0;  // asset in which profit, margin and fees are counted
    // The collateral asset that is the contract's own coin: its price moves with the contract's.
    std::uint32_t coin = no_asset;
    Fraction close_fee{};  // taken off at the bankruptcy price, share of the value there
    Ticks price_max = Ticks::from_raw(1'000'000'000'000);
};

enum class Trigger : std::uint8_t {
    below,        // equity < maintenance
    at_or_below,  // equity <= maintenance
};
struct PortfolioRules {
    std::vector<Contract> contracts;         // by instrument
    std::vector<MarginSchedule> schedules;   // by instrument
    std::vector<CollateralRule> collateral;  // by asset
    PnlIn pnl = PnlIn::at_par;
    Trigger trigger = Trigger::below;
};

struct CollateralLine {
    std::uint32_t asset = 0;
    Amount balance;  // units of the asset, negative = owed
};
struct PortfolioPosition {
    std::uint32_t instrument = 0;
    MarginMode mode = MarginMode::cross;
    Lots qty;                                       // signed: long > 0, short < 0
    Amount entry_value;                             // signed like qty; see `value_at`
    Amount margin;                                  // isolated only, settlement asset
    std::int64_t leverage_e2 = 0;                   // chosen, times 100; 0 = highest allowed
    const MarginSchedule* tier_override = nullptr;  // instead of the instrument's schedule
    std::int64_t accounts = 1;  // like accounts that size, entry value and margin add up
};
struct PortfolioAccount {
    std::vector<CollateralLine> collateral;
    std::vector<PortfolioPosition> positions;
    Amount frozen;  // margin of open orders and other amounts that do not count, money units
};

struct PortfolioPrices {
    std::vector<Ticks> mark;            // by instrument
    std::vector<Ticks> oracle;          // by instrument; empty = the marks
    std::vector<AssetPrices> assets;    // by asset
    std::vector<Amount> open_interest;  // by instrument, value at the oracle; empty = 0
};

// Equity and requirements. Cross: money units. Isolated: units of the settlement asset.
struct PortfolioMargin {
    Amount equity, initial, maintenance;
    friend bool operator==(const PortfolioMargin&, const PortfolioMargin&) = default;
};

// --- one position ---

// |value| of `lots` at a price, not rounded.
[[nodiscard]] ExactValue exact_value(const Contract& contract, Lots size, Ticks price);
// Signed value of signed lots at a price, rounded as the contract says. Also the entry value of a
// position opened at one price.
[[nodiscard]] Amount value_at(const Contract& contract, Lots qty, Ticks price);
// Profit at a price, settlement asset: value - entry value (linear), entry value - value (inverse).
[[nodiscard]] Amount unrealised(const Contract& contract,
                                const PortfolioPosition& position,
                                Ticks price);
// The schedule in force and what it looks at.
[[nodiscard]] const MarginSchedule& schedule_of(const PortfolioRules& rules,
                                                const PortfolioPosition& position);
[[nodiscard]] MarginBase margin_base(const PortfolioRules& rules,
                                     const PortfolioPosition& position,
                                     const PortfolioPrices& prices);
// The same from its parts.
[[nodiscard]] MarginBase margin_base(const Contract& contract,
                                     const MarginSchedule& schedule,
                                     const PortfolioPosition& position,
                                     Ticks mark,
                                     Ticks oracle);
// Equity = its own margin + profit.
[[nodiscard]] PortfolioMargin isolated_margin(const PortfolioRules& rules,
                                              const PortfolioPosition& position,
                                              const PortfolioPrices& prices);

// --- the account ---

// Everything that is not isolated. An account with neither position nor debt has maintenance 0.
[[nodiscard]] PortfolioMargin cross_margin(const PortfolioRules& rules,
                                           const PortfolioAccount& account,
                                           const PortfolioPrices& prices);

// Where nothing is required (no position) only an equity below 0 is liquidatable.
[[nodiscard]] bool liquidatable(Trigger trigger, const PortfolioMargin& margin);
// Margin that a withdrawal must leave: the initial margin, but at least a share of the notional.
[[nodiscard]] Amount transfer_requirement(Amount initial, Amount notional, Fraction least_share);
// Portfolio margin of an account that borrows dollars against a token (Hyperliquid): everything
// owed and required against what may be counted of the token. It is liquidatable above 95 % of it.
struct TokenBorrower {
    Amount offset;             // counted as owed by every borrower
    Amount cross_maintenance;  // of its positions
    Amount borrowed, balance;  // dollars
    Amount tokens, supply_cap;
    Amount borrow_cap;  // most that the tokens may count for
    Fraction price, loan_to_value;
};
[[nodiscard]] PortfolioMargin borrower_margin(const TokenBorrower& account);
[[nodiscard]] bool borrower_liquidatable(const PortfolioMargin& margin);
// Yearly rate of the dollars borrowed at a utilisation (0 to 1).
[[nodiscard]] double borrow_rate(double utilisation);

// Maintenance over equity, 1 = the trigger; infinite when equity is not positive. Decides nothing.
[[nodiscard]] double margin_ratio(const PortfolioMargin& margin);

}  // namespace margincall::inline rules
