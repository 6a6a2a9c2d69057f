// A lending book under a shock, through the lending engine: health factors by defi/aave_account, and for
// whoever falls below 1 a pool of defi/aave_pool over a ledger of its own, on which liquidators call until
// the account is healthy or nothing is left. No rule of the protocol stands here; what liquidators do does:
// docs/lending-book.md.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "base/time.hpp"
#include "desk/lending_book.hpp"
#include "desk/lending_moves.hpp"
#include "desk/reconciliation.hpp"
#include "desk/shock.hpp"

namespace margincall::inline desk {

inline constexpr aave::Version lending_version = aave::Version::v3_5;

// Values in dollars with 8 decimals, rounded down, at the price of their moment.
struct LendingCall {
    std::uint32_t account = 0, collateral = 0, debt = 0;  // rows of the book's accounts and assets
    double time_s = 0.0;
    U256 health;                        // before
    U256 repaid, seized, protocol_fee;  // units of the tokens
    U256 repaid_base, seized_base, fee_base;
    U256 written_off_base;  // debt without collateral, of all assets
};
struct LendingAccountResult {
    aave::AccountData before;    // at the book's prices
    aave::AccountData unhelped;  // at the end's prices, had nobody liquidated
    aave::AccountData after;     // at the end
    std::uint32_t calls = 0;
    double first_s = -1.0;  // of the first liquidation; below 0 = none
    U256 repaid_base, seized_base, fee_base, written_off_base;
    U256 uncovered_base;  // debt at the end with nothing enabled behind it, not written off
    std::string stuck;    // why an account below 1 was left so; empty = it was not
};
struct LendingAssetResult {
    U256 price_end;
    U256 supplied, owed;                // at the start, units
    U256 repaid, seized, protocol_fee;  // units
    U256 written_off_base;
};
struct LendingOutcome {
    std::vector<LendingAccountResult> accounts;  // by account of the book
    std::vector<LendingAssetResult> assets;      // by asset of the book
    std::vector<LendingCall> calls;              // by account, then time
    Duration step;                               // between prices that the oracle publishes
    std::size_t with_debt = 0, call_count = 0;
    std::size_t below_one_before = 0, below_one_unhelped = 0, liquidated = 0, below_one_after = 0;
    U256 collateral_base, debt_base;  // of the book, at its own prices; enabled collateral only
    U256 repaid_base, seized_base, fee_base, written_off_base, uncovered_base;
    std::uint64_t digest = 0;  // over all postings of all accounts, in the book's order

    [[nodiscard]] U256 bonus_base() const { return difference_or_zero(seized_base, repaid_base); }
    [[nodiscard]] U256 bad_debt_base() const { return written_off_base + uncovered_base; }
};

// Reported against the engine's, at the book's own prices.
struct HealthBreak {
    std::uint32_t account = 0;
    U256 reported, computed;
    BreakCause cause = BreakCause::contradiction;
};
struct HealthReconciliation {
    FigureAgreement figures;  // dollars are those of the debt
    double largest = 0.0;     // relative difference
    std::vector<HealthBreak> breaks;
};
// A health factor follows from the book's own columns alone: another threshold that the book itself has for the asset
// may explain a break (unknown tier), all supplies taken as collateral (our reading); else the file contradicts itself.

[[nodiscard]] HealthReconciliation reconcile_health(const LendingBook& book,
                                                    const LendingOutcome& outcome,
                                                    double tolerance);

// `moves` by asset of the book.
struct LoanStress {
    const LendingBook* book = nullptr;
    std::span<const AssetMove> moves;
};
// Between prices that the oracle publishes, of such a shock.
[[nodiscard]] Duration lending_step(const Shock& shock);

// `step` 0 = that of lending_step(). Of totals accounts and calls stay empty.
enum class LendingDetail : std::uint8_t { all, totals };
[[nodiscard]] LendingOutcome run_lending(const LoanStress& loans,
                                         const Shock& shock,
                                         Duration step = {},
                                         LendingDetail detail = LendingDetail::all);

}  // namespace margincall::inline desk
