// What rules would have done (model 12): the same worlds with each policy in turn, on crash days and quiet ones, and
// for every figure what the policy changes, seed by seed.
#pragma once

#include <array>
#include <cstdint>
#include <expected>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "base/error.hpp"
#include "lab/attribution.hpp"
#include "lab/path_row.hpp"
#include "lab/task_list.hpp"
#include "scenario/policies.hpp"

namespace margincall::inline lab {

// What a policy is judged on.
struct PolicyFigure {
    std::string_view metric;
    bool more_is_better = false;
    bool price = false;
};
[[nodiscard]] std::span<const PolicyFigure> policy_figures();

// One scenario's worlds: cell 0 with today's rules, cell k + 1 with policy k.
struct PolicyDay {
    TaskList list;
    std::vector<std::vector<std::string>> changed;  // by policy: what it changes (changed_keys)
};
struct PolicyRequest {
    TaskRequest scenario;
    std::vector<Policy> policies;
    bool draw = true;  // path k with a draw of the scenario's ranges
};
// Problems of the scenario with a policy, which they name; E742.
[[nodiscard]] std::expected<PolicyDay, Errors> plan_policy_day(const PolicyRequest& request);

enum class Effect : std::uint8_t {
    helps,      // the 90 % interval of the mean change lies on the better side of 0
    harms,      // on the worse side
    none,       // it holds 0 and is narrower than a twentieth of the figure under today's rules
    not_clear,  // it holds 0 and is wider
    unknown,    // no world knows the figure
};
inline constexpr std::array all_effects = {
    Effect::helps, Effect::harms, Effect::none, Effect::not_clear, Effect::unknown};
[[nodiscard]] std::string_view effect_word(Effect effect);

// With it less without it, seed by seed.
struct PolicyChange {
    MeanSpread before, after, change;
    double low = 0, high = 0;  // 90 % interval of the mean change (Student)
    Effect effect = Effect::unknown;
    std::size_t seeds_up = 0, seeds_down = 0;  // that it raises, lowers
};
// The mean change in units of today's mean figure, positive for the better; nothing where today's is 0 or no
// world knows it.
[[nodiscard]] std::optional<double> relative_gain(const PolicyFigure& figure,
                                                  const PolicyChange& change);

struct PolicyRow {
    std::vector<PolicyChange> changes;  // by figure of policy_figures()
};
struct PolicyTable {
    std::vector<PolicyRow> policies;
    std::size_t seeds = 0;
    double core_hours = 0;
};
[[nodiscard]] PolicyTable policy_table(const PolicyDay& day, std::span<const PathRow> rows);

// Policies from the one that helps most to the one that harms most, by mean change over crash days in units of
// today's figure. Those whose effect is clear on one day and clearly the other way on another are in no order.
struct Ranking {
    std::vector<std::size_t> order;
    std::vector<std::size_t> flips;      // sign differs between days
    std::vector<std::size_t> not_clear;  // on no day clear
};
[[nodiscard]] Ranking rank_policies(std::span<const PolicyTable> crash_days, std::size_t figure);

}  // namespace margincall::inline lab
