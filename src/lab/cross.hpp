// Trigger or state (docs/cross.md; model 14.8): two days are taken apart into what was there when they began and what
// happened, and put together in all four ways, on common seeds.
#pragma once

#include <array>
#include <cstdint>
#include <expected>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.hpp"
#include "lab/paired_effect.hpp"
#include "lab/path_row.hpp"
#include "lab/seed_quantiles.hpp"
#include "lab/task_list.hpp"
#include "scenario/compile.hpp"

namespace margincall::inline lab {

// What of a scenario goes with its events: sections and keys that begin so, and the ranges of events. Everything else is the
// state but for what no run reads ([observed], [observed_paths], [limits], [meta]), which is left out.
inline constexpr std::array<std::string_view, 6> event_keys = {"events.",
                                                               "clock.length",
                                                               "clock.day_from",
                                                               "clock.day_to",
                                                               "defi.balancer.",
                                                               "defi.share_market."};

// The resolved text of the one's state with the other's events, moved so that they come as long after the start as they did.
[[nodiscard]] std::string crossed_text(const Compiled& state, const Compiled& events);

struct CrossRequest {
    std::array<std::string, 2> days;     // scenario files
    std::vector<std::string> overrides;  // of both
    std::optional<std::int64_t> paths;
    std::optional<std::uint64_t> seed_from;  // nothing: the first day's
    bool draw = true;  // path k with a draw of the ranges of its state and events
};
struct CrossPlan {
    std::array<std::string, 2> names;
    std::vector<TaskList> lists;  // four; cross_cell(state, events)
};
[[nodiscard]] constexpr std::size_t cross_cell(std::size_t state, std::size_t events) {
    return 2 * state + events;
}
// "2025-10-10_with_2025-11-04": the folder of a cell.
[[nodiscard]] std::string cross_name(const CrossPlan& plan, std::size_t cell);
// Problems of a scenario or of a composition, which they name; E753 the two days are one.
[[nodiscard]] std::expected<CrossPlan, Errors> plan_cross(const CrossRequest& request);

struct CrossFigure {
    std::string name, label, unit;
    bool price = false;
    std::array<MeanSpread, 4> cells;
    // Of the second day instead of the first. The effect of the events is the mean of it in both states, that of the state
    // the mean with both days' events; the interaction is what the events do more in the second state than in the first.
    PairedEffect events, state, interaction;
};
struct CrossResult {
    std::vector<CrossFigure> figures;
    std::size_t seeds = 0;
    double core_hours = 0.0;
};
[[nodiscard]] CrossResult cross_result(const CrossPlan& plan,
                                       std::span<const std::vector<PathRow>> rows);
[[nodiscard]] std::string cross_json(const CrossPlan& plan,
                                     const CrossResult& result,
                                     const PriceGates& gates);
[[nodiscard]] std::string cross_csv(const CrossPlan& plan, const CrossResult& result);

}  // namespace margincall::inline lab
