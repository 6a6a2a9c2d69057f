// What a stress was asked and with what: what its answer depends on, and the head of its report.
#pragma once

#include "cli/stress_case.hpp"
#include "cli/stress_identity.hpp"
#include "cli/stress_settings.hpp"
#include "report/stress_report.hpp"

namespace margincall::inline cli {

[[nodiscard]] StressIdentity identity_of(const StressArguments& arguments,
                                         const StressSettings& settings,
                                         const StressCase& about);

// A report without results. It points into `about`.
[[nodiscard]] StressReport report_head(const StressArguments& arguments,
                                       const StressSettings& settings,
                                       const StressCase& about);

}  // namespace margincall::inline cli
