// Public market data as the world publishes it: quotes with their history (so that an agent sees
// them one latency late), traded volume, depth samples, index and realised volatility per asset.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <vector>

#include "base/time.hpp"
#include "plan/plan.hpp"
#include "sim/agent.hpp"

namespace margincall::inline sim {

inline constexpr std::array<double, 5> depth_bands = {0.001, 0.005, 0.01, 0.02, 0.04};

// Everything published about one instrument.
struct InstrumentFeed {
    static constexpr std::size_t quotes_kept = 256;
    static constexpr std::size_t minutes_kept = 64;

    std::array<Quote, quotes_kept> ring{};
    std::uint64_t quotes = 0;                       // written so far
    Ticks last;                                     // last trade; start price before the first
    double log_mid = 0.0;                           // of USD; as last seen with both sides
    Ticks mark;                                     // perps: current mark; spot: 0
    Ticks mark_before;                              // mark before the last update
    Ticks oracle, oracle_before;                    // index in ticks, and before its last change
    std::array<double, minutes_kept> volume_usd{};  // by minute modulo minutes_kept
    std::int64_t minute = 0;                        // minute of the newest bucket
    std::array<double, depth_bands.size()> bid_depth{}, ask_depth{};  // last sample, USD
    bool depth_known = false;
    double taker_net_usd = 0.0;     // taker buys minus taker sells since the start, without makers
    double funding_8h = 0.0;        // running estimate, fraction per 8 h
    double funding_paid_usd = 0.0;  // by a long of one coin since the start

    void publish(const Quote& quote) { ring[quotes++ % quotes_kept] = quote; }
    // The newest quote published at or before `at` (the oldest kept if all are newer).
    [[nodiscard]] const Quote& quote_at(SimTime at) const;
    void add_volume(SimTime now, double usd);
    // Sum of the minute buckets that the window touches, USD.
    [[nodiscard]] double volume(SimTime now, Duration window) const;
    [[nodiscard]] double depth(Side side, double distance) const;
};

// Realised volatility of one coin at several time scales, so that a steady fall counts as one. From
// m, the mean log mid of all its books, once a second:
//   s2_tau = EWMA of (m(t) - m(t - tau))^2 / tau,   half-life max(180 s, 3 tau),   tau = 1 .. 300 s
// and the volatility is the root of the largest.
class RealisedVolatility {
  public:
    explicit RealisedVolatility(double sigma_per_day);
    void push(double log_mid);             // every second
    [[nodiscard]] double per_day() const;  // standard deviation of a day's log return
    static constexpr std::array<std::size_t, 4> lags_s = {1, 10, 60, 300};

  private:
    std::array<double, lags_s.size()> variance_{};  // per second
    std::array<double, lags_s.size()> keep_{};      // of it, from second to second
    std::array<double, lags_s.back() + 1> path_{};  // the last seconds, as a ring
    std::size_t seen_ = 0;
};

// Published about one asset: its index on a one-second grid and its realised volatility.
struct AssetFeed {
    std::vector<double> index;  // [second], USD
    RealisedVolatility volatility{0.0};
};

}  // namespace margincall::inline sim
