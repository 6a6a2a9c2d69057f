// The statements of the press about 4 November 2025, each judged by a figure that the model's worlds give and by what
// was measured (model section 0, column "measured by"). docs/verdict.md has the rules in words.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "analytics/summary.hpp"
#include "lab/path_row.hpp"
#include "lab/verdict_evidence.hpp"
#include "plan/plan.hpp"

namespace margincall::inline lab {

enum class Judged : std::uint8_t { supported, contradicted, not_identified };
[[nodiscard]] std::string_view judged_word(Judged judged);

struct Verdict {
    std::string_view id, statement;
    std::string figure, unit;  // what was computed
    Judged judged = Judged::not_identified;
    std::optional<double> measured, low,
        high;  // the figure, its 5th and 95th percentile over worlds
    std::size_t worlds = 0;
    std::string made;  // day on which the worlds were kept; empty: none, or read from a folder
    std::string reason;
    std::string fact;  // what is measured of reality, with its source; empty: nothing
};

// What there is to judge by.
struct Evidence {
    const Plan* plan = nullptr;  // of the scenario
    VerdictEvidence kept;
    PriceGates gates;
};

// S1 to S13, then S14, the article's cure; in that order.
[[nodiscard]] std::vector<Verdict> judge(const Evidence& evidence);

// --- the figures, each a function of worlds alone ---

// Forced dollars an hour while BTC stands within 1 % below a level over the same within 1 % above it, worlds in
// which it stands at least `least_points` points of the curve on each side.
struct LevelRatio {
    std::vector<double> at;       // at the level, by world that was there
    std::vector<double> placebo;  // at the levels 2 to 5 thousand dollars away from it
};
[[nodiscard]] LevelRatio forced_flow_at(std::span<const PathRow> worlds, double level_usd);

// One line of JSON a statement: id, statement, figure, unit, verdict, measured, low, high, worlds, made, reason, fact.
[[nodiscard]] std::string verdict_json(const Verdict& verdict);

}  // namespace margincall::inline lab
