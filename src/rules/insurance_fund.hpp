// The insurance fund as rules: when its decline starts and stops auto-deleveraging.
// Sources: docs/venues.md; examples: docs/liquidation.md.
#pragma once

#include "base/fraction.hpp"
#include "base/strong.hpp"

namespace margincall::inline rules {

// Against the average of a window: the fund may fall by the larger of a share and an amount.
struct AverageFallRule {
    Fraction share;  // of the average
    Amount least;    // money
};
// average - max(share of it, least)
[[nodiscard]] Amount fall_threshold(const AverageFallRule& rule, Amount average);
// Deleverage when the fund is below the threshold or empty.
[[nodiscard]] bool fallen_below(const AverageFallRule& rule, Amount balance, Amount average);

// Against the peak of a window: drawdown ratios are negative, (now - peak) / peak.
struct PeakFallRule {
    Fraction start, stop;  // e.g. -0.30 and -0.25
    Amount least_balance;  // below it the ratio does not count
};
enum class PoolState : std::uint8_t { steady, started, stopped };
// started: the ratio is below `start` while the balance exceeds the least one, or nothing is left;
// stopped: the ratio is above `stop` and something is left.
[[nodiscard]] PoolState pool_state(const PeakFallRule& rule, Amount balance, Fraction ratio);

}  // namespace margincall::inline rules
