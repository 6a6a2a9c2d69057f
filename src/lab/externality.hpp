// The price of an externality (docs/externality.md): what a dollar of one owner group's open interest adds to what the
// insurance funds lose and to what is auto-deleveraged. The same worlds, seed by seed, with a part of the group not there
// (agents/thinned.hpp); what goes with the part, over its dollars, is the marginal effect.
#pragma once

#include <array>
#include <cstdint>
#include <expected>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.hpp"
#include "lab/paired_effect.hpp"
#include "lab/path_row.hpp"
#include "lab/seed_quantiles.hpp"
#include "lab/task_list.hpp"
#include "sim/metrics.hpp"

namespace margincall::inline lab {

// Ways to cut the owners into groups. Of one way every leveraged owner is in one group; groups of two ways overlap.
inline constexpr std::array<std::string_view, 5> group_ways = {
    "leverage", "size", "margin", "side", "venue"};

struct OwnerGroup {
    std::string way;               // of group_ways
    std::string name;              // "7x and more"
    std::vector<std::string> set;  // "key=value": a part of it is not there
};
// `step`: the part, 0 to 1. Bands of leverage are those that Hyperliquid publishes; sizes are round.
[[nodiscard]] std::vector<OwnerGroup> owner_groups(const Plan& plan,
                                                   std::span<const std::string> ways,
                                                   double step);

struct ExternalityRequest {
    TaskRequest scenario;           // file or text, overrides, paths, first seed; no grid
    std::vector<std::string> ways;  // of group_ways; empty: all
    double step = 0.1;
    bool draw = true;  // path k with a draw of the scenario's ranges
};
struct ExternalityPlan {
    TaskList list;  // cell 0 with everybody, cell k + 1 with a part of group k not there
    std::vector<OwnerGroup> groups;
    double step = 0.0;
};
// Problems of the scenario; E751 there is no such way, E752 a given book has no owners to draw.
[[nodiscard]] std::expected<ExternalityPlan, Errors> plan_externality(
    const ExternalityRequest& request);

// What is looked at, in dollars over the window or the run: each adds up over groups only as far as effects do.
struct ExternalityFigure {
    std::string_view name, label;
};
inline constexpr std::array externality_figures = {
    ExternalityFigure{"loss", "beyond margin: what the funds were down and what nobody covered"},
    ExternalityFigure{"fund_draw", "insurance funds: most that they were down"},
    ExternalityFigure{"bad_debt", "losses that no margin and no fund covered"},
    ExternalityFigure{"adl", "positions of winners closed by auto-deleveraging"},
};

struct GroupEffect {
    MeanSpread open_interest_usd;  // of the group at the start, longs and shorts added up
    MeanSpread step_usd;           // of it that was taken out
    // By figure: dollars that a dollar of the group's open interest adds. Of "loss" it is the add-on to margin that would pay for
    // it, dollars a dollar of notional; times the open interest it is the group's contribution to a fund.
    std::array<PairedEffect, externality_figures.size()> per_dollar;
    std::array<PairedEffect, externality_figures.size()> contribution;  // dollars, to first order
};
struct Externality {
    std::array<MeanSpread, externality_figures.size()> whole;  // with everybody
    std::vector<GroupEffect> groups;
    std::size_t seeds = 0;
    double core_hours = 0.0;
};
// What the groups hold is drawn again, by seed.
[[nodiscard]] Externality externality(const ExternalityPlan& plan, std::span<const PathRow> rows);

[[nodiscard]] std::string externality_json(const ExternalityPlan& plan, const Externality& result);
[[nodiscard]] std::string externality_csv(const ExternalityPlan& plan, const Externality& result);

}  // namespace margincall::inline lab
