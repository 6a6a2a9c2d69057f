// Keepers (model 7.7, 9.4): firms with finite cash on chain that repay debts of accounts below
// health one, take the collateral with its bonus, send it to a venue and sell it in the spot book.
//
// A firm acts when bonus less the protocol's share, gas and the expected price of its own sale
// leave a profit. Its call lands 1-10 blocks later; who comes second reverts.
#pragma once

#include <memory>
#include <vector>

#include "agents/asset_books.hpp"
#include "chain/defi_world.hpp"

namespace margincall::inline agents {

// Expected profit of repaying `debt_usd`, USD: the bonus less the protocol's tenth of it, gas, and
// half a percent per `depth_1pct` (USD within 1 % of the spot books) of own selling.
struct KeeperQuote {
    double debt_usd = 0.0;
    double bonus = 0.0;
    double gas_usd = 0.0;
    double depth_1pct = 0.0;
};
[[nodiscard]] double keeper_profit(const KeeperQuote& quote);

class Keeper : public AgentOf<Keeper> {
  public:
    Keeper(const Plan& plan, std::uint32_t firm);
    [[nodiscard]] AgentSetup setup() const override;
    void wake(AgentContext& context) override;

  private:
    struct Pending {
        std::uint32_t borrower = 0;
        SimTime until;
        double usd = 0.0;
    };
    struct Coin {  // what it can sell, and where
        ChainToken token = ChainToken::eth;
        AssetId asset;
        AssetBook book;
    };
    void liquidate(AgentContext& context);
    void carry(AgentContext& context);
    [[nodiscard]] const Coin* coin_of(ChainToken token) const;

    const Plan& plan_;
    std::uint32_t firm_;
    double cash_ = 0.0;
    std::vector<Coin> coins_;
    std::vector<Pending> pending_;
    SimTime last_;
    SimTime sending_until_;  // seized coins are on their way to the venue
    SimTime busy_until_;     // something is on its way or being sold
};

[[nodiscard]] std::vector<std::unique_ptr<Agent>> make_keepers(const Plan& plan);

}  // namespace margincall::inline agents
