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
    std::size_t below_one_before = 0, below_one_unhelped = 0, liquidated = 0, below_one_after = 0;
    U256 collateral_base, debt_base;  // of the book, at its own prices; enabled collateral only
    U256 repaid_base, seized_base, fee_base, written_off_base, uncovered_base;
    std::uint64_t digest = 0;  // over all postings of all accounts, in the book's order

    [[nodiscard]] U256 bonus_base() const { return difference_or_zero(seized_base, repaid_base); }
    [[nodiscard]] U256 bad_debt_base() const { return written_off_base + uncovered_base; }
};

// Bonuses for rows whose book says none: for all, for one asset, for accounts in an e-mode; a row takes the
// e-mode's where its account is in one, else its asset's, else that of all.
struct LendingBonuses {
    std::optional<std::uint32_t> all_bps, emode_bps;
    std::vector<std::pair<std::string, std::uint32_t>> assets;
};
// From "6%", "wstETH=7%", "emode=1%". E615.
[[nodiscard]] LendingBonuses parse_bonuses(std::span<const std::string> texts, Errors& errors);
// Puts them where the book says none. E610 for each asset that can be seized and has none.
void fill_bonuses(LendingBook& book, const LendingBonuses& bonuses, Errors& errors);

// Reported against the engine's, at the book's own prices.
struct HealthBreak {
    std::uint32_t account = 0;
    U256 reported, computed;
};
struct HealthReconciliation {
    std::size_t compared = 0;
    U256 debt_compared_base, debt_agrees_base;
    double largest = 0.0;  // relative difference
    std::vector<HealthBreak> breaks;
};
[[nodiscard]] HealthReconciliation reconcile_health(const LendingBook& book,
                                                    const LendingOutcome& outcome,
                                                    double tolerance);

// `moves` by asset of the book.
[[nodiscard]] LendingOutcome run_lending(const LendingBook& book,
                                         std::span<const AssetMove> moves,
                                         const Shock& shock);

}  // namespace margincall::inline desk
