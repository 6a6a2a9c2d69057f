// `margincall bench defi` and its parts `swap`, `lending-liquidation` and `health`: how long a
// swap, a liquidation and the upkeep of a million health factors take. Each checks its own answer:
// pools hold what went in less what went out and their invariants did not fall, the ledger sums to
// zero and claims are backed, and no unhealthy account is missed against looking at all of them.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "base/output.hpp"

namespace margincall::inline bench {

struct DefiBenchSizes {
    std::uint32_t swaps = 20'000;        // per kind of pool
    std::uint32_t borrowers = 10'000;    // one liquidation each
    std::uint32_t accounts = 1'000'000;  // health factors
    std::uint32_t moves = 400;           // price moves over them
    std::uint32_t full_looks = 4;        // comparisons with all accounts
};

[[nodiscard]] bool is_defi_bench(std::string_view name);

// Prints one line (with json one object) per measurement. Returns 0, or 7 if an answer is wrong.
int bench_defi(std::string_view name, const DefiBenchSizes& sizes, Output output);

// One measurement, printed by bench_defi.
struct DefiBenchLine {
    std::string bench;
    std::string what;
    std::uint64_t ops = 0;
    double seconds = 0.0;
    std::uint64_t hash = 0;  // over the results, equal on every machine
    bool answer_ok = false;
    std::string more;  // further figures as JSON members, or empty
};
[[nodiscard]] DefiBenchLine bench_liquidations(std::uint32_t borrowers);
[[nodiscard]] DefiBenchLine bench_health(const DefiBenchSizes& sizes);

}  // namespace margincall::inline bench
