// Noise takers (model 7.3): market orders at Poisson times whose signs have long memory, because
// each is a child of a metaorder that goes on in one direction (Lillo, Mike, Farmer 2005). They
// know nothing.
#pragma once

#include <array>
#include <memory>
#include <vector>

#include "agents/asset_books.hpp"

namespace margincall::inline agents {

// Tail exponent of metaorder lengths that gives signs the Hurst exponent H: the sign
// autocorrelation decays with exponent gamma = 2 - 2H, and lengths with tail exponent 1 + gamma
// produce it.
[[nodiscard]] double metaorder_tail(double hurst);
// Relative trading activity at an hour of the day (UTC); its mean over the day is 1.
[[nodiscard]] double hourly_activity(double hour);
// Orders a second of one instrument with this share of V: rate_at_unit_share * sqrt(share). Sizes
// make up the rest, so that big books get both more and larger orders.
[[nodiscard]] double noise_rate(double orders_per_second, double volume_share);

class NoiseTakers : public AgentOf<NoiseTakers> {
  public:
    NoiseTakers(const Plan& plan, AssetId asset);
    [[nodiscard]] AgentSetup setup() const override;
    void wake(AgentContext& context) override;

  private:
    struct Metaorder {
        Side side = Side::buy;
        std::uint32_t left = 0;  // children still to come
    };
    static constexpr std::size_t active = 4;  // metaorders under way per asset

    [[nodiscard]] Metaorder draw_metaorder(AgentContext& context) const;

    const Plan& plan_;
    AssetId asset_;
    std::vector<AssetBook> books_;
    std::vector<double> rate_;      // orders a second by book
    std::vector<double> mean_usd_;  // mean order by book
    double rate_total_ = 0;
    std::array<Metaorder, active> metaorders_{};
    bool started_ = false;
};

[[nodiscard]] std::vector<std::unique_ptr<Agent>> make_noise_takers(const Plan& plan);

}  // namespace margincall::inline agents
