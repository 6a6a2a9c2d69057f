// Arbitrageurs (model 7.2). Cross-venue: the same kind of instrument at two venues. Spot-perp: the
// premium of perps over spot, pulled toward a value that depends on the arbitrageurs' own
// inventory. Both are finite: thresholds, capital per venue, rebalancing that takes minutes, and a
// pace that stays below a quarter of the near depth per decision.
#pragma once

#include <memory>
#include <vector>

#include "agents/asset_books.hpp"

namespace margincall::inline agents {

// Gap (share of price) beyond which buying at one venue and selling at the other pays:
//   both taker fees + threshold + vol_factor * sigma * sqrt(latency in days)
[[nodiscard]] double cross_threshold(double fee_buy,
                                     double fee_sell,
                                     const ArbitragePlan& plan,
                                     double sigma_daily,
                                     double latency_s);
// Size (USD) that about closes half of `gap` when `depth_1pct` rests within 1 % on either side with
// exponent g: depth within gap/4 of the nearer of both books.
[[nodiscard]] double cross_size(double gap, double depth_1pct, double exponent);

// Premium that the basis arbitrageurs accept: pi = pi0 - k_pi * tanh(I / I_cap), I = perps held
// (long > 0).
[[nodiscard]] double basis_target(const ArbitragePlan& plan,
                                  double inventory_usd,
                                  double capital_usd);
// USD a second of perps to buy (> 0) or sell (< 0): kappa * l * excess / 1 %, excess = |basis - pi|
// beyond theta0 * min(10, l0 / l).
[[nodiscard]] double basis_flow(
    const ArbitragePlan& plan, double kappa, double basis, double target, double depth_ratio);

class CrossArbitrage : public Agent {
  public:
    CrossArbitrage(const Plan& plan, AssetId asset, InstrumentKind kind);
    [[nodiscard]] AgentSetup setup() const override;
    void wake(AgentContext& context) override;

  private:
    struct Leg {
        AssetBook row;
        Instrument instrument;
        double fee = 0, latency_s = 0;
        double rebalanced = 0;  // coins moved between venues outside the books, signed
        Lots home;
    };
    [[nodiscard]] double used_usd(AgentContext& context, const Leg& leg, double price) const;

    const Plan& plan_;
    AssetId asset_;
    InstrumentKind kind_;
    std::vector<Leg> legs_;
    double capital_ = 0;      // per venue, USD
    double rebalance_s_ = 0;  // time constant of moving balances
    bool started_ = false;
    SimTime last_;
};

class BasisArbitrage : public Agent {
  public:
    BasisArbitrage(const Plan& plan, AssetId asset);
    [[nodiscard]] AgentSetup setup() const override;
    void wake(AgentContext& context) override;

  private:
    struct Leg {
        AssetBook row;
        Instrument instrument;
        Lots home;
    };
    [[nodiscard]] double coins(AgentContext& context, const std::vector<Leg>& legs) const;

    const Plan& plan_;
    AssetId asset_;
    std::vector<Leg> perps_, spots_;
    double kappa_ = 0, capital_ = 0, depth_calm_ = 1;
    std::size_t next_perp_ = 0, next_spot_ = 0;
    double due_usd_ = 0;  // flow decided but still too small to send
    bool started_ = false;
    SimTime last_;
};

[[nodiscard]] std::vector<std::unique_ptr<Agent>> make_arbitrageurs(const Plan& plan);

}  // namespace margincall::inline agents
