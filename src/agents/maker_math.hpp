// The arithmetic of a market maker, without a market: depth target, depth state, quote skew and
// ladder (model 7.1). Pure, so that every formula has its own test; market_maker.cpp only applies
// it.
#pragma once

#include <array>
#include <cstdint>
#include <span>

#include "base/time.hpp"
#include "market/order.hpp"

namespace margincall::inline agents {

// l* before the inventory factor:
//   base * 1/(1 + (z/k_sigma)^eta) * 1/(1 + loss/limit) * 1/(1 + U),   base = l0 * season
struct DepthTargetInputs {
    double base = 1;
    double z = 1;               // realised over normal volatility, half own and half BTC's
    double vol_withdraw = 4.5;  // k_sigma
    double vol_power = 2;       // eta
    double loss_usd = 0;        // of the last 30 minutes, >= 0
    double loss_limit_usd = 1;  // Lambda
    double uncertainty = 0;     // U
};
[[nodiscard]] double depth_target(const DepthTargetInputs& in);

// How much more a maker reads into a dollar of net taker flow than in a calm market: the inverse of
// the part of its depth that volatility leaves, 1 + (z/k_sigma)^eta. Impact per dollar is then in
// inverse proportion to the depth shown (Kyle 1985: lambda is one over depth).
[[nodiscard]] double flow_reading(double z, double vol_withdraw, double vol_power);

// (1 - |q|/Q_max)+ for the side whose fills would enlarge the inventory, 1 for the side that works
// it off: a maker at its limit still offers what it wants to get rid of. `load` = q / Q_max,
// signed.
[[nodiscard]] double inventory_factor(double load, Side side);

// Depth state l: falls with tau_down, rises with tau_up; a share of what was lost comes back only
// with tau_slow (the scar), which caps l at base * (1 - scar).
struct DepthStateRates {
    double down_s = 60, up_s = 5400, slow_s = 30 * 86'400.0;
    double slow_part = 0.3;
};
struct DepthState {
    double level = 1;
    double scar = 0;

    void step(double target, double base, Duration dt, const DepthStateRates& rates);
};

// Linearised Avellaneda-Stoikov: the reservation price is v * (1 - skew).
//   skew = a_q * z * sigma * load, load = q/Q_max in [-1, 1]
[[nodiscard]] double inventory_skew(double a_q, double z, double sigma, double load);
// delta = delta_min * max(1, z)
[[nodiscard]] double half_spread(double minimum, double z);

// One ladder side: distances from the reservation price and the share of D1 at each. Boundaries are
// geometric from the half-spread to 1 % and from 1 % to `reach`; each level holds
// (b_j/1%)^g - (b_(j-1)/1%)^g, so that levels inside 1 % add up to exactly 1 for every half-spread.
struct LadderShape {
    double half_spread = 0.000025;
    double reach = 0.02;
    double exponent = 0.65;  // g
    std::size_t levels = 10;
};
inline constexpr std::size_t ladder_max = 16;
struct Ladder {
    std::size_t levels = 0;
    std::array<double, ladder_max> distance{};  // share of price
    std::array<double, ladder_max> weight{};    // share of D1
    std::array<double, ladder_max>
        tolerance{};  // requote when the target price moved further than this
};
[[nodiscard]] Ladder make_ladder(const LadderShape& shape);

// Part of a missing quantity that is back after `dt`: 1 - 2^(-dt / half-life).
[[nodiscard]] double refilled(Duration dt, double half_life_s);

// What a maker learns from being traded with: every net taker flow q (USD, buys > 0) moves its
// price by
//   impact * sigma * q/V * G(t),   G(t) ~ (t / 1 day)^-decay
// t after the trade. The power law is a sum of exponentials whose time constants run from 15 s to
// 12 h (Bouchaud et al. 2004, Bouchaud, Farmer, Lillo 2009: transient impact balances the long
// memory of signs). A steady metaorder then moves the price as its size to the power 1 - decay.
class FlowImpact {
  public:
    FlowImpact() = default;
    explicit FlowImpact(double decay);
    void step(Duration dt);
    // q / V. What comes at once beyond a minute of ordinary trading counts by its square root.
    void add(double flow_share_of_volume);
    [[nodiscard]] double value()
        const;  // sum of q/V * G(t); times impact * sigma gives a log price
    static constexpr std::array<double, 5> time_constants_s = {15, 120, 900, 7'200, 43'200};

  private:
    std::array<double, 5> weight_{};
    std::array<double, 5> level_{};
};

// Profit and loss over the last 30 minutes, on a grid of minutes.
class RollingPnl {
  public:
    void add(SimTime now, double usd);
    [[nodiscard]] double loss_usd() const;  // >= 0
    void clear();

  private:
    void advance(SimTime now);
    std::array<double, 30> minute_{};
    std::int64_t now_min_ = 0;
    double sum_ = 0;
};

}  // namespace margincall::inline agents
