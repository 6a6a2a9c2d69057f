// attribution.json and attribution.csv: what an attribution says, with what it stands on. Pages and terminal print
// this and compute nothing of their own.
#pragma once

#include <string>

#include "analytics/summary.hpp"
#include "lab/attribution.hpp"

namespace margincall::inline lab {

// Keys in docs/attribution.md. `gates`: whether shares of a price may be stated.
[[nodiscard]] std::string attribution_json(const AttributionPlan& plan,
                                           const Attribution& result,
                                           const PriceGates& gates);
// A line an outcome and player.
[[nodiscard]] std::string attribution_csv(const Attribution& result, const PriceGates& gates);

// "identified", "not identified" or "void": what may be said of a share.
[[nodiscard]] std::string share_state(const OutcomeAttribution& outcome,
                                      const PlayerShare& share,
                                      const PriceGates& gates);

}  // namespace margincall::inline lab
