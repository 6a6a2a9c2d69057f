// Who gives up how much when a position is closed against the other side, as values: by the queue
// of a ranking or in proportion. Rules and examples: docs/adl.md.
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
    Lots taken;                    // the sum of `from`; less than needed when the side is too small
    std::vector<AdlTaken> from;    // in the order of closing, only positive sizes
    std::vector<AdlEntry> ranked;  // the queue with scores, highest first
};

// Closes `needed` (>= 0) against the candidates. Rankings close whole positions from the top of the
// queue until the size is used up. `pro_rata` gives each candidate its share of the size rounded
// down and closes the rest, under one lot each, by row; `integer_pro_rata` by larger remainders (ties
// by row). `profit_pro_rata` and `equity_pro_rata` share by profit in the size or equity behind it; what
// somebody is asked beyond his size the others share, those without profit or equity last, by size.
// `hedge_exempt` takes unhedged lots by profit times leverage first, hedged lots only then.
[[nodiscard]] AdlAllocation allocate_adl(AdlRank rank,
                                         std::span<const AdlCandidate> candidates,
                                         Lots needed);

// Light of each ranked account: 1 (first fifth of the cumulated size) to 5; in queue order.
[[nodiscard]] std::vector<std::uint32_t> adl_lights(const AdlAllocation& allocation,
                                                    std::span<const AdlCandidate> candidates);

}  // namespace margincall::inline rules
