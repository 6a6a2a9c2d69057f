// `margincall bench mark --accounts N --assets K`: what a mark costs while nobody is liquidated. K
// = 1: N rows with one position each, found by their trigger price; K > 1: N cross accounts with K
// positions each and coins as collateral, found by their safe boxes. Every mark moves all K prices
// by 1 bp. Timed is all that the clearing house does to find who is liquidatable: taking the
// prices, popping the indices, looking at accounts whose box is used up, putting them back. What
// would follow for a liquidatable account is not part of it; such accounts leave.
#pragma once

#include <cstdint>

namespace margincall::inline bench {

struct MarkBench {
    std::uint32_t accounts = 100'000;
    std::uint32_t assets = 1;
    std::uint32_t marks = 10'000;
    double leverage = 6.0;  // median over the accounts
};

struct MarkResult {
    double quiet_us = 0.0, quiet_p99_us = 0.0, worst_us = 0.0;  // CPU time of a mark
    std::uint64_t positions = 0;
    std::uint64_t evaluations = 0;   // safe boxes looked at anew, over all marks
    std::uint64_t liquidatable = 0;  // accounts found, over all marks
    std::uint64_t missed = 0;        // by looking at every account: liquidatable and not found
    std::uint64_t early = 0;         // found and not liquidatable
    std::uint64_t digest = 0;        // of who was found when, and of the clearing house's end
};
[[nodiscard]] MarkResult run_mark_bench(const MarkBench& bench);

// Prints one line: text, or with json one object
// {"accounts","assets","positions","leverage","marks",
// "quiet_us","quiet_p99_us","worst_us","evaluations","liquidatable","missed","early","digest",
// "rss_mb"}. Returns 0, or 7 when an account was missed or found early.
int bench_mark(const MarkBench& bench, bool json);

}  // namespace margincall::inline bench
