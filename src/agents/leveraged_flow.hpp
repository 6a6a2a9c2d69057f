// The agent that acts for the owners of leveraged accounts: it shows them the market and sends what
// they decide (leveraged_owners.hpp). One agent for all perps; wakes once per
// PopulationPlan::clock.
#pragma once

#include "agents/leveraged_owners.hpp"
#include "sim/agent.hpp"

namespace margincall::inline agents {

class LeveragedFlow : public AgentOf<LeveragedFlow> {
  public:
    explicit LeveragedFlow(const Plan& plan);

    [[nodiscard]] AgentSetup setup() const override;
    void wake(AgentContext& context) override;

  private:
    const Plan& plan_;
    LeveragedOwners owners_;
    SimTime previous_;
};

}  // namespace margincall::inline agents
