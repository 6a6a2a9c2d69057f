// Reverse stress: the smallest shock that empties a fund, starts auto-deleveraging or leaves bad
// debt, by size, by coin and direction, and the slowest one, by speed. How thresholds and their bands are
// found: desk/threshold_search.hpp.
#pragma once

#include <array>
#include <cstdint>
#include <functional>
#include <optional>
#include <vector>

#include "desk/reverse_goal.hpp"
#include "desk/run.hpp"
#include "desk/shock_trials.hpp"
#include "desk/threshold_search.hpp"

namespace margincall::inline desk {

// Smallest size per goal for one coin and direction, in basis points; empty = not up to the largest size tried, if
// the search is complete.
struct ReverseRow {
    AssetId coin;
    UnnamedCoins others = UnnamedCoins::unchanged;
    double direction = -1.0;  // -1 = falling
    Duration over;
    Precision precision = Precision::rough;
    std::array<std::optional<std::int64_t>, reverse_goals> bps{};
    std::array<Search, reverse_goals> search{};
    std::array<std::optional<ThresholdBand>, reverse_goals> band{};
    std::int64_t bps_max = 0;  // largest size tried; 0 = none
};

struct SpeedBand {
    Duration slowest;  // slowest way that reaches it at one of the time steps
    std::optional<Duration>
        always;  // every way tried that takes no longer does, at each; empty = none
};
enum class SpeedOf : std::uint8_t {
    asked,   // the shock as it was given
    larger,  // a move half as large again as the smallest that reaches anything
};
// The slowest way of a shock that still reaches the goal; empty = not even at once, if the
// search is complete. A stopped one with a value says "at least".
struct ReverseSpeed {
    SpeedOf of = SpeedOf::asked;
    AssetId coin;       // first that is named
    double move = 0.0;  // of that coin
    std::array<std::optional<Duration>, reverse_goals> slowest{};
    std::array<Search, reverse_goals> search{};
    std::array<std::optional<SpeedBand>, reverse_goals> band{};
    Duration longest;  // tried
};
struct ReverseResult {
    std::vector<ReverseRow> sizes;  // first coin with the others by beta, then each coin alone
    std::vector<ReverseSpeed> speeds;
    std::uint64_t runs = 0;
};

struct ReverseOptions {
    StressOptions stress;        // detail is totals
    Duration over;               // of the moves whose size is sought
    std::optional<Shock> asked;  // whose speed is sought
    std::int64_t bps_max = 6000;
    // Called between runs; false ends the search with what is known. Rows that it did not come to are
    // there, with nothing known.
    std::function<bool()> keep_going = [] { return true; };
};

class ReverseSearch {
  public:
    ReverseSearch(const StressStart& start, const ReverseOptions& options)
        : start_(start), options_(options), trials_(start, options.stress) {}

    // Of `wanted` the coin, direction, time, others and precision are given.
    [[nodiscard]] ReverseRow smallest(ReverseRow wanted);
    [[nodiscard]] ReverseSpeed slowest(const Shock& shock, SpeedOf of);
    [[nodiscard]] std::uint64_t runs() const { return trials_.runs(); }

  private:
    const StressStart& start_;
    const ReverseOptions& options_;
    ShockTrials trials_;
};

[[nodiscard]] ReverseResult reverse_stress(const StressStart& start, const ReverseOptions& options);

}  // namespace margincall::inline desk
