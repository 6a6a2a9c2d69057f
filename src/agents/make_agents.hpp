// All agents of a plan in a fixed order. The order gives nobody's draws: every stream is named by
// (family, index), so a family that is switched off changes no other entity's numbers.
#pragma once

#include <memory>
#include <vector>

#include "sim/agent.hpp"

namespace margincall::inline agents {

[[nodiscard]] std::vector<std::unique_ptr<Agent>> make_agents(const Plan& plan);

}  // namespace margincall::inline agents
