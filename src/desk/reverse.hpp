// Reverse stress: the smallest shock that empties a fund, starts auto-deleveraging or leaves bad
// debt, by size, by coin and direction, and the slowest one, by speed. How thresholds and their bands are
// found: desk/threshold_search.hpp.
#pragma once

#include <array>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <utility>
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
    std::array<std::optional<std::int64_t>, goals_most> bps{};
    std::array<Search, goals_most> search{};
    std::array<std::optional<ThresholdBand>, goals_most> band{};
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
    std::array<std::optional<Duration>, goals_most> slowest{};
    std::array<Search, goals_most> search{};
    std::array<std::optional<SpeedBand>, goals_most> band{};
    Duration longest;  // tried
};
struct ReverseResult {
    std::vector<GoalName> goals;
    std::vector<ReverseRow> sizes;  // first coin with the others by beta, then each coin alone
    std::vector<ReverseSpeed> speeds;
    std::uint64_t runs = 0;
};

struct ReverseOptions {
    StressOptions stress;                 // detail is totals; of a lending book the step alone
    Duration over;                        // of the moves whose size is sought
    AssetId lead = AssetId::from_raw(0);  // the coin that the others follow by beta
    std::optional<Shock> asked;           // whose speed is sought
    std::int64_t bps_max = 6000;
    // Called between runs; false ends the search with what is known. Rows that it did not come to are
    // there, with nothing known.
    std::function<bool()> keep_going = [] { return true; };
};

class ReverseSearch {
  public:
    // The options, and what the subject is of, must live as long.
    ReverseSearch(ReverseSubject subject, const ReverseOptions& options)
        : subject_(std::move(subject)), options_(options), trials_(subject_, options.stress.step) {}
    // Of an account book.
    ReverseSearch(const StressStart& start, const ReverseOptions& options)
        : run_(std::make_unique<StressRun>(start)),
          subject_(reverse_subject(*run_, options.stress)),
          options_(options),
          trials_(subject_, options.stress.step) {}
    ReverseSearch(const ReverseSearch&) = delete;
    ReverseSearch& operator=(const ReverseSearch&) = delete;

    // Of `wanted` the coin, direction, time, others and precision are given.
    [[nodiscard]] ReverseRow smallest(ReverseRow wanted);
    [[nodiscard]] ReverseSpeed slowest(const Shock& shock, SpeedOf of);
    [[nodiscard]] std::uint64_t runs() const { return trials_.runs(); }

  private:
    std::unique_ptr<StressRun> run_;  // of an account book
    ReverseSubject subject_;
    const ReverseOptions& options_;
    ShockTrials trials_;
};

[[nodiscard]] ReverseResult reverse_search(const ReverseSubject& subject,
                                           const ReverseOptions& options);
// The same of an account book.
[[nodiscard]] ReverseResult reverse_stress(const StressStart& start, const ReverseOptions& options);

}  // namespace margincall::inline desk
