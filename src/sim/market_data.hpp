// Public market data as the world publishes it: quotes with their history (so that an agent sees
// them one latency late), traded volume, depth samples, index and realised volatility per asset.
#pragma once

#include <array>
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

// Index of one asset on a one-second grid and its realised volatility.
struct AssetFeed {
    std::vector<double> index;  // [second], USD
    double ewma = 0.0;          // of squared 1 s log returns
    double floor = 0.0;         // smallest volatility reported, per day
    [[nodiscard]] double volatility() const;
    void push(double value);
};

}  // namespace margincall::inline sim
