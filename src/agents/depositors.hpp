// Lenders of the dollar markets (issue 4): they leave when uncertainty rises, so that utilisation
// and with it the rate jump, and come back slowly. Lenders of a market whose collateral failed run
// for what is left.
#pragma once

#include <memory>
#include <vector>

#include "chain/defi_world.hpp"
#include "sim/agent.hpp"

namespace margincall::inline agents {

// Share of their deposit that a lender wants out at uncertainty `u` above its start.
[[nodiscard]] double wanted_out(double sensitivity, double u);

class Depositors : public AgentOf<Depositors> {
  public:
    explicit Depositors(const Plan& plan);
    [[nodiscard]] AgentSetup setup() const override;
    void wake(AgentContext& context) override;

  private:
    struct Lender {
        ChainMarket market = ChainMarket::main;
        double deposit_usd = 0.0;
        double sensitivity = 0.0;
    };
    const Plan& plan_;
    std::vector<Lender> lenders_;
};

[[nodiscard]] std::vector<std::unique_ptr<Agent>> make_depositors(const Plan& plan);

}  // namespace margincall::inline agents
