#include "lab/externality.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <nlohmann/json.hpp>
#include <optional>

#include "agents/population.hpp"
#include "agents/thinned.hpp"
#include "base/check.hpp"
#include "base/csv_cell.hpp"
#include "base/json_text.hpp"
#include "base/version.hpp"
#include "lab/attribution_outcomes.hpp"
#include "lab/draws.hpp"
#include "lab/world_table.hpp"

namespace margincall::inline lab {
namespace {

using Json = nlohmann::ordered_json;

struct Band {
    std::string_view name;
    double from, to;
};
constexpr std::array leverage_bands = {
    Band{"below 3x", 0.0, 3.0}, Band{"3x to 7x", 3.0, 7.0}, Band{"7x and more", 7.0, 1'000.0}};
constexpr std::array size_bands = {Band{"below $10,000", 0.0, 1e4},
                                   Band{"$10,000 to $1 m", 1e4, 1e6},
                                   Band{"$1 m and more", 1e6, 1e15}};

bool has_accounts(const Plan& plan, std::size_t venue) {
    return plan.venues[venue].oi_share > 0.0 && plan.venues[venue].kind != VenueKind::spot_only;
}

// The share at one venue, or at all that have accounts.
std::vector<std::string> thinned_at(const Plan& plan,
                                    double step,
                                    std::optional<std::size_t> only = {}) {
    std::vector<std::string> out;
    for (std::size_t v = 0; v < plan.venues.size(); ++v) {
        if (has_accounts(plan, v) && only.value_or(v) == v) {
            out.push_back(fmt::format("venues.{}.thinned_share={}", plan.venues[v].name, step));
        }
    }
    return out;
}

OwnerGroup group_of(const Plan& plan,
                    double step,
                    std::string way,
                    std::string_view name,
                    const std::vector<std::string>& who) {
    OwnerGroup out{std::move(way), std::string{name}, thinned_at(plan, step)};
    out.set.insert(out.set.end(), who.begin(), who.end());
    return out;
}

// One world's figures in the order of externality_figures.
using LossFigures = std::array<std::optional<double>, externality_figures.size()>;

LossFigures loss_figures_of(const PathRow& row,
                            const Plan& plan,
                            const std::vector<AttributionOutcome>& outcomes) {
    const auto outcome = [&](std::string_view name) {
        const auto found = std::ranges::find(outcomes, name, &AttributionOutcome::name);
        CHECK(found != outcomes.end());
        return found->figure(row, plan);
    };
    const std::optional<double> draw = outcome("fund_draw");
    const std::optional<double> debt = row.summary.metric("bad_debt_usd").value;
    return {draw && debt ? std::optional{*draw + *debt} : std::nullopt, draw, debt, outcome("adl")};
}

}  // namespace

std::vector<OwnerGroup> owner_groups(const Plan& plan,
                                     std::span<const std::string> ways,
                                     double step) {
    const auto wanted = [&](std::string_view way) {
        return ways.empty() || std::ranges::find(ways, way) != ways.end();
    };
    std::vector<OwnerGroup> out;
    const auto add =
        [&](const char* way, std::string_view name, const std::vector<std::string>& who) {
            if (wanted(way)) {
                out.push_back(group_of(plan, step, way, name, who));
            }
        };
    for (const Band& band : leverage_bands) {
        add("leverage",
            band.name,
            {fmt::format("population.thinned.leverage_from={}", band.from),
             fmt::format("population.thinned.leverage_to={}", band.to)});
    }
    for (const Band& band : size_bands) {
        add("size",
            band.name,
            {fmt::format("population.thinned.size_from={} USD", band.from),
             fmt::format("population.thinned.size_to={:.0f} USD", band.to)});
    }
    add("margin", "isolated", {"population.thinned.kind=isolated"});
    add("margin", "cross", {"population.thinned.kind=cross"});
    add("side", "longs", {"population.thinned.side=long"});
    add("side", "shorts", {"population.thinned.side=short"});
    for (std::size_t v = 0; v < plan.venues.size() && wanted("venue"); ++v) {
        if (has_accounts(plan, v)) {
            out.push_back({"venue", plan.venues[v].name, thinned_at(plan, step, v)});
        }
    }
    return out;
}

std::expected<ExternalityPlan, Errors> plan_externality(const ExternalityRequest& request) {
    for (const std::string& way : request.ways) {
        if (std::ranges::find(group_ways, way) == group_ways.end()) {
            return std::unexpected(
                Errors{file_error("",
                                  "E751",
                                  fmt::format("--by: owners are not grouped by \"{}\"", way),
                                  fmt::format("of: {}", fmt::join(group_ways, ", ")))});
        }
    }
    CHECK(request.step > 0.0 && request.step <= 1.0);
    TaskRequest task = request.scenario;
    std::expected<TaskList, Errors> base = TaskList::make(task);
    if (!base) {
        return std::unexpected(std::move(base.error()));
    }
    const Plan& plan = base->base().plan;
    if (!plan.population.book.empty()) {
        return std::unexpected(
            Errors{file_error("",
                              "E752",
                              "the scenario has a given account book (population.book)",
                              "groups are parts of a drawn population; leave the book out")});
    }
    std::vector<OwnerGroup> groups = owner_groups(plan, request.ways, request.step);
    task.points.emplace_back();
    task.points_on_resolved = true;
    for (const OwnerGroup& group : groups) {
        task.points.push_back(group.set);
    }
    if (request.draw) {
        task.draws = draws_of(*base);
    }
    std::expected<TaskList, Errors> list = TaskList::make(std::move(task));
    if (!list) {
        return std::unexpected(std::move(list.error()));
    }
    return ExternalityPlan{std::move(*list), std::move(groups), request.step};
}

Externality externality(const ExternalityPlan& plan, std::span<const PathRow> rows) {
    const TaskList& list = plan.list;
    const auto seeds = static_cast<std::size_t>(list.paths());
    const WorldTable worlds = world_table(rows, list.cells().size(), seeds);
    const std::vector<AttributionOutcome> outcomes = outcomes_of(list.base().plan);
    constexpr std::size_t count = externality_figures.size();
    Externality out;
    out.seeds = seeds;
    out.core_hours = core_hours(rows);
    out.groups.resize(plan.groups.size());
    std::array<std::vector<double>, count> whole;
    struct Kept {
        std::vector<double> held, taken;
        std::array<std::vector<PathValue>, count> without, with;   // over the dollars taken
        std::array<std::vector<PathValue>, count> parted, entire;  // times what the group holds
    };
    std::vector<Kept> kept(plan.groups.size());
    for (std::size_t path = 0; path < seeds; ++path) {
        const PathRow* const all = worlds[0][path];
        if (all == nullptr) {
            continue;
        }
        const LossFigures everybody = loss_figures_of(*all, list.base().plan, outcomes);
        for (std::size_t f = 0; f < count; ++f) {
            if (everybody[f]) {
                whole[f].push_back(*everybody[f]);
            }
        }
        const std::vector<AccountSeed> drawn = draw_population(list.plan_of(list.task(path)));
        for (std::size_t g = 0; g < plan.groups.size(); ++g) {
            const PathRow* const less = worlds[g + 1][path];
            if (less == nullptr) {
                continue;
            }
            std::vector<AccountSeed> part = drawn;
            const Thinned thinned =
                thin_owners(list.plan_of(list.task((g + 1) * seeds + path)), part);
            kept[g].held.push_back(thinned.group_usd);
            kept[g].taken.push_back(thinned.taken_usd);
            if (thinned.taken_usd <= 0.0) {
                continue;
            }
            const LossFigures others = loss_figures_of(*less, list.base().plan, outcomes);
            for (std::size_t f = 0; f < count; ++f) {
                if (everybody[f] && others[f]) {
                    const double dollar = 1.0 / thinned.taken_usd;
                    const double group = thinned.group_usd / thinned.taken_usd;
                    kept[g].without[f].push_back({all->seed, *others[f] * dollar});
                    kept[g].with[f].push_back({all->seed, *everybody[f] * dollar});
                    kept[g].parted[f].push_back({all->seed, *others[f] * group});
                    kept[g].entire[f].push_back({all->seed, *everybody[f] * group});
                }
            }
        }
    }
    for (std::size_t f = 0; f < count; ++f) {
        out.whole[f] = mean_spread(std::move(whole[f]));
    }
    for (std::size_t g = 0; g < plan.groups.size(); ++g) {
        GroupEffect& effect = out.groups[g];
        effect.open_interest_usd = mean_spread(std::move(kept[g].held));
        effect.step_usd = mean_spread(std::move(kept[g].taken));
        for (std::size_t f = 0; f < count; ++f) {
            effect.per_dollar[f] = paired_effect(kept[g].without[f], kept[g].with[f]);
            effect.contribution[f] = paired_effect(kept[g].parted[f], kept[g].entire[f]);
        }
    }
    return out;
}

std::string externality_json(const ExternalityPlan& plan, const Externality& result) {
    const Plan& base = plan.list.base().plan;
    Json out{{"format", 1},
             {"version", program_version},
             {"scenario", base.name},
             {"title", base.title},
             {"scenario_hash", base.scenario_hash},
             {"core", plan.list.identity()},
             {"seed_from", plan.list.seed_from()},
             {"seeds", result.seeds},
             {"drawn", !plan.list.request().draws.empty()},
             {"step", plan.step},
             {"core_hours", result.core_hours},
             {"figures", Json::array()},
             {"groups", Json::array()}};
    for (std::size_t f = 0; f < externality_figures.size(); ++f) {
        out["figures"].push_back({{"name", externality_figures[f].name},
                                  {"label", externality_figures[f].label},
                                  {"unit", "USD"},
                                  {"with_everybody", mean_spread_json(result.whole[f])}});
    }
    for (std::size_t g = 0; g < plan.groups.size(); ++g) {
        const GroupEffect& effect = result.groups[g];
        Json row{{"by", plan.groups[g].way},
                 {"name", plan.groups[g].name},
                 {"set", plan.groups[g].set},
                 {"open_interest_usd", mean_spread_json(effect.open_interest_usd)},
                 {"step_usd", mean_spread_json(effect.step_usd)},
                 {"effects", Json::array()}};
        for (std::size_t f = 0; f < externality_figures.size(); ++f) {
            row["effects"].push_back({{"figure", externality_figures[f].name},
                                      {"per_dollar", effect_json(effect.per_dollar[f])},
                                      {"contribution_usd", effect_json(effect.contribution[f])}});
        }
        out["groups"].push_back(std::move(row));
    }
    return json_text(out, 1) + "\n";
}

std::string externality_csv(const ExternalityPlan& plan, const Externality& result) {
    std::string out =
        "by,group,figure,state,open_interest_usd,step_usd,per_dollar,per_dollar_low,"
        "per_dollar_high,contribution_usd,contribution_low,contribution_high,seeds\n";
    for (std::size_t g = 0; g < plan.groups.size(); ++g) {
        const GroupEffect& effect = result.groups[g];
        for (std::size_t f = 0; f < externality_figures.size(); ++f) {
            const PairedEffect& dollar = effect.per_dollar[f];
            const PairedEffect& usd = effect.contribution[f];
            out += fmt::format("{},{},{},{},{},{},{},{},{},{},{},{},{}\n",
                               csv_cell(plan.groups[g].way),
                               csv_cell(plan.groups[g].name),
                               externality_figures[f].name,
                               effect_state_word(dollar.state),
                               effect.open_interest_usd.mean,
                               effect.step_usd.mean,
                               dollar.mean,
                               dollar.low,
                               dollar.high,
                               usd.mean,
                               usd.low,
                               usd.high,
                               dollar.n);
        }
    }
    return out;
}

}  // namespace margincall::inline lab
