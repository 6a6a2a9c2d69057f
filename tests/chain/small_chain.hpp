// A chain without a market: a ledger, what a plan puts on it, and blocks that a test makes. The
// ledger's sums and the chain's own laws are checked after every block.
#pragma once

#include "chain/chain_units.hpp"
#include "chain/defi_world.hpp"
#include "support/small_plan.hpp"

namespace margincall::test {

struct SmallChain {
    explicit SmallChain(const Plan& p)
        : plan(p),
          ledger(static_cast<std::uint32_t>(1 + p.assets.size() + p.instruments.size()) +
                 DefiWorld::own_assets()),
          world(
              plan, ledger, static_cast<LedgerAsset>(1 + p.assets.size() + p.instruments.size())) {}
    void block(double eth = 4'000.0, double btc = 100'000.0) {
        now = now + seconds(12);
        world.on_block(now, {eth, btc, 1.0});
        check_ledger(ledger);
        world.check();
    }
    // One call of agent 0 in the next block.
    void act(const ChainCall& call) {
        world.send(call, 1);
        block();
    }
    Plan plan;
    Ledger ledger;
    DefiWorld world;
    SimTime now;
};

}  // namespace margincall::test
