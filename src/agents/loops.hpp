// Owners of loops: synthetic dollars (or their staked form) lent, dollars borrowed against them.
//
// At leverage L = collateral / (collateral - debt) a loop earns y L and pays r (L - 1) a year on
// its equity. It leaves while what carrying it over the horizon (the cooldown of 7 days, the other
// way out) costs exceeds what selling at the pool's price loses, and comes back, up to the leverage
// it started with, once a loop earns again (rules D2).
#pragma once

#include <memory>
#include <vector>

#include "agents/asset_books.hpp"
#include "chain/defi_world.hpp"

namespace margincall::inline agents {

enum class LoopWish : std::uint8_t { stay, leave, grow };
struct LoopView {
    double leverage = 1.0;        // now
    double leverage_start = 1.0;  // when the run began
    double yield = 0.0;           // y, a year
    double rate = 0.0;            // r, a year
    double price = 1.0;           // USD that a pool pays for one, after its fee
    double horizon_days = 7.0;
};
// Least price for which it sells: below it, waiting for the horizon's end costs less.
[[nodiscard]] double loop_least_price(const LoopView& view);
[[nodiscard]] LoopWish loop_wish(const LoopView& view);

class LoopOwners : public AgentOf<LoopOwners> {
  public:
    explicit LoopOwners(const Plan& plan) : plan_{plan} {}
    [[nodiscard]] AgentSetup setup() const override;
    void wake(AgentContext& context) override;

  private:
    const Plan& plan_;
    std::vector<double> leverage_start_;  // by account; 0 = not seen yet
};

[[nodiscard]] std::vector<std::unique_ptr<Agent>> make_loop_owners(const Plan& plan);

}  // namespace margincall::inline agents
