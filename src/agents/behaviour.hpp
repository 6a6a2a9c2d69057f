// Trend followers (model 7.4), panic sellers (7.5) and dip buyers (7.6): one agent of each family
// and asset, each a flow (USD a day) decided by a pure function of public data and sent in small
// orders.
#pragma once

#include <array>
#include <memory>
#include <vector>

#include "agents/asset_books.hpp"
#include "sim/fair_value.hpp"

namespace margincall::inline agents {

// T = ln(EMA_fast / EMA_slow) / (sigma * sqrt(slow)), sigma per day.
[[nodiscard]] double trend_signal(double ema_fast,
                                  double ema_slow,
                                  double sigma_daily,
                                  double slow_min);
// rho_T * V * tanh(0.8 T): USD a day to buy (< 0: to sell).
[[nodiscard]] double trend_flow(const TrendPlan& plan, double volume_usd_day, double signal);

// p * V * min(cap, (-r_1h/sigma_h - threshold)+) * (1 + c_F (50 - FG)+/50) * (1 + c_U U): USD a day
// to sell.
struct PanicInputs {
    double return_1h = 0;  // log
    double sigma_daily = 0.02;
    double fear_greed = 50;
    double uncertainty = 0;
    double volume_usd_day = 0;
};
[[nodiscard]] double panic_flow(const PanicPlan& plan, const PanicInputs& in);

// share * V * min(cap, (gap / 1 %)^2) beyond `from`: USD a day. gap = ln(anchor / price): positive
// buys; the same rule mirrored sells what stands above value, else value would only ever be bought.
[[nodiscard]] double dip_flow(const DipBuyerPlan& plan, double volume_usd_day, double gap);

class TrendFollower : public AgentOf<TrendFollower> {
  public:
    TrendFollower(const Plan& plan, AssetId asset);
    [[nodiscard]] AgentSetup setup() const override;
    void wake(AgentContext& context) override;

  private:
    const Plan& plan_;
    AssetId asset_;
    AssetBooks books_;
    double fast_ = 0, slow_ = 0;
    bool started_ = false;
    SimTime last_;
};

class PanicSeller : public AgentOf<PanicSeller> {
  public:
    PanicSeller(const Plan& plan, AssetId asset);
    [[nodiscard]] AgentSetup setup() const override;
    void wake(AgentContext& context) override;

  private:
    const Plan& plan_;
    AssetId asset_;
    AssetBooks books_;
    double budget_usd_ = 0;  // left; refills over a day
    SimTime last_;
};

class DipBuyer : public AgentOf<DipBuyer> {
  public:
    DipBuyer(const Plan& plan, AssetId asset);
    [[nodiscard]] AgentSetup setup() const override;
    void wake(AgentContext& context) override;
    void on_injected(const EventPlan& event) override { news_.add(plan_, event); }

  private:
    static constexpr std::size_t cohorts = 4;
    struct Cohort {
        Duration delay;
        double budget_usd = 0;
    };
    [[nodiscard]] double seen_price(AgentContext& context, Duration delay) const;

    const Plan& plan_;
    AssetId asset_;
    AssetBooks books_;
    NewsPath news_;
    std::array<Cohort, cohorts> cohorts_{};
    double anchor_log_ = 0;  // slow estimate of value without declared news
    std::size_t next_ = 0;
    SimTime last_;
};

[[nodiscard]] std::vector<std::unique_ptr<Agent>> make_trend_followers(const Plan& plan);
[[nodiscard]] std::vector<std::unique_ptr<Agent>> make_panic_sellers(const Plan& plan);
[[nodiscard]] std::vector<std::unique_ptr<Agent>> make_dip_buyers(const Plan& plan);

}  // namespace margincall::inline agents
