// Auto-deleveraging queue: who on the winning side is closed first. Scores are doubles that only
// decide the order; ties end in the row id. Rules, sources and examples: docs/adl.md.
#pragma once

#include <array>
#include <cstdint>
#include <string_view>

#include "market/order.hpp"
#include "rules/margin.hpp"

namespace margincall::inline rules {

// The words of `adl.rank`, in the order of AdlRank; the first five are venues' own.
inline constexpr std::array<std::string_view, 13> adl_rank_words = {"profit*margin-ratio",
                                                                    "leveraged-return",
                                                                    "price-ratio*leverage",
                                                                    "profit/margin-ratio",
                                                                    "fixed-order",
                                                                    "profit-only",
                                                                    "leverage-only",
                                                                    "profit*leverage",
                                                                    "hedge-exempt",
                                                                    "pro-rata",
                                                                    "integer-pro-rata",
                                                                    "profit-pro-rata",
                                                                    "equity-pro-rata"};
[[nodiscard]] constexpr std::string_view adl_rank_word(AdlRank rank) {
    return adl_rank_words[static_cast<std::size_t>(rank)];
}

// What the ranking looks at, for one of the row's like accounts; USD.
struct AdlAccount {
    std::uint32_t row = 0;
    Side side = Side::buy;
    double entry = 0.0;  // average entry price
    double mark = 0.0;
    double notional = 0.0;  // at mark, > 0
    double wallet = 0.0;    // collateral without unrealised PnL
    double unrealised = 0.0;
    double maintenance = 0.0;
};
[[nodiscard]] AdlAccount make_adl_account(std::uint32_t row,
                                          const Instrument& inst,
                                          const PositionState& state,
                                          Money maintenance,  // of the account
                                          Ticks mark);

// May the account be chosen at all? Its equity must be positive, and where the rule sorts positions
// in profit only (price_ratio_times_leverage) it must have one.
[[nodiscard]] bool adl_eligible(AdlRank rank, const AdlAccount& account);

// Higher is closed earlier.
//   pnl_times_margin_ratio      max(0, uPnL) / max(1 USD, wallet) * maintenance / (wallet + uPnL)
//   leveraged_return            r * L for r > 0, else r / L; r = uPnL / entry value
//   price_ratio_times_leverage  mark / entry (shorts: entry / mark) * notional / equity
//   pnl_by_margin_ratio         r / m for r > 0, else r * m; m = equity / maintenance
//   profit_only r, leverage_only L, profit_times_leverage and hedge_exempt max(0, r) * L
//   fixed_order and the proportional ones  0, so that the row id decides
// L = notional / equity. 0 when equity is not positive.
[[nodiscard]] double adl_score(AdlRank rank, const AdlAccount& account);

// uPnL / entry value; 0 without an entry value.
[[nodiscard]] double return_on_entry(const AdlAccount& account);
// notional / (wallet + uPnL); 0 when equity is not positive.
[[nodiscard]] double effective_leverage(const AdlAccount& account);

struct AdlEntry {
    double score = 0.0;
    std::uint32_t row = 0;
    bool eligible = true;
    friend bool operator==(const AdlEntry&, const AdlEntry&) = default;
};
[[nodiscard]] AdlEntry adl_entry(AdlRank rank, const AdlAccount& account);
// Order of a queue: highest score first, equal scores by row id. Those that the rule does not sort
// come last: somebody must be the other side.
[[nodiscard]] bool ranks_before(const AdlEntry& a, const AdlEntry& b);

}  // namespace margincall::inline rules
