// What is liquidated by margin tier: which positions a change of one tier would reach.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "report/stress_report.hpp"

namespace margincall::inline report {

// The positions of a coin at a venue whose value at the start lies in one tier, and which way they went; USD.
struct TierRow {
    std::string venue, coin;
    std::size_t tier = 0;                       // from 1; 0 = accounts with a rate of their own
    double floor = 0.0, cap = 0.0;              // of the tier
    double rate = 0.0;                          // maintenance, share
    std::uint64_t positions = 0;                // of the book
    double notional = 0.0;                      // at the start
    double book = 0.0, taken = 0.0, adl = 0.0;  // liquidated: sold, taken over, deleveraged
    [[nodiscard]] double liquidated() const { return book + taken + adl; }
};
// Of one case; tiers without a liquidation are there, too. What the funds and winners got most of comes first.
[[nodiscard]] std::vector<TierRow> tier_rows(const StressReport& report,
                                             const StressColumn& column);
[[nodiscard]] StressTable tier_table(const StressReport& report, std::size_t rows_most);
[[nodiscard]] std::string tiers_csv(const StressReport& report);

}  // namespace margincall::inline report
