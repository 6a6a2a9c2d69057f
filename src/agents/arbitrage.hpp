// Arbitrageurs (model 7.2). Cross-venue: the same kind of instrument at two venues. Spot-perp: the
// premium of perps over spot, pulled toward a value that depends on the arbitrageurs' own
// inventory: perps and spot of a coin have one price up to costs, until capital is used up or a book
// has nothing left. Both are finite: thresholds, capital, rebalancing that takes minutes, and at most
// a quarter of the near depth per decision.
#pragma once

#include <memory>
#include <optional>
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
// USD of a perp to buy (> 0) or sell (< 0) in `seconds`: what closes half of |basis - pi| - theta0
// in the thinner of perp and spot every second, at most a quarter of the perp's depth and the capital
// left (I_cap for buying perps, five times that for selling them).
struct BasisSize {
    double basis = 0, target = 0;               // shares of the index
    double depth_perp = 0, depth_spot = 0;      // USD within 1 %, on the sides that would be taken
    double exponent = 0.65;                     // g of the depth profile
    double inventory_usd = 0, capital_usd = 0;  // perps held, long > 0; I_cap
    double seconds = 1;
};
[[nodiscard]] double basis_size(const ArbitragePlan& plan, const BasisSize& in);

class CrossArbitrage : public AgentOf<CrossArbitrage> {
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
    void rebalance(AgentContext& context, double dt_s);
    [[nodiscard]] double used_usd(AgentContext& context, const Leg& leg, double price) const;

    const Plan& plan_;
    AssetId asset_;
    InstrumentKind kind_;
    Duration clock_;
    std::vector<Leg> legs_;
    double capital_ = 0;      // per venue, USD
    double rebalance_s_ = 0;  // time constant of moving balances
    bool started_ = false;
    SimTime last_;
};

class BasisArbitrage : public AgentOf<BasisArbitrage> {
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
    [[nodiscard]] double spot_depth(AgentContext& context,
                                    Side resting,
                                    std::optional<VenueId> venue = std::nullopt) const;

    const Plan& plan_;
    AssetId asset_;
    Duration clock_;
    std::vector<Leg> perps_, spots_;
    double capital_ = 0;
    bool started_ = false;
    SimTime last_;
};

[[nodiscard]] std::vector<std::unique_ptr<Agent>> make_arbitrageurs(const Plan& plan);

}  // namespace margincall::inline agents
