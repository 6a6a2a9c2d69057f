// Fair value of every asset and the uncertainty index: the exogenous side of a run (model 8.1-8.3).
//
//   d ln F_a = sum_k b(a,k) dx_k + declared jumps + sigma_F dW_a,   sigma_F = sigma_share * sigma_a
//
// The declared part is a pure function of (plan, seed, time), so whoever needs only the news (a
// value buyer whose anchor follows declared news at once but noise slowly) can hold a NewsPath of
// its own. Nothing here reads a market price.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "base/random.hpp"
#include "base/time.hpp"
#include "plan/plan.hpp"

namespace margincall::inline sim {

// Log change of an asset's fair value for the whole of a `factor` event: BTC's loadings; equities
// have their own beta for ETH; every other coin takes its beta to BTC.
[[nodiscard]] double factor_log_change(const Plan& plan, const EventPlan& event, std::size_t asset);

// Cumulative log change of fair value by declared `factor` and `fair_value` events.
class NewsPath {
  public:
    explicit NewsPath(const Plan& plan);
    // A declared event that is not in the plan, as if it were its next row.
    void add(const Plan& plan, const EventPlan& event);
    [[nodiscard]] double log_change(AssetId asset, SimTime until) const;
    // Part of event `e`'s effect that has come out by `until`, 0..1; 0 for flow and uncertainty
    // events.
    [[nodiscard]] double released(std::size_t e, SimTime until) const;

  private:
    struct Jump {
        SimTime at;
        double cumulative = 0;  // share of the event released by jumps up to and including this one
    };
    struct Event {
        SimTime from, until;
        double uniform_share = 1;
        std::vector<Jump> jumps;
        std::vector<double> size;  // log change by asset
    };
    std::vector<Event>
        events_;  // row e = Plan::events[e]; `size` empty when it moves no fair value
};

class FairValue {
  public:
    explicit FairValue(const Plan& plan);

    // Advances to `now`; the world calls it every FactorPlan::clock. Time may not run backwards.
    void step(SimTime now);

    [[nodiscard]] double value(AssetId asset) const;  // F, USD
    // F as it stood `delay` before the last step, on the grid of steps; at most `history_max` back.
    [[nodiscard]] double value_delayed(AssetId asset, Duration delay) const;
    [[nodiscard]] double uncertainty() const { return uncertainty_; }  // U >= 0
    // U as a function of time alone: at the start, and what declared events add.
    [[nodiscard]] static double uncertainty_at(double at_start,
                                               std::span<const EventPlan> events,
                                               SimTime at);
    // From now on moved by this event, too, which is not in the plan.
    void add(const EventPlan& event);

    static constexpr Duration history_max = minutes(64);

  private:
    struct Asset {
        Rng noise;
        double log_start = 0;
        double noise_log = 0;    // accumulated noise
        double sigma_daily = 0;  // sigma_F
        double correlation = 0;  // of its noise with the common factor: sqrt(noise_correlation)
        double diffusion = 0;    // loading on the factors' own small diffusion, per square-root day
        double value = 0;
    };

    const Plan& plan_;
    NewsPath news_;
    std::vector<EventPlan> events_;  // the plan's, then the injected ones
    std::vector<Asset> assets_;
    Rng common_, factors_;
    SimTime now_;
    double uncertainty_ = 0;
    std::vector<double> ring_;  // [slot * assets + asset]
    std::size_t slots_ = 0, last_ = 0, filled_ = 0;
};

}  // namespace margincall::inline sim
