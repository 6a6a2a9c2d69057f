// Reverse stress: the smallest shock that empties a fund, starts auto-deleveraging or leaves bad
// debt, by size, by coin and direction, and by speed.
//
// Sizes are whole basis points. They are tried on a coarse rising grid with a long time step (a
// sixtieth of the shock), and the gap before the first one that does it is halved down to ten basis
// points. Where all coins move together the size is then made exact: with the stress's own step,
// down to one basis point. An outcome that comes and goes within one gap of the grid could be
// missed; docs/stress.md says so.
#pragma once

#include <array>
#include <cstdint>
#include <functional>
#include <optional>
#include <vector>

#include "desk/run.hpp"

namespace margincall::inline desk {

enum class ReverseGoal : std::uint8_t { fund_emptied, adl, bad_debt };
inline constexpr std::size_t reverse_goals = 3;
[[nodiscard]] const char* goal_word(ReverseGoal goal);
[[nodiscard]] bool reached(const StressOutcome& outcome, ReverseGoal goal);

enum class Precision : std::uint8_t { rough, exact };

// How far a search got with one goal. One that was stopped knows less than one that looked at every
// size and found nothing: without a value it says nothing, with one it says "at most".
enum class Search : std::uint8_t { stopped, complete };
// "reached", "not reached", "not known", or "reached; search stopped" where the value is a bound.
[[nodiscard]] const char* answer_word(bool found, Search search);

// Where a goal begins at other time steps. What a stress does near its threshold hangs on the moments at which
// it looks, so a single size would promise more than anybody can know.
//
// Searched again at half and at double the step. Where these agree, four steps between must, too; else sizes are
// looked at in distances of half a percent, downwards until four reach it at none of seven steps, upwards until six
// reach it at every one. There are more steps than these: half the band's width is added on either side, at least 2 % of
// the size, a 500th of it where all agreed. Sizes beyond are looked at in growing distance up to half as much again, for outcomes that come and
// go.
struct ReverseBand {
    std::int64_t first = 0;  // smallest size that reaches it at one of the steps
    std::optional<std::int64_t>
        always;  // from here on every size tried does, at each; empty = none
};

// Smallest size per goal for one coin and direction; empty = not up to the largest size tried, if the
// search is complete.
struct ReverseRow {
    AssetId coin;
    UnnamedCoins others = UnnamedCoins::unchanged;
    double direction = -1.0;  // -1 = falling
    Duration over;
    std::array<std::optional<std::int64_t>, reverse_goals> bps{};
    std::array<Search, reverse_goals> search{};
    std::array<std::optional<ReverseBand>, reverse_goals> band{};  // where a size is known for sure
    std::int64_t bps_max = 0;                                      // largest size tried; 0 = none
    Precision precision = Precision::rough;
    Duration step;  // of the runs that decided; 0 = the stress's own
};
// The slowest way of a move of `bps` that still reaches the goal; empty = not even at once, if the
// search is complete. A stopped one with a value says "at least".
struct ReverseSpeed {
    AssetId coin;
    double direction = -1.0;
    std::int64_t bps = 0;
    std::array<std::optional<Duration>, reverse_goals> slowest{};
    std::array<Search, reverse_goals> search{};
    Duration longest;  // tried
};
struct ReverseResult {
    std::vector<ReverseRow> sizes;  // first coin with the others by beta, then each coin alone
    std::vector<ReverseSpeed> speeds;
    std::uint64_t runs = 0;
};

struct ReverseOptions {
    StressOptions stress;  // detail is totals
    Duration over;         // of the moves whose size is sought
    std::int64_t bps_max = 6000;
    // Called between runs; false ends the search with what is known. Rows that it did not come to are
    // there, with nothing known.
    std::function<bool()> keep_going = [] { return true; };
};

[[nodiscard]] ReverseResult reverse_stress(const StressStart& start, const ReverseOptions& options);

// One search: first coin `coin` moves, the others as said.
[[nodiscard]] ReverseRow smallest_shock(StressRun& run,
                                        const ReverseOptions& options,
                                        ReverseRow wanted,
                                        std::uint64_t& runs);

// Fills in the bands of a row that smallest_shock() found.
void find_bands(StressRun& run,
                const ReverseOptions& options,
                ReverseRow& row,
                std::uint64_t& runs);

}  // namespace margincall::inline desk
