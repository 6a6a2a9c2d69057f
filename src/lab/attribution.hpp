// Which cause contributed how much (model 11.3): the market is run with every coalition of its players, on the same
// seeds, and what each player adds is averaged over all orders in which they can come together (Shapley). Beside
// it what is missing when a player alone is taken out, and what two do together beyond each.
#pragma once

#include <cstdint>
#include <expected>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "analytics/loss_distribution.hpp"
#include "base/error.hpp"
#include "lab/path_row.hpp"
#include "lab/players.hpp"
#include "lab/seed_quantiles.hpp"
#include "lab/sensitivity.hpp"
#include "lab/task_list.hpp"

namespace margincall::inline lab {

struct AttributionRequest {
    TaskRequest scenario;              // file or text, overrides, paths, first seed; no grid
    std::vector<std::string> players;  // words; empty: all that the scenario has something of
    bool draw = true;                  // path k with a draw of the scenario's ranges
};

// Cells of an attribution's list: 2^n coalitions (cell S has the players of S in; cell 0 has all of them, so that
// the first cell is the scenario itself), then removals that are no coalition.
struct AttributionCells {
    std::vector<const Player*> players;
    struct Removal {
        std::string what;                // "assumed events of holders" or a cause
        const Player* player = nullptr;  // whose assumed events; null: a cause of its own
        std::size_t cell = 0;
    };
    std::vector<Removal> removals;
    // The cell of the worlds in which exactly these are in.
    [[nodiscard]] std::size_t cell_of(std::uint32_t in) const {
        return ((std::size_t{1} << players.size()) - 1) & ~std::size_t{in};
    }
};

struct AttributionPlan {
    TaskList list;
    AttributionCells cells;
};
// Problems of the scenario; E731 there is no such player, E732 fewer than two players have anything in it.
[[nodiscard]] std::expected<AttributionPlan, Errors> plan_attribution(AttributionRequest request);
// The cells of a list that plan_attribution made; E715 it is another one.
[[nodiscard]] std::expected<AttributionCells, Error> cells_of_list(const TaskList& list);

struct PlayerShare {
    const Player* player = nullptr;
    MeanSpread shapley;  // in the outcome's unit
    MeanSpread share;    // of what all players do together; over seeds in which they do something
    bool identified =
        false;  // false: the 90 % interval of the share covers both 10 and 40 % (model 13.5)
    MeanSpread removed;  // all in, less all but this one in
    bool disagrees =
        false;  // removal and share differ in sign, or by more than a quarter of the whole
    double assumed_part = 0;  // 0 .. 1 of the mean share that goes when its assumed events do
    std::optional<double>
        paired_correlation;  // of the worlds with all and with all but this, over seeds
};

// One outcome: at the low of the day, or at a fixed time.
struct OutcomeAttribution {
    std::string name, label, unit;  // unit: fraction, USD, accounts
    std::string when;               // "over the day" or a moment, UTC
    bool price = false;             // a price: void where the gates are not met
    MeanSpread whole;               // all players in
    MeanSpread rest;                // none in: what is left without any of them
    std::vector<PlayerShare> shares;
    std::vector<double> interaction;  // means over seeds, n x n, in the outcome's unit
    bool opposed =
        false;  // players work against each other: their parts are over three times the whole, and
                // a part in per cent of it says nothing
    std::size_t seeds = 0;  // with every coalition there and the figure known
    std::size_t no_effect =
        0;  // of them, seeds in which all players together do nothing or the reverse
};

struct OtherRemoval {
    std::string cause;
    std::string outcome;
    MeanSpread removed;
};

// A curve of the worlds with everything in: at its first point, at its lowest, at its last.
struct LevelSpread {
    std::string_view name, label, unit;  // a row of path_series_names
    MeanSpread start, minimum, end;
};
// Over the points of the curves that world rows keep; curves that no world has are left out.
[[nodiscard]] std::vector<LevelSpread> level_spreads(std::span<const PathRow* const> worlds);

// What was drawn for the worlds with everything in, and one outcome of them.
struct OutcomeSensitivity {
    std::string outcome;
    double median = 0.0;             // of the worlds that know it
    std::vector<Sensitivity> drawn;  // by range
};

struct Attribution {
    std::vector<const Player*> players;
    std::vector<LevelSpread> levels;
    std::vector<OutcomeAttribution> outcomes;
    std::vector<OtherRemoval> others;               // causes that are no player: by removal alone
    std::size_t seeds = 0;                          // asked
    std::vector<OutcomeSensitivity> sensitivities;  // empty where nothing was drawn
    std::vector<LossDistribution> losses;           // of the worlds with everything in
    std::vector<std::uint64_t> incomplete;          // seeds of which a coalition is not there
    double core_hours = 0;                          // of the worlds, as they were timed
};

// From the worlds that are there.
[[nodiscard]] Attribution attribute(const AttributionPlan& plan, std::span<const PathRow> rows);

}  // namespace margincall::inline lab
