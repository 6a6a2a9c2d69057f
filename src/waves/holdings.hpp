// Which coins each recorded winner was closed in, which the record does not say: dealt out at random so that
// every account's total, every coin's total and the number of fills are the record's. An assumption, repeated
// with other seeds (docs/adl-laboratory.md).
#pragma once

#include <cstdint>
#include <vector>

#include "waves/wave_record.hpp"

namespace margincall::inline waves {

struct WinnerPosition {
    std::uint32_t winner = 0;
    std::uint32_t coin = 0;
    std::int64_t lots = 0;  // short; of the coin's lot (RecordedCoin::decimals)
    double profit_a_lot =
        0.0;  // USD: the account's profit a dollar closed, the same in all its coins
    friend bool operator==(const WinnerPosition&, const WinnerPosition&) = default;
};

struct Holdings {
    std::vector<WinnerPosition> positions;  // by coin, then by winner
    std::vector<std::uint32_t> begin;       // by coin, and one more: first position
};

// Each account's dollars are cut into as many equal pieces as it had fills, the pieces are shuffled, and laid
// along the coins, whose lengths are their dollars. Sizes are cut at whole lots so that a coin's sum is exact.
// `spare` = what everybody had beyond what was closed, as a share of it: not in the record.
[[nodiscard]] Holdings deal_holdings(const WaveRecord& record,
                                     std::uint64_t seed,
                                     double spare = 0.0);

}  // namespace margincall::inline waves
