// The attacker of a `hack` event (model 8.4): acts on the pools, which compute what is lost, and
// sells ether until the event ends: what was taken, and as a flow shown apart the rest of what was
// reported drained in all places. A pool that cannot be drained ends it: nothing is sold then.
#pragma once

#include <memory>
#include <vector>

#include "agents/asset_books.hpp"

namespace margincall::inline agents {

class ChainAttacker : public AgentOf<ChainAttacker> {
  public:
    ChainAttacker(const Plan& plan, std::size_t event, AssetId eth);
    [[nodiscard]] AgentSetup setup() const override;
    void wake(AgentContext& context) override;

  private:
    void act(AgentContext& context);
    void sell(AgentContext& context);

    const Plan& plan_;
    std::size_t event_;
    AssetId eth_;
    AssetBooks books_;
    std::uint32_t stage_ = 0;
    double sent_usd_ = 0.0;
    SimTime last_;
};

[[nodiscard]] std::vector<std::unique_ptr<Agent>> make_attackers(const Plan& plan);

}  // namespace margincall::inline agents
