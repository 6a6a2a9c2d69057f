// An agent of a test that does one thing, once.
#pragma once

#include <functional>
#include <memory>
#include <utility>

#include "sim/agent.hpp"

namespace margincall::testing {

class ActsOnce final : public AgentOf<ActsOnce> {
  public:
    using Act = std::function<void(AgentContext&)>;
    // `setup.first_wake` says when.
    ActsOnce(AgentSetup setup, Act act) : setup_{std::move(setup)}, act_{std::move(act)} {}
    [[nodiscard]] AgentSetup setup() const override { return setup_; }
    void wake(AgentContext& context) override { act_(context); }

  private:
    AgentSetup setup_;
    Act act_;
};

inline std::unique_ptr<Agent> acts_once(AgentSetup setup, ActsOnce::Act act) {
    return std::make_unique<ActsOnce>(std::move(setup), std::move(act));
}

}  // namespace margincall::testing
