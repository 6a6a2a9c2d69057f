// policies.json and policies.csv (docs/policies.md).
#pragma once

#include <span>
#include <string>
#include <vector>

#include "analytics/summary.hpp"
#include "lab/policy_table.hpp"

namespace margincall::inline lab {

// A day with its table.
struct DayTable {
    const PolicyDay* day = nullptr;
    PolicyTable table;
    bool quiet = false;  // shows what policies cost; in no ranking
};
[[nodiscard]] std::string policies_json(std::span<const Policy> policies,
                                        std::span<const DayTable> days,
                                        const PriceGates& gates);
[[nodiscard]] std::string policies_csv(std::span<const Policy> policies,
                                       std::span<const DayTable> days);
// The tables of the days that are not quiet, for rank_policies.
[[nodiscard]] std::vector<PolicyTable> crash_tables(std::span<const DayTable> days);

}  // namespace margincall::inline lab
