#include "lab/prevention_json.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <nlohmann/json.hpp>

#include "analytics/price_gates_json.hpp"
#include "base/check.hpp"
#include "base/csv_cell.hpp"
#include "base/json_text.hpp"
#include "base/version.hpp"

namespace margincall::inline lab {
namespace {

using Json = nlohmann::ordered_json;

Json share_json(const KeptShare& kept) {
    const ShareInterval interval = kept.interval();
    return {{"kept", kept.kept},
            {"worlds", kept.worlds},
            {"unknown", kept.unknown},
            {"share", kept.worlds == 0 ? Json(nullptr) : Json(kept.share())},
            {"low", interval.low},
            {"high", interval.high}};
}

Json kept_json(const KeptLimits& kept) {
    if (kept.all.worlds == 0) {
        return nullptr;
    }
    Json out{{"all", share_json(kept.all)}, {"limits", Json::array()}};
    for (const KeptShare& limit : kept.limits) {
        out["limits"].push_back(share_json(limit));
    }
    return out;
}

// Whether a limit is on a price, which the gates of price formation stand over.
bool on_price(const Limit& limit) {
    const MetricName& metric = metric_names[static_cast<std::size_t>(metric_index(limit.figure))];
    return metric.unit == MetricUnit::usd_price || metric.over.starts_with("BTC spot") ||
           metric.over.starts_with("ETH spot");
}

Json limits_json(const std::vector<Limit>& limits) {
    Json out = Json::array();
    for (const Limit& limit : limits) {
        const auto row = static_cast<std::size_t>(metric_index(limit.figure));
        out.push_back({{"name", limit.name},
                       {"text", limit.text},
                       {"metric", limit.figure},
                       {"label", metric_names[row].label},
                       {"price", on_price(limit)}});
    }
    return out;
}

Json set_json(const Policy& policy) {
    Json out = Json::object();
    for (const auto& [key, value] : policy.set) {
        out[key] = value;
    }
    return out;
}

Json levers_json(const std::vector<Lever>& levers) {
    Json out = Json::array();
    for (const Lever& lever : levers) {
        Json row{{"name", lever.policy.name},
                 {"label", lever.policy.label},
                 {"group", lever.policy.group},
                 {"about", lever.policy.about},
                 {"assumes", lever.policy.assumes},
                 {"set", set_json(lever.policy)}};
        row["today"] = lever.knob ? Json(lever.knob->today) : Json(nullptr);
        row["most"] = lever.knob ? Json(lever.knob->most) : Json(nullptr);
        out.push_back(std::move(row));
    }
    return out;
}

Json tried_json(const Prevention& search) {
    Json out = Json::array();
    for (std::size_t row = 0; row < search.tried.size(); ++row) {
        const TriedSetting& tried = search.tried[row];
        const Policy policy = policy_of(search.levers, tried.setting);
        Json one{{"name", policy.name},
                 {"label", policy.label},
                 {"levers", tried.setting.levers.size()},
                 {"step", tried.setting.step},
                 {"set", set_json(policy)},
                 {"changed", search.changed[row]},
                 {"round", tried.round},
                 {"size", tried.size},
                 {"holds", tried.holds},
                 {"quiet_cost", nullptr},
                 {"kept", kept_json(tried.kept)}};
        if (!search.costs.empty() && search.costs[row]) {
            one["quiet_cost"] = *search.costs[row];
        }
        out.push_back(std::move(one));
    }
    return out;
}

std::string_view end_word(PreventionEnd end) {
    switch (end) {
        case PreventionEnd::today:
            return "today's rules keep them";
        case PreventionEnd::found:
            return "found";
        case PreventionEnd::failed:
            return "fails on fresh seeds";
        case PreventionEnd::nothing:
            return "nothing tried keeps them";
    }
    return "";
}

// Of those that do not hold, the one that holds most often; the first of equals.
std::size_t closest(const Prevention& search) {
    const auto best = std::ranges::max_element(
        search.tried, {}, [](const TriedSetting& one) { return one.kept.all.share(); });
    return static_cast<std::size_t>(best - search.tried.begin());
}

std::string label_of(const Prevention& search, std::size_t row) {
    return policy_of(search.levers, search.tried[row].setting).label;
}

}  // namespace

std::string kept_text(const KeptShare& kept) {
    const ShareInterval interval = kept.interval();
    return fmt::format("{} of {} worlds, {:.1f} % ({:.1f} … {:.1f} %)",
                       kept.kept,
                       kept.worlds,
                       100.0 * kept.share(),
                       100.0 * interval.low,
                       100.0 * interval.high);
}

PreventionEnd end_of(const Prevention& search) {
    if (keeps(search.today.all, search.share)) {
        return PreventionEnd::today;
    }
    if (std::ranges::none_of(search.tried, &TriedSetting::holds)) {
        return PreventionEnd::nothing;
    }
    CHECK(!search.fresh.empty());  // what holds is looked at on fresh seeds
    return freshness(search.fresh.back().kept.all, search.share) == Freshness::failed
               ? PreventionEnd::failed
               : PreventionEnd::found;
}

std::vector<std::string> prevention_answer(const Prevention& search) {
    const std::string wanted = fmt::format("{:g} % of worlds", 100.0 * search.share);
    std::vector<std::string> out;
    const PreventionEnd end = end_of(search);
    switch (end) {
        case PreventionEnd::today:
            out.push_back(
                fmt::format("Today's rules keep the limits in {}: nothing has to change for {}.",
                            kept_text(search.today.all),
                            wanted));
            return out;
        case PreventionEnd::nothing:
            out.push_back(fmt::format("Nothing that was tried keeps the limits in {}.", wanted));
            if (!search.tried.empty()) {
                const std::size_t row = closest(search);
                out.push_back(fmt::format("Of {} settings the closest: {}, in {}; today {}.",
                                          search.tried.size(),
                                          label_of(search, row),
                                          kept_text(search.tried[row].kept.all),
                                          kept_text(search.today.all)));
            }
            return out;
        case PreventionEnd::found:
        case PreventionEnd::failed:
            break;
    }
    for (const FreshTrial& trial : search.fresh) {
        const Freshness fresh = freshness(trial.kept.all, search.share);
        out.push_back(fmt::format("{}{}: in the search {}; on fresh seeds {}: {}.",
                                  fresh == Freshness::failed ? "" : "The least change found: ",
                                  label_of(search, trial.row),
                                  kept_text(search.tried[trial.row].kept.all),
                                  kept_text(trial.kept.all),
                                  freshness_word(fresh)));
    }
    out.push_back(fmt::format("Today's rules: in the search {}; on fresh seeds {}.",
                              kept_text(search.today.all),
                              kept_text(search.today_fresh.all)));
    if (end == PreventionEnd::failed) {
        const auto held = std::ranges::count_if(search.tried, &TriedSetting::holds);
        out.push_back(fmt::format(
            "Of {} settings that keep the limits in the search {} were looked at on fresh seeds, "
            "and none keeps them there in {}.",
            held,
            search.fresh.size(),
            wanted));
    }
    return out;
}

std::string prevention_json(const Prevention& search, const PriceGates& gates) {
    const Plan& plan = search.base->base().plan;
    Json pairs = Json::array();
    for (const auto& [first, second] : search.pairs) {
        pairs.push_back(fmt::format("{}+{}", first, second));
    }
    Json left_out = Json::array();
    for (const auto& [name, why] : search.left_out) {
        left_out.push_back({{"name", name}, {"why", why}});
    }
    Json fresh = Json::array();
    for (const FreshTrial& trial : search.fresh) {
        fresh.push_back({{"row", trial.row},
                         {"word", freshness_word(freshness(trial.kept.all, search.share))},
                         {"kept", kept_json(trial.kept)}});
    }
    const Json out{
        {"format", 1},
        {"version", program_version},
        {"scenario", plan.name},
        {"title", plan.title},
        {"scenario_hash", plan.scenario_hash},
        {"core", search.base->identity()},
        {"price_gates", price_gates_json(gates)},
        {"share", search.share},
        {"limits", limits_json(search.limits)},
        {"end", end_word(end_of(search))},
        {"answer", prevention_answer(search)},
        {"seed_from", search.base->seed_from()},
        {"seeds", search.base->paths()},
        {"fresh_from", search.fresh_from},
        {"fresh_seeds", search.fresh_seeds},
        {"today", {{"search", kept_json(search.today)}, {"fresh", kept_json(search.today_fresh)}}},
        {"levers", levers_json(search.levers)},
        {"left_out", std::move(left_out)},
        {"pairs", std::move(pairs)},
        {"tried_pairs", search.tried_pairs},
        {"tried", tried_json(search)},
        {"order", cheapest_first(search.tried, search.costs)},
        {"fresh", std::move(fresh)},
        {"quiet_days", search.quiet_days},
        {"core_hours", search.core_hours}};
    return json_text(out, 1) + "\n";
}

std::string prevention_csv(const Prevention& search) {
    std::string out =
        "setting,label,levers,size,round,limit,seeds,kept,worlds,unknown,share,low,high,holds\n";
    const auto add = [&](const std::string& name,
                         const TriedSetting* tried,
                         const std::string& label,
                         const char* seeds,
                         const KeptLimits& kept) {
        for (std::size_t k = 0; k <= search.limits.size() && kept.all.worlds > 0; ++k) {
            const bool all = k == search.limits.size();
            const KeptShare& one = all ? kept.all : kept.limits[k];
            const ShareInterval interval = one.interval();
            out += fmt::format("{},{},{},{},{},{},{},{},{},{},{},{},{},{}\n",
                               csv_cell(name),
                               csv_cell(label),
                               tried == nullptr ? 0 : tried->setting.levers.size(),
                               tried == nullptr ? 0.0 : tried->size,
                               tried == nullptr ? 0 : tried->round,
                               csv_cell(all ? std::string{"all"} : named_text(search.limits[k])),
                               seeds,
                               one.kept,
                               one.worlds,
                               one.unknown,
                               one.share(),
                               interval.low,
                               interval.high,
                               keeps(one, search.share));
        }
    };
    const std::string today = "today";
    add(today, nullptr, "Today's rules", "search", search.today);
    add(today, nullptr, "Today's rules", "fresh", search.today_fresh);
    const auto named = [&](std::size_t row, const char* seeds, const KeptLimits& kept) {
        const Policy policy = policy_of(search.levers, search.tried[row].setting);
        add(policy.name, &search.tried[row], policy.label, seeds, kept);
    };
    for (std::size_t row = 0; row < search.tried.size(); ++row) {
        named(row, "search", search.tried[row].kept);
    }
    for (const FreshTrial& trial : search.fresh) {
        named(trial.row, "fresh", trial.kept);
    }
    return out;
}

}  // namespace margincall::inline lab
