// What the gates say of prices, as summaries, attributions and policy tables hold it.
#pragma once

#include <nlohmann/json_fwd.hpp>

#include "analytics/summary.hpp"

namespace margincall::inline analytics {

[[nodiscard]] nlohmann::ordered_json price_gates_json(const PriceGates& gates);

}  // namespace margincall::inline analytics
