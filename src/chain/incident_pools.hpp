// The two composable stable pools that were drained on 3 November 2025 in the state in which the
// attacker found them, and the attacker's batch on each. What is lost is computed by the pools.
// State: Ethereum, before transaction 0x6ed07db1 and its sister; docs/balancer-incident.md.
#pragma once

#include <array>
#include <vector>

#include "chain/chain_call.hpp"
#include "defi/balancer_attacker.hpp"
#include "defi/balancer_vault.hpp"
#include "plan/defi_plan.hpp"

namespace margincall::inline chain {

// One point of an attacked pool's story.
struct IncidentStep {
    std::uint32_t pool = 0;
    std::uint32_t step = 0;
    balancer::AttackStage stage = balancer::AttackStage::drain;
    double invariant = 0.0;  // raw
    double rate = 0.0;       // value of one share
};

struct IncidentOutcome {
    bool attacked = false;
    bool succeeded = false;
    double stolen_eth = 0.0;  // value of the tokens taken, in ether
    double invariant_before = 0.0, invariant_after = 0.0;
};

class IncidentPools {
  public:
    // Tokens: ether, staked ether (wstETH), other staked ether (osETH), and the shares of the
    // pools, osETH/WETH first.
    struct Tokens {
        TokenId eth, staked, other_staked;
        std::array<TokenId, 2> shares;
    };
    IncidentPools(TokenBook& tokens, const Tokens& ids, const IncidentPlan& plan);

    // The attacker acts on one pool. Nothing happens when no batch earns anything.
    void attack(TokenBook& tokens, std::uint32_t pool, HolderId attacker);

    [[nodiscard]] static constexpr std::uint32_t count() { return 2; }
    [[nodiscard]] const balancer::ComposableStablePool& pool(std::uint32_t k) const {
        return vault_.composable(ids_[k]);
    }
    [[nodiscard]] const IncidentOutcome& outcome(std::uint32_t k) const { return outcomes_[k]; }
    [[nodiscard]] const std::vector<IncidentStep>& steps() const { return steps_; }
    [[nodiscard]] const balancer::Vault& vault() const { return vault_; }

  private:
    balancer::Vault vault_;
    std::array<balancer::PoolId, 2> ids_{};
    std::array<IncidentOutcome, 2> outcomes_{};
    std::vector<IncidentStep> steps_;
};

}  // namespace margincall::inline chain
