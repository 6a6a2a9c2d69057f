#include "lab/policy_table.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>

#include "analytics/run_difference.hpp"
#include "base/check.hpp"
#include "lab/draws.hpp"
#include "lab/world_table.hpp"

namespace margincall::inline lab {
namespace {

constexpr std::array figures = {PolicyFigure{"btc_fall_open_to_low", true, true},
                                PolicyFigure{"eth_fall_open_to_low", true, true},
                                PolicyFigure{"liquidated_true_usd"},
                                PolicyFigure{"accounts_true"},
                                PolicyFigure{"bad_debt_usd"},
                                PolicyFigure{"fund_min_usd", true},
                                PolicyFigure{"fund_draw_usd"},
                                PolicyFigure{"adl_usd"},
                                PolicyFigure{"adl_accounts"},
                                PolicyFigure{"adl_forgone_usd"},
                                PolicyFigure{"depth_1pct_min_usd", true},
                                PolicyFigure{"depth_1pct_min_share", true},
                                PolicyFigure{"depth_1pct_thin_minutes"},
                                PolicyFigure{"depth_1pct_recovery_minutes"},
                                PolicyFigure{"spread_max_bps"},
                                PolicyFigure{"spread_mean_bps"},
                                PolicyFigure{"volume_usd", true},
                                PolicyFigure{"defi_liquidated_usd"},
                                PolicyFigure{"defi_bad_debt_usd"}};
constexpr double narrow = 0.05;  // of the figure under today's rules

std::optional<double> value_of(const PathRow& row, const PolicyFigure& figure) {
    return row.summary.metric(figure.metric).value;
}

Effect effect_of(const PolicyChange& change, bool more_is_better) {
    if (change.change.n < 2) {
        return Effect::unknown;
    }
    if (change.low > 0.0 || change.high < 0.0) {
        return (change.low > 0.0) == more_is_better ? Effect::helps : Effect::harms;
    }
    const double size = std::max(std::abs(change.low), std::abs(change.high));
    return size <= narrow * std::abs(change.before.mean) ? Effect::none : Effect::not_clear;
}

PolicyChange change_of(const PolicyFigure& figure,
                       std::span<const PathRow* const> before,
                       std::span<const PathRow* const> after) {
    std::vector<double> with;
    std::vector<double> without;
    std::vector<double> differences;
    std::vector<PathValue> first;
    std::vector<PathValue> second;
    PolicyChange out;
    for (std::size_t k = 0; k < before.size(); ++k) {
        const auto a = before[k] == nullptr ? std::nullopt : value_of(*before[k], figure);
        const auto b = after[k] == nullptr ? std::nullopt : value_of(*after[k], figure);
        if (!a || !b) {
            continue;
        }
        without.push_back(*a);
        with.push_back(*b);
        differences.push_back(*b - *a);
        first.push_back({before[k]->seed, *a});
        second.push_back({after[k]->seed, *b});
        out.seeds_up += *b > *a ? std::size_t{1} : 0;
        out.seeds_down += *b < *a ? std::size_t{1} : 0;
    }
    out.before = mean_spread(without);
    out.after = mean_spread(with);
    out.change = mean_spread(differences);
    const std::optional<RunDifference> apart = run_difference(first, second);
    out.low = apart ? apart->low.value_or(out.change.mean) : 0.0;
    out.high = apart ? apart->high.value_or(out.change.mean) : 0.0;
    out.effect = effect_of(out, figure.more_is_better);
    return out;
}

}  // namespace

std::span<const PolicyFigure> policy_figures() {
    return figures;
}

std::string_view effect_word(Effect effect) {
    switch (effect) {
        case Effect::helps:
            return "helps";
        case Effect::harms:
            return "harms";
        case Effect::none:
            return "no effect";
        case Effect::not_clear:
            return "not clear";
        case Effect::unknown:
            return "not known";
    }
    return "";
}

std::optional<double> relative_gain(const PolicyFigure& figure, const PolicyChange& change) {
    if (change.change.n == 0 || change.before.mean == 0.0) {
        return std::nullopt;
    }
    const double better = figure.more_is_better ? 1.0 : -1.0;
    return better * change.change.mean / std::abs(change.before.mean);
}

std::expected<PolicyDay, Errors> plan_policy_day(const PolicyRequest& request) {
    TaskRequest task = request.scenario;
    std::expected<TaskList, Errors> base = TaskList::make(task);
    if (!base) {
        return std::unexpected(std::move(base.error()));
    }
    const std::string& today = base->cells().front().resolved;
    task.points.emplace_back();
    task.points_on_resolved = true;
    for (const Policy& policy : request.policies) {
        auto overrides = overrides_of(policy, today);
        if (!overrides) {
            return std::unexpected(Errors{std::move(overrides.error())});
        }
        task.points.push_back(std::move(*overrides));
    }
    if (request.draw) {
        task.draws = draws_of(*base);
    }
    std::expected<TaskList, Errors> list = TaskList::make(std::move(task));
    if (!list) {
        return std::unexpected(std::move(list.error()));
    }
    PolicyDay day{std::move(*list), {}};
    for (std::size_t cell = 1; cell < day.list.cells().size(); ++cell) {
        day.changed.push_back(changed_keys(today, day.list.cells()[cell].resolved));
    }
    return day;
}

PolicyTable policy_table(const PolicyDay& day, std::span<const PathRow> rows) {
    const TaskList& list = day.list;
    const auto seeds = static_cast<std::size_t>(list.paths());
    const WorldTable worlds = world_table(rows, list.cells().size(), seeds);
    PolicyTable out;
    out.seeds = seeds;
    out.core_hours = core_hours(rows);
    for (std::size_t cell = 1; cell < worlds.size(); ++cell) {
        PolicyRow policy;
        for (const PolicyFigure& figure : figures) {
            policy.changes.push_back(change_of(figure, worlds[0], worlds[cell]));
        }
        out.policies.push_back(std::move(policy));
    }
    return out;
}

Ranking rank_policies(std::span<const PolicyTable> crash_days, std::size_t figure) {
    CHECK(!crash_days.empty() && figure < figures.size());
    Ranking out;
    std::vector<std::pair<double, std::size_t>> clear;
    for (std::size_t policy = 0; policy < crash_days.front().policies.size(); ++policy) {
        bool helps = false;
        bool harms = false;
        double size = 0;
        for (const PolicyTable& day : crash_days) {
            const PolicyChange& change = day.policies[policy].changes[figure];
            helps = helps || change.effect == Effect::helps;
            harms = harms || change.effect == Effect::harms;
            size += relative_gain(figures[figure], change).value_or(0.0);
        }
        if (helps && harms) {
            out.flips.push_back(policy);
        } else if (helps || harms) {
            clear.emplace_back(size, policy);
        } else {
            out.not_clear.push_back(policy);
        }
    }
    std::ranges::stable_sort(clear, std::ranges::greater{}, &std::pair<double, std::size_t>::first);
    for (const auto& [size, policy] : clear) {
        out.order.push_back(policy);
    }
    return out;
}

}  // namespace margincall::inline lab
