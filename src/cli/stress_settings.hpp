// The options of `margincall stress` as values: times, switches, limits, who defaults.
#pragma once

#include <cstdint>
#include <expected>
#include <string>
#include <utility>
#include <vector>

#include "base/limit.hpp"
#include "cli/stress.hpp"
#include "cli/stress_failure.hpp"
#include "desk/run.hpp"

namespace margincall::inline cli {

struct StressSettings {
    StressOptions options;       // of every stress; who defaults is a case of its own
    std::uint32_t defaults = 0;  // so many owner groups
    UnnamedCoins unnamed = UnnamedCoins::by_beta;
    bool vary = true;
    std::vector<Limit> limits, fail_ifs;
    std::vector<std::pair<std::string, AdlRank>> adl_ranks;  // by their words, as asked
};
// All problems at once; exit code 2.
[[nodiscard]] std::expected<StressSettings, StressFailure> read_settings(
    const StressArguments& arguments);

}  // namespace margincall::inline cli
