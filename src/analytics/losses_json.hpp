// Distributions of losses, as summaries and attributions hold them.
#pragma once

#include <nlohmann/json_fwd.hpp>
#include <span>

#include "analytics/loss_distribution.hpp"

namespace margincall::inline analytics {

[[nodiscard]] nlohmann::ordered_json losses_json(std::span<const LossDistribution> losses);

}  // namespace margincall::inline analytics
