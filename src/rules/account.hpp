// A leveraged account row: what is fixed when it is drawn or opened.
#pragma once

#include <cstddef>
#include <cstdint>

#include "market/order.hpp"

namespace margincall::inline rules {

enum class MarginMode : std::uint8_t { isolated, cross };

// Most positions that an account of the population holds.
inline constexpr std::size_t portfolio_positions_max = 6;

// A leveraged position, as drawn by the population or opened during the run: mostly an account of
// its own. It stands for `weight` like accounts: sizes and margin are totals over them.
struct AccountSeed {
    InstrumentId instrument;
    Side side = Side::buy;  // buy = long
    MarginMode mode = MarginMode::isolated;
    std::uint8_t hedger = 0;      // short with spot against it: no stop, no top-up
    std::uint8_t basis_fund = 0;  // opened for the agent that takes hedges, where there is one
    std::uint8_t may_top_up = 0;
    std::uint32_t weight = 1;
    Lots qty;      // > 0
    Ticks entry;   // burn-in: average entry price; opening: ignored, the fills decide
    Money margin;  // isolated margin, or the whole wallet in cross mode
    std::int64_t leverage_e2 =
        100;     // chosen (isolated) or effective (cross) leverage at entry, times 100
    Ticks stop;  // stop-market trigger on mark; 0 = none
    // Cross accounts: this part of the margin is pledged in the plan's synthetic dollar.
    std::uint32_t collateral_ppm = 0;
    // The positions of one cross account in several coins (a portfolio) have its number, 1, 2, ...,
    // the same venue, side, weight and may_top_up, and follow each other; each brings its margin.
    // 0: an account of its own.
    std::uint32_t portfolio = 0;
};

}  // namespace margincall::inline rules
