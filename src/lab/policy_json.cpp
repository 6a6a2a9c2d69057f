#include "lab/policy_json.hpp"

#include <fmt/format.h>

#include <nlohmann/json.hpp>

#include "analytics/price_gates_json.hpp"
#include "base/csv_cell.hpp"
#include "base/json_text.hpp"
#include "base/version.hpp"

namespace margincall::inline lab {
namespace {

using Json = nlohmann::ordered_json;

Json names_of(std::span<const Policy> policies, const std::vector<std::size_t>& which) {
    Json out = Json::array();
    for (const std::size_t k : which) {
        out.push_back(policies[k].name);
    }
    return out;
}

Json change_json(const PolicyFigure& figure, const PolicyChange& change) {
    if (change.change.n == 0) {
        return {{"metric", figure.metric}, {"effect", effect_word(change.effect)}, {"n", 0}};
    }
    const std::optional<double> gain = relative_gain(figure, change);
    return {{"metric", figure.metric},
            {"effect", effect_word(change.effect)},
            {"gain", gain ? Json(*gain) : Json(nullptr)},
            {"today", change.before.mean},
            {"with", change.after.mean},
            {"change", change.change.mean},
            {"low", change.low},
            {"high", change.high},
            {"seeds_up", change.seeds_up},
            {"seeds_down", change.seeds_down},
            {"n", change.change.n}};
}

Json figures_json() {
    Json out = Json::array();
    for (const PolicyFigure& figure : policy_figures()) {
        const auto row = static_cast<std::size_t>(metric_index(figure.metric));
        out.push_back({{"metric", figure.metric},
                       {"label", metric_names[row].label},
                       {"unit", unit_name(metric_names[row].unit)},
                       {"more_is_better", figure.more_is_better},
                       {"price", figure.price}});
    }
    return out;
}

Json day_json(std::span<const Policy> policies, const DayTable& day) {
    const Plan& plan = day.day->list.base().plan;
    Json out{{"scenario", plan.name},
             {"title", plan.title},
             {"scenario_hash", plan.scenario_hash},
             {"core", day.day->list.identity()},
             {"quiet", day.quiet},
             {"seed_from", day.day->list.seed_from()},
             {"seeds", day.table.seeds},
             {"core_hours", day.table.core_hours},
             {"policies", Json::array()}};
    for (std::size_t k = 0; k < policies.size(); ++k) {
        Json row{{"name", policies[k].name},
                 {"changed", day.day->changed[k]},
                 {"figures", Json::array()}};
        for (std::size_t f = 0; f < policy_figures().size(); ++f) {
            row["figures"].push_back(
                change_json(policy_figures()[f], day.table.policies[k].changes[f]));
        }
        out["policies"].push_back(std::move(row));
    }
    return out;
}

}  // namespace

std::vector<PolicyTable> crash_tables(std::span<const DayTable> days) {
    std::vector<PolicyTable> out;
    for (const DayTable& day : days) {
        if (!day.quiet) {
            out.push_back(day.table);
        }
    }
    return out;
}

std::string policies_json(std::span<const Policy> policies,
                          std::span<const DayTable> days,
                          const PriceGates& gates) {
    Json out{{"format", 1},
             {"version", program_version},
             {"price_gates", price_gates_json(gates)},
             {"figures", figures_json()},
             {"policies", Json::array()},
             {"days", Json::array()},
             {"rankings", Json::array()}};
    for (const Policy& policy : policies) {
        Json set = Json::object();
        for (const auto& [key, value] : policy.set) {
            set[key] = value;
        }
        out["policies"].push_back({{"name", policy.name},
                                   {"label", policy.label},
                                   {"group", policy.group},
                                   {"about", policy.about},
                                   {"assumes", policy.assumes},
                                   {"set", std::move(set)}});
    }
    for (const DayTable& day : days) {
        out["days"].push_back(day_json(policies, day));
    }
    const std::vector<PolicyTable> crashes = crash_tables(days);
    for (std::size_t f = 0; !crashes.empty() && f < policy_figures().size(); ++f) {
        const Ranking ranking = rank_policies(crashes, f);
        out["rankings"].push_back({{"metric", policy_figures()[f].metric},
                                   {"order", names_of(policies, ranking.order)},
                                   {"sign_flips", names_of(policies, ranking.flips)},
                                   {"not_clear", names_of(policies, ranking.not_clear)}});
    }
    return json_text(out, 1) + "\n";
}

std::string policies_csv(std::span<const Policy> policies, std::span<const DayTable> days) {
    std::string out =
        "day,quiet,policy,metric,effect,today,with,change,low,high,seeds_up,seeds_down,seeds\n";
    for (const DayTable& day : days) {
        for (std::size_t k = 0; k < policies.size(); ++k) {
            for (std::size_t f = 0; f < policy_figures().size(); ++f) {
                const PolicyChange& c = day.table.policies[k].changes[f];
                out += fmt::format("{},{},{},{},{},{},{},{},{},{},{},{},{}\n",
                                   csv_cell(day.day->list.base().plan.name),
                                   day.quiet,
                                   csv_cell(policies[k].name),
                                   policy_figures()[f].metric,
                                   effect_word(c.effect),
                                   c.before.mean,
                                   c.after.mean,
                                   c.change.mean,
                                   c.low,
                                   c.high,
                                   c.seeds_up,
                                   c.seeds_down,
                                   c.change.n);
            }
        }
    }
    return out;
}

}  // namespace margincall::inline lab
