#include "lab/attribution_json.hpp"

#include <fmt/format.h>

#include <nlohmann/json.hpp>

#include "analytics/losses_json.hpp"
#include "analytics/price_gates_json.hpp"
#include "base/csv_cell.hpp"
#include "base/json_text.hpp"
#include "base/version.hpp"
#include "lab/draws.hpp"

namespace margincall::inline lab {
namespace {

using Json = nlohmann::ordered_json;

Json sensitivity_json(const OutcomeSensitivity& one) {
    const auto known = [](const std::optional<double>& value) {
        return value ? Json(*value) : Json(nullptr);
    };
    Json out{{"outcome", one.outcome}, {"median", one.median}, {"drawn", Json::array()}};
    for (const Sensitivity& row : one.drawn) {
        out["drawn"].push_back({{"key", row.key},
                                {"worlds", row.worlds},
                                {"rank_correlation", known(row.rank_correlation)},
                                {"low_third", known(row.low_third)},
                                {"high_third", known(row.high_third)},
                                {"clear", row.clear}});
    }
    return out;
}

Json share_json(const OutcomeAttribution& outcome,
                const PlayerShare& share,
                const PriceGates& gates) {
    Json out{{"player", share.player->name},
             {"shapley", mean_spread_json(share.shapley)},
             {"share", mean_spread_json(share.share)},
             {"state", share_state(outcome, share, gates)},
             {"removed", mean_spread_json(share.removed)},
             {"removal_disagrees", share.disagrees},
             {"assumed_part", share.assumed_part},
             {"paired_correlation", nullptr}};
    if (share.paired_correlation) {
        out["paired_correlation"] = *share.paired_correlation;
    }
    return out;
}

Json outcome_json(const OutcomeAttribution& outcome, const PriceGates& gates) {
    Json out{{"name", outcome.name},
             {"label", outcome.label},
             {"unit", outcome.unit},
             {"when", outcome.when},
             {"price", outcome.price},
             {"seeds", outcome.seeds},
             {"seeds_without_effect", outcome.no_effect},
             {"opposed", outcome.opposed},
             {"all_in", mean_spread_json(outcome.whole)},
             {"none_in", mean_spread_json(outcome.rest)},
             {"shares", Json::array()},
             {"interactions", Json::array()}};
    for (const PlayerShare& share : outcome.shares) {
        out["shares"].push_back(share_json(outcome, share, gates));
    }
    const std::size_t n = outcome.shares.size();
    for (std::size_t i = 0; i < n; ++i) {
        for (std::size_t j = i + 1; j < n; ++j) {
            out["interactions"].push_back({{"a", outcome.shares[i].player->name},
                                           {"b", outcome.shares[j].player->name},
                                           {"mean", outcome.interaction[i * n + j]}});
        }
    }
    return out;
}

}  // namespace

std::string share_state(const OutcomeAttribution& outcome,
                        const PlayerShare& share,
                        const PriceGates& gates) {
    if (outcome.price && gates.state != "met") {
        return "void";
    }
    return share.identified ? "identified" : "not identified";
}

std::string attribution_json(const AttributionPlan& plan,
                             const Attribution& result,
                             const PriceGates& gates) {
    const Plan& scenario = plan.list.base().plan;
    Json out{{"format", 1},
             {"scenario", scenario.name},
             {"title", scenario.title},
             {"scenario_hash", scenario.scenario_hash},
             {"core", plan.list.identity()},
             {"version", program_version},
             {"seed_from", plan.list.seed_from()},
             {"seeds", result.seeds},
             {"coalitions", std::size_t{1} << result.players.size()},
             {"worlds", plan.list.size()},
             {"core_hours", result.core_hours},
             {"off_after_s", to_seconds(scenario.switches.off_after)},
             {"price_gates", price_gates_json(gates)},
             {"incomplete_seeds", result.incomplete},
             {"players", Json::array()},
             {"drawn", Json::array()},
             {"levels", Json::array()},
             {"outcomes", Json::array()},
             {"by_removal_alone", Json::array()},
             {"sensitivities", Json::array()},
             {"losses", losses_json(result.losses)}};
    for (const Player* player : result.players) {
        out["players"].push_back({{"name", player->name},
                                  {"label", player->label},
                                  {"off", player->off},
                                  {"assumed_events", assumed_events(*player, scenario)}});
    }
    if (!plan.list.request().draws.empty()) {
        for (const RangePlan& range : scenario.ranges) {
            out["drawn"].push_back({{"key", range.key},
                                    {"low", range_value(range, 0.0)},
                                    {"high", range_value(range, 1.0)},
                                    {"source", range.source}});
        }
    }
    for (const LevelSpread& level : result.levels) {
        out["levels"].push_back({{"name", level.name},
                                 {"label", level.label},
                                 {"unit", level.unit},
                                 {"start", mean_spread_json(level.start)},
                                 {"minimum", mean_spread_json(level.minimum)},
                                 {"end", mean_spread_json(level.end)}});
    }
    for (const OutcomeAttribution& outcome : result.outcomes) {
        out["outcomes"].push_back(outcome_json(outcome, gates));
    }
    for (const OtherRemoval& other : result.others) {
        out["by_removal_alone"].push_back({{"cause", other.cause},
                                           {"outcome", other.outcome},
                                           {"removed", mean_spread_json(other.removed)}});
    }
    for (const OutcomeSensitivity& one : result.sensitivities) {
        out["sensitivities"].push_back(sensitivity_json(one));
    }
    return json_text(out, 1) + "\n";
}

std::string attribution_csv(const Attribution& result, const PriceGates& gates) {
    std::string out =
        "outcome,when,unit,player,shapley_mean,shapley_p05,shapley_p95,share_p50,share_p05,share_"
        "p95,state,"
        "removed_mean,removed_p05,removed_p95,assumed_part,seeds\n";
    for (const OutcomeAttribution& outcome : result.outcomes) {
        for (const PlayerShare& share : outcome.shares) {
            out += fmt::format("{},{},{},{},{},{},{},{},{},{},{},{},{},{},{},{}\n",
                               csv_cell(outcome.name),
                               csv_cell(outcome.when),
                               csv_cell(outcome.unit),
                               share.player->name,
                               share.shapley.mean,
                               share.shapley.p05,
                               share.shapley.p95,
                               share.share.p50,
                               share.share.p05,
                               share.share.p95,
                               share_state(outcome, share, gates),
                               share.removed.mean,
                               share.removed.p05,
                               share.removed.p95,
                               share.assumed_part,
                               outcome.seeds);
        }
    }
    return out;
}

}  // namespace margincall::inline lab
