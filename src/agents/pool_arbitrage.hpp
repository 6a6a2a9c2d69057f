// Trades the chain's pools of the synthetic dollar against each other and against its books on the
// venues.
//
// Slow where the world is slow: what it sees is the last block, a swap lands in the next one, coins
// and dollars need `transfer_blocks` between chain and venue and do not move at all while
// withdrawals are slow (model 9.3). So a book that goes off par while withdrawals are slow stays
// apart from the pools. Its cash is finite and lies half on chain, half on the venues.
#pragma once

#include <memory>
#include <optional>
#include <vector>

#include "agents/asset_books.hpp"
#include "chain/defi_world.hpp"

namespace margincall::inline agents {

class PoolArbitrage : public AgentOf<PoolArbitrage> {
  public:
    PoolArbitrage(const Plan& plan, AssetId asset);
    [[nodiscard]] AgentSetup setup() const override;
    void wake(AgentContext& context) override;

  private:
    struct Leg {
        AssetBook book;
        double fee = 0.0;  // taker's, share
        SimTime sending_until;
        // As seen at this wake, USD per coin after the fee; 0 = nobody there.
        double bid = 0.0, ask = 0.0;
        double coins = 0.0;
    };
    struct PoolSide {
        DollarPool pool = DollarPool::curve;
        double price = 0.0;  // after the pool's fee
    };
    enum class Transfers : std::uint8_t { open, slow };

    void look(AgentContext& context);
    // The pool that pays most for a synthetic dollar, and the one that asks least.
    [[nodiscard]] PoolSide dear(const DollarPools& pools) const;
    [[nodiscard]] PoolSide cheap(const DollarPools& pools) const;
    void between_pools(AgentContext& context, const DollarPools& pools);
    void buy_on_venues(AgentContext& context, const DollarPools& pools);
    void place_venue_coins(AgentContext& context, const DollarPools& pools, Transfers transfers);
    void sell_chain_coins(AgentContext& context, const DollarPools& pools);
    void buy_in_pool(AgentContext& context, const DollarPools& pools);
    void move_dollars(AgentContext& context);
    void swap(
        AgentContext& context, DollarPool pool, ChainToken in, double amount, double least) const;

    const Plan& plan_;
    const DollarPoolsPlan& row_;
    AssetId asset_;
    std::vector<Leg> legs_;
    double chain_usd_ = 0.0, chain_coins_ = 0.0;
    SimTime leaving_until_;  // coins on their way from chain to a venue
    SimTime money_until_;
};

[[nodiscard]] std::vector<std::unique_ptr<Agent>> make_pool_arbitrage(const Plan& plan);

}  // namespace margincall::inline agents
