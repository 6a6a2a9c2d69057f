// Who trades the synthetic dollar (model 9.3): makers with a thin book on each venue, ordinary
// traders, and arbitrageurs who mint and redeem.
//
// A maker quotes around par less what its inventory costs: what it cannot send away makes it quote
// lower. It sends inventory away (to the issuer or to other venues) only while withdrawals are
// fast; they are slow while the whole market is in turmoil. So a venue on which the coin is sold by
// force while withdrawals are slow goes off par alone.
#pragma once

#include <memory>
#include <vector>

#include "agents/asset_books.hpp"
#include "chain/defi_world.hpp"

namespace margincall::inline agents {

// Part of a maker's calm book that it still shows: halved where bitcoin's realised over normal
// volatility z is `vol_withdraw` and halved again where its own price is `loss_withdraw` off par.
[[nodiscard]] double synthetic_depth(const SyntheticDollarPlan& plan, double z, double gap);
// Price around which it quotes: par less `skew` x inventory over the book it still shows.
[[nodiscard]] double synthetic_centre(double inventory_usd, double shown_usd);
// z: bitcoin's realised over normal volatility.
[[nodiscard]] double synthetic_turmoil(AgentContext& context, const Plan& plan);
// Are withdrawals slow at this z?
[[nodiscard]] bool withdrawals_slow(const SyntheticDollarPlan& plan, double z);

class SyntheticMaker : public AgentOf<SyntheticMaker> {
  public:
    SyntheticMaker(const Plan& plan, AssetId asset, const AssetBook& book, double book_usd);
    [[nodiscard]] AgentSetup setup() const override;
    void wake(AgentContext& context) override;

  private:
    void quote(AgentContext& context, double centre, double shown_usd);

    const Plan& plan_;
    AssetId asset_;
    AssetBook book_;
    double book_usd_;
    double inventory_usd_ = 0.0;  // of what it may not yet have sent away
    std::int64_t position_ = 0;   // lots at the last wake
    double depth_ = 1.0;
    double centre_ = 1.0;
    double quoted_centre_ = 0.0, quoted_usd_ = 0.0;
};

class SyntheticTrader : public AgentOf<SyntheticTrader> {
  public:
    SyntheticTrader(const Plan& plan, AssetId asset);
    [[nodiscard]] AgentSetup setup() const override;
    void wake(AgentContext& context) override;

  private:
    const Plan& plan_;
    AssetId asset_;
    std::vector<AssetBook> books_;
};

class SyntheticArbitrage : public AgentOf<SyntheticArbitrage> {
  public:
    SyntheticArbitrage(const Plan& plan, AssetId asset);
    [[nodiscard]] AgentSetup setup() const override;
    void wake(AgentContext& context) override;

  private:
    void buy_and_redeem(AgentContext& context, const AssetBook& book);
    void trade_pools(AgentContext& context);

    const Plan& plan_;
    AssetId asset_;
    std::vector<AssetBook> books_;
};

[[nodiscard]] std::vector<std::unique_ptr<Agent>> make_synthetic_agents(const Plan& plan);

}  // namespace margincall::inline agents
