// What the chain's numbered rows are called where people read them.
#pragma once

#include <cstdint>
#include <string_view>

#include "plan/plan.hpp"

namespace margincall::inline report {

[[nodiscard]] std::string_view lending_market_name(std::uint8_t market);
[[nodiscard]] std::string_view chain_token_name(std::uint8_t token);
// A pool of the incident.
[[nodiscard]] std::string_view incident_pool_name(std::uint32_t pool);
// What a venue takes for the worth of the synthetic dollar as margin.
[[nodiscard]] std::string_view collateral_rule_name(const Plan& plan, std::uint32_t venue);

}  // namespace margincall::inline report
