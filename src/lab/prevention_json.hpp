// prevent.json and prevent.csv (docs/prevent.md), and the answer in a sentence or two.
#pragma once

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "analytics/summary.hpp"
#include "lab/prevention.hpp"
#include "lab/task_list.hpp"

namespace margincall::inline lab {

// A setting that holds in the search, on seeds that were not used there.
struct FreshTrial {
    std::size_t row = 0;  // of Prevention::tried
    KeptLimits kept;
};

struct Prevention {
    const TaskList* base = nullptr;  // today's rules, the seeds of the search; never null
    std::vector<Limit> limits;
    double share = 0.95;
    std::vector<Lever> levers;
    std::vector<std::pair<std::string, std::string>> left_out;  // lever and why
    std::vector<std::pair<std::string, std::string>> pairs;     // of groups
    bool tried_pairs = false;
    KeptLimits today;  // on the seeds of the search
    std::vector<TriedSetting> tried;
    std::vector<std::vector<std::string>>
        changed;                          // by row of tried: lines of the resolved scenario
    std::vector<QuietCost> costs;         // by row of tried; empty: no quiet day
    std::vector<std::string> quiet_days;  // titles
    std::uint64_t fresh_from = 0;
    std::int64_t fresh_seeds = 0;
    KeptLimits today_fresh;  // without worlds where nothing was tried on fresh seeds
    std::vector<FreshTrial>
        fresh;  // in the order of cheapest_first; the last one is the answer, or failed
    double core_hours = 0.0;
};

enum class PreventionEnd : std::uint8_t {
    today,    // today's rules keep the limits
    found,    // the last of `fresh` keeps them there as well
    failed,   // some settings hold in the search, and those that were looked at fail on fresh seeds
    nothing,  // nothing tried keeps them
};
[[nodiscard]] PreventionEnd end_of(const Prevention& search);
// Sentences: what the answer is, and how sure.
[[nodiscard]] std::vector<std::string> prevention_answer(const Prevention& search);
// "19 of 20 worlds, 95.00 % (78.39 … 99.74 %)"
[[nodiscard]] std::string kept_text(const KeptShare& kept);

[[nodiscard]] std::string prevention_json(const Prevention& search, const PriceGates& gates);
[[nodiscard]] std::string prevention_csv(const Prevention& search);

}  // namespace margincall::inline lab
