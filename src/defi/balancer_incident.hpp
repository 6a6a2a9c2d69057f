// The two Ethereum pools of 3 November 2025 as they stood before the attack (block 23717397), and
// the parameters its batch was built with. Balances, rates and fees: asset deltas and end balances
// logged for transaction 0x6ed07db1a9fe5c0794d44cd36081d6a6df103fab868cdd75d581e3bd23bc9742; the
// swap fee is 0.01 %, the protocol's share of it 50 %. The rate of osETH is not logged; it is the
// only integer that gives the logged rate of the pool. docs/balancer-incident.md tells the story.
#pragma once

#include <string>
#include <vector>

#include "defi/balancer_attacker.hpp"

namespace margincall::balancer {

struct IncidentPool {
    std::vector<std::string> tokens;  // in registered order; BPT is the pool's own shares
    ComposableStablePool pool;
    AttackParameters attack;
};

[[nodiscard]] IncidentPool oseth_weth_before_attack();
[[nodiscard]] IncidentPool wsteth_weth_before_attack();

}  // namespace margincall::balancer
