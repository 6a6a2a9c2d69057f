#include "desk/outcome_figures.hpp"

#include <array>

namespace margincall::inline desk {
namespace {

constexpr std::array figures = {
    OutcomeFigure{
        "accounts_liquidated",
        "accounts liquidated",
        FigureUnit::count,
        [](const StressOutcome& o) { return static_cast<double>(o.accounts_liquidated); }},
    OutcomeFigure{"liquidated_usd",
                  "liquidated, notional",
                  FigureUnit::usd,
                  [](const StressOutcome& o) { return o.liquidated_long + o.liquidated_short; }},
    OutcomeFigure{"liquidated_long_usd",
                  "  of it long",
                  FigureUnit::usd,
                  [](const StressOutcome& o) { return o.liquidated_long; }},
    OutcomeFigure{"in_book_usd",
                  "  sold into the books",
                  FigureUnit::usd,
                  [](const StressOutcome& o) { return o.in_book; }},
    OutcomeFigure{"taken_over_usd",
                  "  taken over by funds, engines, vaults",
                  FigureUnit::usd,
                  [](const StressOutcome& o) { return o.taken_over; }},
    OutcomeFigure{
        "no_counterparty_usd",
        "    of it for want of a winner in the book",
        FigureUnit::usd,
        [](const StressOutcome& o) { return pool_sum(o.pools, &PoolResult::no_counterparty); }},
    OutcomeFigure{"deleveraged_usd",
                  "  closed by auto-deleveraging",
                  FigureUnit::usd,
                  [](const StressOutcome& o) { return o.by_adl; }},
    OutcomeFigure{"past_cap_usd",
                  "refused by funds with money for their cap",
                  FigureUnit::usd,
                  [](const StressOutcome& o) { return pool_sum(o.pools, &PoolResult::past_cap); }},
    OutcomeFigure{"slippage_usd",
                  "slippage of liquidations",
                  FigureUnit::usd,
                  [](const StressOutcome& o) { return o.slippage; }},
    OutcomeFigure{"units_bankrupt",
                  "bankrupt (wallet or isolated position)",
                  FigureUnit::count,
                  [](const StressOutcome& o) { return static_cast<double>(o.units_bankrupt); }},
    OutcomeFigure{"fund_before_usd",
                  "funds before",
                  FigureUnit::usd,
                  [](const StressOutcome& o) { return o.fund_before; }},
    OutcomeFigure{"fund_draw_usd",
                  "largest draw, summed over funds",
                  FigureUnit::usd,
                  [](const StressOutcome& o) { return o.fund_draw; }},
    OutcomeFigure{"fund_after_usd",
                  "funds after, positions at mark",
                  FigureUnit::usd,
                  [](const StressOutcome& o) { return o.fund_after; }},
    OutcomeFigure{"funds_emptied",
                  "funds emptied",
                  FigureUnit::count,
                  [](const StressOutcome& o) { return static_cast<double>(o.funds_emptied); }},
    OutcomeFigure{"adl_usd",
                  "ADL, notional of winners closed",
                  FigureUnit::usd,
                  [](const StressOutcome& o) { return pool_sum(o.pools, &PoolResult::adl); }},
    OutcomeFigure{"adl_accounts",
                  "  accounts",
                  FigureUnit::count,
                  [](const StressOutcome& o) { return static_cast<double>(o.adl_accounts); }},
    OutcomeFigure{"adl_forgone_usd",
                  "  profit forgone by the end",
                  FigureUnit::usd,
                  [](const StressOutcome& o) { return o.adl_forgone; }},
    OutcomeFigure{"bad_debt_usd",
                  "bad debt",
                  FigureUnit::usd,
                  [](const StressOutcome& o) { return o.bad_debt; }},
};

}  // namespace

std::span<const OutcomeFigure> outcome_figures() {
    return figures;
}

}  // namespace margincall::inline desk
