// An attribution on the terminal.
#pragma once

#include <string>

#include "analytics/summary.hpp"
#include "lab/attribution.hpp"

namespace margincall::inline cli {

[[nodiscard]] std::string attribution_text(const AttributionPlan& plan,
                                           const Attribution& result,
                                           const PriceGates& gates);

}  // namespace margincall::inline cli
