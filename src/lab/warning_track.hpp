// Indicators that are said to announce a crash, minute by minute of one run, and its crashes (docs/warning.md; model 11.4).
// Made from what a run records; computed for BTC.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "plan/plan.hpp"
#include "record/memory_recorder.hpp"

namespace margincall::inline lab {

struct Indicator {
    std::string_view name, label, unit;
    int sign = 1;  // +1: more of it is the warning; -1: less
};
// What each is: docs/warning.md.
inline constexpr std::array warning_indicators = {
    Indicator{"lar_1", "liquidations if the mark falls 1 %", "USD"},
    Indicator{"lar_3", "liquidations if the mark falls 3 %", "USD"},
    Indicator{"lar_5", "liquidations if the mark falls 5 %", "USD"},
    Indicator{"lar_10", "liquidations if the mark falls 10 %", "USD"},
    Indicator{"wall_ratio", "liquidations within 3 % over bids and refill there", "ratio"},
    Indicator{"r_local", "R of books and accounts now", "ratio"},
    Indicator{"r_next_5", "largest R over the next 5 %", "ratio"},
    Indicator{"oi_depth", "open interest over bids within 1 %", "ratio"},
    Indicator{"funding", "predicted funding, reference venue", "fraction per interval"},
    Indicator{"depth_state", "makers' depth state", "share", -1},
    Indicator{"depth_change", "change of the depth state in 10 minutes", "share", -1},
    Indicator{"spread", "spread, reference venue", "bps"},
    Indicator{"vpin", "VPIN, 50 volume buckets", "share"},
    Indicator{"roll", "Roll's spread, an hour of minutes", "bps"},
    Indicator{"basis", "perp less spot, reference venue", "bps", -1},
    Indicator{"venue_gap", "dearest perp over cheapest", "bps"},
    Indicator{"variance", "variance of minutes, an hour", "per day"},
    Indicator{"autocorrelation", "lag-1 autocorrelation of minutes, an hour", "ratio"},
};

struct WarningTrack {
    std::uint64_t seed = 0;
    double sigma_day = 0.0;  // of the scenario, per day
    // By minute from the first; NaN where not known.
    std::vector<double> price;       // BTC, mean of the perps' closes
    std::vector<double> forced_usd;  // sold by liquidations and stops in the books of BTC's perps
    std::vector<double> sold_usd;    // sold by takers there
    std::array<std::vector<double>, warning_indicators.size()> values;
    [[nodiscard]] std::size_t minutes() const { return price.size(); }
};
// Of a run with bars of a minute (CHECK).
[[nodiscard]] WarningTrack warning_track(const Plan& plan, const MemoryRecorder& recorder);

// A crash (model 11.4): BTC falls by more than 3 sigma_day within 2 h, and liquidations and stops are more than 20 % of
// what takers sold from where the fall began to its low.
inline constexpr double crash_sigmas = 3.0;
inline constexpr std::size_t crash_minutes = 120;
inline constexpr double crash_forced_share = 0.20;
struct BigFall {
    std::size_t onset = 0;  // minute of the highest price before
    std::size_t low = 0;    // minute of the lowest within 2 h of it
    double fall = 0.0;      // return, negative
    double forced_share = 0.0;
    [[nodiscard]] bool crash() const { return forced_share > crash_forced_share; }
};
// Falls of more than `sigmas` in 2 h, one after the other: none begins within 2 h of the low of the one before.
[[nodiscard]] std::vector<BigFall> big_falls(const WarningTrack& track,
                                             double sigmas = crash_sigmas);

// One line of JSON with the key, and back; nothing when it is none of ours. Five digits of each value.
[[nodiscard]] std::string warning_track_json(std::string_view key, const WarningTrack& track);
[[nodiscard]] std::optional<WarningTrack> parse_warning_track(std::string_view line);

}  // namespace margincall::inline lab
