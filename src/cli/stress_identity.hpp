// What the answer of a stress depends on, in one canonical form, and the hash of that: two stresses of
// one hash say the same, whatever options they were written with; where an option that changes what
// is said differs, the hash differs. How the answer is shown or kept is not part of it.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "desk/run.hpp"

namespace margincall::inline cli {

// A market as the stress uses it: with depth, funds and prices given beside the scenario.
struct StressMarketIdentity {
    const StressMarket* market = nullptr;
    std::string_view resolved;  // text of the scenario that it is from
};

struct StressInputs {
    std::string book_hash;
    std::size_t rows_left_out = 0;
    StressMarketIdentity market;
    std::vector<StressMarketIdentity> proposed;
    std::uint32_t stages = 0;  // of the proposed rules
    const Shock* shock = nullptr;
    StressOptions options;
    std::uint32_t defaults = 0;  // so many owner groups, in a case of their own
    bool reverse = false;
    bool varied = false;                 // with variations
    std::vector<std::string> limits;     // as given
    std::vector<std::string> adl_ranks;  // words of the orders that are compared
    double tolerance = 0.0;              // of the reconciliation, fraction
    // Of a lending book; none without one.
    std::vector<std::pair<std::string, std::string>> lending;
};

// Name and value in a fixed order; long parts as hashes.
using StressIdentity = std::vector<std::pair<std::string, std::string>>;
[[nodiscard]] StressIdentity stress_identity(const StressInputs& inputs);
// FNV-1a of the rows; 16 hexadecimal digits.
[[nodiscard]] std::string stress_hash(const StressIdentity& identity);

}  // namespace margincall::inline cli
