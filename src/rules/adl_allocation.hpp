// Who gives up how much when a position is closed against the other side, as values: by the queue
// of a ranking or in proportion. Each result says what was needed and taken, from whom, how much
// profit beyond the shortfall the price took from the chosen, and what they forgo at later prices.
// Rules and examples: docs/adl.md.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "rules/adl_rank.hpp"

namespace margincall::inline rules {

// One account of the winning side.
struct AdlCandidate {
    AdlAccount account;  // .row identifies it
    Lots size;           // that it can give, > 0
    Lots hedged;         // of it stands against an opposite position elsewhere (hedge_exempt)
};

struct AdlTaken {
    std::uint32_t row = 0;
    Lots lots;
};
struct AdlAllocation {
    Lots needed;
    Lots taken;                    // the sum of `from`; less than needed when the side is too small
    std::vector<AdlTaken> from;    // in the order of closing, only positive sizes
    std::vector<AdlEntry> ranked;  // the queue with scores, highest first
};

// Closes `needed` (>= 0) against the candidates. Rankings close whole positions from the top of the
// queue until the size is used up. `pro_rata` gives each candidate its share of the size rounded
// down and closes the rest, under one lot each, by the queue of larger remainders (ties by row).
// `hedge_exempt` takes unhedged lots by profit times leverage first, hedged lots only then.
[[nodiscard]] AdlAllocation allocate_adl(AdlRank rank,
                                         std::span<const AdlCandidate> candidates,
                                         Lots needed);

// The same by scores from elsewhere, one per candidate, highest first.
[[nodiscard]] AdlAllocation allocate_by_score(std::span<const double> scores,
                                              std::span<const AdlCandidate> candidates,
                                              Lots needed);

// Light of each ranked account: 1 (first fifth of the cumulated size) to 5; in queue order.
[[nodiscard]] std::vector<std::uint32_t> adl_lights(const AdlAllocation& allocation,
                                                    std::span<const AdlCandidate> candidates);

// Money of an allocation closed at `price` while the mark is `mark`.
struct AdlMoney {
    Money profit_taken;  // what the chosen lose against closing at the mark; negative: gain
    Money beyond_need;   // of it beyond the shortfall, >= 0
    Money forgone;       // further profit the closed lots would have made at `later`
};
// `winners` = side of the chosen. `shortfall` (>= 0) = negative equity of the insolvent side at the
// mark.
[[nodiscard]] AdlMoney adl_money(const Instrument& inst,
                                 const AdlAllocation& allocation,
                                 Side winners,
                                 Ticks price,
                                 Ticks mark,
                                 Ticks later,
                                 Money shortfall);

}  // namespace margincall::inline rules
