// The auto-deleveragings of a stress (adl.csv of its folder, docs/stress.md) as waves, case by case: there every
// account is known, and with it what it would have had at the end.
#pragma once

#include <expected>
#include <string>
#include <vector>

#include "base/error.hpp"
#include "waves/wave_record.hpp"
#include "waves/wave_tally.hpp"

namespace margincall::inline waves {

// A wave ends where nothing is deleveraged for longer than this.
inline constexpr double wave_gap_s = 5.0;

struct CaseWaves {
    std::string name;  // of the case: today, a default, proposed rules, a ranking
    std::vector<double> start_s;
    WaveTally tally;
    // Closed against accounts that had been deleveraged themselves before, which a closed leg may have made
    // insolvent: notional, USD, and how many accounts.
    double against_hit = 0.0;
    std::uint64_t accounts_against_hit = 0;
};

// needed: the distance of the closing price from the mark on the winner's side. taken: that, and the further profit
// until the end of the stress, had the position stayed open, where the two together are above 0. Equity is not in
// the file, so nobody's share of it is known. Errors as read_wave_record.
[[nodiscard]] std::expected<std::vector<CaseWaves>, Errors> read_stress_waves(
    const RecordText& file);

}  // namespace margincall::inline waves
