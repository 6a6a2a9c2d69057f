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

// Share of the calm depth that stands at z times the ordinary volatility (z >= 1):
//   share(z) = (1 + 1/k) / (1 + z/k), at least 0.08
// One curve for all layers, fitted to far asks of 10 October 2025 (docs/agents.md). It is what
// stands there: withdrawal for losses, stops and fear of the hour is inside it. Less than 8 % of calm
// was not measured on the venue that was hit hardest.
inline constexpr double depth_share_least = 0.08;
[[nodiscard]] double depth_share(double z, double k);
// What makers and owners of patient orders measure by: half their coin's clock, half BTC's.
[[nodiscard]] inline double joint_speed(double own, double btc) {
    return 0.5 * own + 0.5 * btc;
}
// How much more a maker reads into a dollar of net taker flow than in a calm market: the inverse of
// the share of depth that stands. Impact per dollar is then in inverse proportion to the depth shown
// (Kyle 1985: lambda is one over depth).
[[nodiscard]] inline double flow_reading(double z, double k) {
    return 1.0 / depth_share(z, k);
}

// Depth state l: falls with tau_down, rises with tau_up.
struct DepthStateRates {
    double down_s = 60, up_s = 300;
};
struct DepthState {
    double level = 1;

    void step(double target, Duration dt, const DepthStateRates& rates);
};

// What a two-sided book says of the price: its `mid`, unless the spread exceeds six half-spreads of
// the maker. That is a hole, which says only that the price lies inside it: then the maker's own
// `centre`, held a half-spread away from both sides. All logs but `delta`.
struct SeenBook {
    double mid = 0, bid = 0, ask = 0;
};
[[nodiscard]] double learnt_log_price(const SeenBook& book, double centre, double delta);

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

// Whether a resting size has come so far from the wanted one that the order is amended.
[[nodiscard]] inline bool size_is_off(double have, double want) {
    return want < 0.75 * have || want > 1.34 * have;
}

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
    // q / V seen at `now`. What comes within ten seconds beyond a minute of ordinary trading counts
    // by its square root, however often somebody looks within them.
    void add(double flow_share_of_volume, SimTime now);
    [[nodiscard]] double value()
        const;  // sum of q/V * G(t); times impact * sigma gives a log price
    static constexpr std::array<double, 5> time_constants_s = {15, 120, 900, 7'200, 43'200};

  private:
    std::array<double, 5> weight_{};
    std::array<double, 5> level_{};
    std::int64_t bucket_ = -1;  // ten seconds
    double in_bucket_ = 0;      // flow of them so far
};

}  // namespace margincall::inline agents
