// The synthetic dollar's issuer on the venues: a desk that keeps perpetuals short against the coins
// of the backing, and a treasury that buys and sells those coins as the amount in issue changes.
//
// They decide nothing about the coin itself: how many coins belong to the backing follows from the
// chain's books (chain/defi_issuer.cpp), and the desk follows the coins. Redemptions press on the
// venues by spot that is sold and shorts that are bought back, and a desk that was auto-deleveraged
// opens its shorts again at the market's pace (model 7.2, docs/usde.md).
#pragma once

#include <array>
#include <memory>
#include <vector>

#include "agents/asset_books.hpp"
#include "chain/defi_world.hpp"

namespace margincall::inline agents {

// Coins of a target that a desk trades now: nothing within `band` of it.
[[nodiscard]] double hedge_order(double target, double position, double band);

class IssuerDesk : public AgentOf<IssuerDesk> {
  public:
    explicit IssuerDesk(const Plan& plan);
    [[nodiscard]] AgentSetup setup() const override;
    void wake(AgentContext& context) override;

  private:
    struct Coin {
        ChainToken token;
        AssetId asset;
        std::vector<AssetBook> perps;
        std::size_t next = 0;
    };
    void follow(AgentContext& context, Coin& coin) const;

    const Plan& plan_;
    std::vector<Coin> coins_;
};

class IssuerTreasury : public AgentOf<IssuerTreasury> {
  public:
    explicit IssuerTreasury(const Plan& plan);
    [[nodiscard]] AgentSetup setup() const override;
    void wake(AgentContext& context) override;

  private:
    enum class Mode : std::uint8_t { idle, selling, buying };
    struct Coin {
        ChainToken token;
        AssetId asset;
        AssetBook book;  // the deepest spot book
        Mode mode = Mode::idle;
        SimTime moving_until;
    };
    [[nodiscard]] static double wanted_coins(AgentContext& context, const Coin& coin);
    static void decide(AgentContext& context, Coin& coin);
    void trade(AgentContext& context, Coin& coin) const;
    void move(AgentContext& context,
              Coin& coin,
              ChainCallKind kind,
              ChainToken token,
              double amount) const;

    const Plan& plan_;
    std::vector<Coin> coins_;
};

[[nodiscard]] std::vector<std::unique_ptr<Agent>> make_synthetic_issuer(const Plan& plan);

}  // namespace margincall::inline agents
