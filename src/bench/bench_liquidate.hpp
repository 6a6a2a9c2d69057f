// `margincall bench liquidate --accounts N`: one fall of the mark that liquidates half of N
// accounts through the book. Half of the accounts are long with little margin, the others short
// with plenty; a maker's bids rest below. Timed is all from the new mark until the queue is empty:
// finding the accounts, the engine's batches, orders into the book, settlement, fees, take-over by
// the fund of what the book does not take, closing of the accounts. The engine, the order gateway,
// the book and the clearing house are those of the simulation.
#pragma once

#include <cstdint>

namespace margincall::inline bench {

struct LiquidateResult {
    double seconds = 0.0;            // CPU time
    std::uint64_t liquidations = 0;  // accounts closed
    std::uint64_t expected = 0;      // liquidatable at the new mark, by looking at every account
    std::uint64_t book_trades = 0;
    std::uint64_t takeovers = 0;  // accounts whose position ended with the fund
    std::int64_t ledger_sum = 0;
    std::int64_t bad_debt = 0;  // micro-USD
};
[[nodiscard]] LiquidateResult run_liquidate_bench(std::uint32_t accounts);

// Prints one line: text, or with json one object {"accounts","liquidations","expected",
// "liquidations_per_s","book_trades","takeovers","ledger_sum","bad_debt_usd","rss_mb"}. Returns 0,
// or 7 when other accounts were closed than those below their margin, or money was not conserved.
int bench_liquidate(std::uint32_t accounts, bool json);

}  // namespace margincall::inline bench
