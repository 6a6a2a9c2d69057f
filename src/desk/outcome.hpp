// What a stress found: rows as they happened and sums over them. Plain values; money in dollars as
// doubles, because nothing is decided here.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "base/strong.hpp"
#include "clearing/records.hpp"
#include "desk/unwind_cost.hpp"
#include "market/order.hpp"

namespace margincall::inline desk {

// How a part of a position left its account.
enum class ClosedBy : std::uint8_t {
    book,      // sold into the order book
    takeover,  // taken over by the fund, engine or vault
    adl,       // closed against accounts on the winning side
};
[[nodiscard]] const char* closed_by_word(ClosedBy by);

struct LiquidationRow {
    double time_s = 0.0;
    std::uint32_t unit = 0;
    InstrumentId instrument;
    Side side = Side::buy;  // of the position
    ClosedBy by = ClosedBy::book;
    double coins = 0.0;
    double price = 0.0;       // average price got
    double mark = 0.0;        // at which the venue acted
    double bankruptcy = 0.0;  // limit of the order, price of the takeover
    double notional = 0.0;    // coins * price
    double slippage = 0.0;    // book: worth lost against the shock path's price, USD
    double fee = 0.0;
    double equity_before = 0.0;  // of the unit
    bool by_default = false;     // its group was made to default; the margin was enough
};

struct AdlRow {
    double time_s = 0.0;
    std::uint32_t rank = 0;          // in the queue, from 1
    std::uint32_t unit = 0;          // who was closed
    std::int64_t against_unit = -1;  // -1 = the pool's own position
    InstrumentId instrument;
    Side side = Side::buy;  // of the position closed
    double coins = 0.0;
    double price = 0.0;
    double mark = 0.0;
    double score = 0.0;
    double leverage = 0.0;
    double needed = 0.0;   // notional that the insolvent side left at this step; shared by its rows
    double profit = 0.0;   // realised by the closing, USD
    double forgone = 0.0;  // further profit by the end of the stress, had it stayed open
};

struct PoolResult {
    std::uint32_t pool = 0;
    double before = 0.0, lowest = 0.0, after = 0.0;  // cash and positions at mark, USD
    double lowest_time_s = 0.0;
    double emptied_time_s = -1.0;  // -1 = never
    double fees = 0.0;             // liquidation fees received
    double margin_taken = 0.0;     // what accounts had left when they were taken over
    double shortfall = 0.0;        // paid for accounts below zero
    double bad_debt = 0.0;         // what nobody paid
    double taken_over = 0.0;       // notional taken over
    double unwound = 0.0;          // notional sold again into the book
    double held = 0.0;             // notional still held at the end, gross
    double adl = 0.0;              // notional closed by auto-deleveraging
    double no_counterparty = 0.0;  // notional that the queue in the book could not take
    // Notional that it would have taken over but for its cap, though it still had money: closed by
    // auto-deleveraging, or kept whatever the cap for want of a counterparty.
    double past_cap = 0.0;
};

[[nodiscard]] inline double pool_sum(const std::vector<PoolResult>& pools,
                                     double PoolResult::*part) {
    double usd = 0.0;
    for (const PoolResult& pool : pools) {
        usd += pool.*part;
    }
    return usd;
}

struct InstrumentResult {
    InstrumentId instrument;
    double start = 0.0, end = 0.0;              // mark
    double lowest = 0.0, highest = 0.0;         // mark
    double reference_end = 0.0;                 // shock path alone
    double impact_down = 0.0, impact_up = 0.0;  // largest distance of mark from the shock path
    double book = 0.0, takeover = 0.0, adl = 0.0, unwound = 0.0;  // notional, USD
    double no_counterparty = 0.0;                                 // of `takeover`
    double slippage = 0.0;
    std::uint64_t fills = 0;
};

struct GroupDefault {
    std::uint32_t group = 0;
    double notional = 0.0;  // gross, at the marks of the start
};

// One row a step that something happened in, thinned to a few hundred.
struct StressSample {
    double time_s = 0.0;
    std::vector<double> reference, mark;  // by coin: shock path, average mark over venues
    double liquidated_long = 0.0, liquidated_short = 0.0;  // cumulative, USD
    std::vector<double> pool;                              // equity by pool
    std::uint64_t accounts = 0;                            // cumulative
};

struct StressOutcome {
    double end_s = 0.0;
    double step_s = 0.0;
    std::uint64_t steps = 0;
    bool settled = true;  // false: cases were still open when the time after the shock was over

    std::uint64_t accounts_liquidated = 0;                 // accounts of the book, over venues
    std::uint64_t units_bankrupt = 0;                      // left with nothing or less
    double liquidated_long = 0.0, liquidated_short = 0.0;  // notional, all ways of closing
    double in_book = 0.0, taken_over = 0.0, by_adl = 0.0;
    double slippage = 0.0;
    double fees = 0.0;
    double shortfall = 0.0;
    double bad_debt = 0.0;
    double fund_before = 0.0, fund_lowest = 0.0, fund_after = 0.0;
    double fund_draw = 0.0;  // sum over pools of before - lowest
    std::uint64_t funds_emptied = 0;
    double adl_forgone = 0.0;
    std::uint64_t adl_accounts = 0;

    std::vector<LiquidationRow> liquidations;
    std::vector<AdlRow> adl;
    std::vector<PoolResult> pools;              // by pool
    std::vector<InstrumentResult> instruments;  // by instrument
    std::vector<StressSample> samples;
    std::vector<UnwindCost> unwind;  // by coin, bids before asks
    std::vector<GroupDefault> defaults;
    std::vector<std::uint8_t> unit_touched;  // by unit: liquidated at least partly
    std::vector<StepCounts> engine_steps;    // by venue: what the liquidation engine did
    std::uint64_t postings = 0;
    std::uint64_t digest = 0;  // of the ledger
};
// Without the rows that only a stress of full detail has.
[[nodiscard]] inline StressOutcome totals_of(StressOutcome outcome) {
    outcome.liquidations.clear();
    outcome.samples.clear();
    outcome.unwind.clear();
    return outcome;
}

}  // namespace margincall::inline desk
