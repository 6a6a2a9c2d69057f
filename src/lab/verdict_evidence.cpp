#include "lab/verdict_evidence.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>

#include "base/json_text.hpp"
#include "lab/draws.hpp"
#include "lab/identity.hpp"
#include "lab/world_run.hpp"
#include "scenario/measure.hpp"

namespace margincall::inline lab {
namespace {

using Json = nlohmann::ordered_json;

constexpr int format_version = 1;
constexpr std::string_view cap_policy = "cap_20";
constexpr std::string_view cap_metric = "liquidated_true_usd";

Json source_json(const EvidenceSource& source) {
    Json digests = Json::array();
    for (const std::uint64_t digest : source.digests) {
        digests.push_back(fmt::format("{:016x}", digest));
    }
    return {{"made", source.made},
            {"sources", source.sources},
            {"list", source.list},
            {"scenario_hash", source.scenario_hash},
            {"set", source.set},
            {"seed_from", source.seed_from},
            {"paths", source.paths},
            {"drawn", source.drawn},
            {"digests", std::move(digests)}};
}

EvidenceSource source_of(const Json& from) {
    std::vector<std::uint64_t> digests;
    for (const Json& digest : from.at("digests")) {
        const auto value = parse_digest(digest.get<std::string>());
        if (!value) {
            throw Json::other_error::create(501, "no digest", &digest);
        }
        digests.push_back(*value);
    }
    return {from.at("made").get<std::string>(),
            from.at("sources").get<std::string>(),
            from.at("list").get<std::string>(),
            from.at("scenario_hash").get<std::string>(),
            from.at("set").get<std::vector<std::string>>(),
            from.at("seed_from").get<std::uint64_t>(),
            from.at("paths").get<std::int64_t>(),
            from.at("drawn").get<bool>(),
            std::move(digests)};
}

Json causes_json(const FallCauses& causes) {
    Json out{{"source", source_json(causes.source)},
             {"window", causes.window},
             {"whole", mean_spread_json(causes.whole)},
             {"shares", Json::array()},
             {"by_removal_alone", Json::array()}};
    for (const FallCauses::Share& share : causes.shares) {
        out["shares"].push_back({{"player", share.player},
                                 {"share", mean_spread_json(share.share)},
                                 {"identified", share.identified}});
    }
    for (const FallCauses::Removal& row : causes.by_removal_alone) {
        out["by_removal_alone"].push_back(
            {{"cause", row.cause}, {"removed", mean_spread_json(row.removed)}});
    }
    return out;
}

FallCauses causes_of(const Json& from) {
    FallCauses out;
    out.source = source_of(from.at("source"));
    out.window = from.at("window").get<std::string>();
    out.whole = mean_spread_of(from.at("whole"));
    for (const Json& share : from.at("shares")) {
        out.shares.push_back({share.at("player").get<std::string>(),
                              mean_spread_of(share.at("share")),
                              share.at("identified").get<bool>()});
    }
    for (const Json& row : from.at("by_removal_alone")) {
        out.by_removal_alone.push_back(
            {row.at("cause").get<std::string>(), mean_spread_of(row.at("removed"))});
    }
    return out;
}

Json cap_json(const LeverageCap& cap) {
    return {{"source", source_json(cap.source)},
            {"change", mean_spread_json(cap.change.change)},
            {"low", cap.change.low},
            {"high", cap.change.high},
            {"effect", effect_word(cap.change.effect)}};
}

LeverageCap cap_of(const Json& from) {
    LeverageCap out;
    out.source = source_of(from.at("source"));
    out.change.change = mean_spread_of(from.at("change"));
    out.change.low = from.at("low").get<double>();
    out.change.high = from.at("high").get<double>();
    const auto word = from.at("effect").get<std::string>();
    const auto effect = std::ranges::find(all_effects, word, effect_word);
    if (effect == all_effects.end()) {
        throw Json::other_error::create(501, "no such effect", &from);
    }
    out.change.effect = *effect;
    return out;
}

// What no statement is judged by is not kept.
PathRow kept_of(PathRow row) {
    row.summary.forced.clear();
    row.summary.adl.clear();
    for (std::size_t k = 0; k < row.series.values.size(); ++k) {
        if (k != path_series_index("btc_price") && k != path_series_index("liquidated_usd")) {
            row.series.values[k].clear();
        }
    }
    return row;
}

std::string_view next_line(std::string_view& text) {
    const std::size_t end = std::min(text.find('\n'), text.size());
    const std::string_view line = text.substr(0, end);
    text.remove_prefix(std::min(end + 1, text.size()));
    return line;
}

// Throws what nlohmann throws for what is missing or of another type.
VerdictEvidence head_of(const Json& root) {
    VerdictEvidence out;
    out.scenario = root.at("evidence").get<std::string>();
    if (root.at("format").get<int>() != format_version) {
        throw Json::other_error::create(501, "another format", &root);
    }
    if (const Json& day = root.at("day"); !day.is_null()) {
        out.day = DayWorlds{source_of(day), {}};
    }
    if (const Json& causes = root.at("causes"); !causes.is_null()) {
        out.causes = causes_of(causes);
    }
    if (const Json& cap = root.at("leverage_cap"); !cap.is_null()) {
        out.cap = cap_of(cap);
    }
    return out;
}

}  // namespace

EvidenceSource evidence_source(const TaskList& list, std::span<const PathRow> rows) {
    std::vector<std::uint64_t> digests(static_cast<std::size_t>(list.paths()));
    for (const PathRow& row : rows) {
        if (row.index < digests.size()) {  // of the first cell
            digests[row.index] = row.summary.digest;
        }
    }
    return {"",
            std::string{core_sources_hash()},
            list.hash(),
            list.base().plan.scenario_hash,
            list.request().overrides,
            list.seed_from(),
            list.paths(),
            !list.request().draws.empty(),
            std::move(digests)};
}

std::expected<bool, Errors> runs_again(const EvidenceSource& source,
                                       const std::string& scenario,
                                       std::size_t worlds) {
    TaskRequest request;
    request.scenario = scenario;
    request.overrides = source.set;
    request.paths = static_cast<std::int64_t>(source.digests.size());
    request.seed_from = source.seed_from;
    std::expected<TaskList, Errors> list =
        source.drawn ? drawn_list(std::move(request)) : TaskList::make(std::move(request));
    if (!list) {
        return std::unexpected(std::move(list.error()));
    }
    std::size_t left = worlds;
    for (std::size_t path = 0; path < source.digests.size() && left > 0; ++path) {
        if (source.digests[path] == 0) {
            continue;
        }
        --left;
        const Plan plan = list->plan_of(list->task(path));
        const RunTotals totals = run_world(plan, nullptr, nullptr, "margincall judge --confirm");
        if (totals.digest != source.digests[path]) {
            return false;
        }
    }
    return left < worlds;  // of none nothing is known
}

std::optional<FallCauses> fall_causes(const Attribution& causes,
                                      const Plan& plan,
                                      const EvidenceSource& source) {
    const auto fall = std::ranges::find(causes.outcomes, "btc_fall", &OutcomeAttribution::name);
    if (fall == causes.outcomes.end()) {
        return std::nullopt;
    }
    const auto moment = [&](Duration at) {
        return iso_utc(plan.start_unix_s + at.raw() / 1'000'000'000);
    };
    FallCauses out;
    out.source = source;
    out.window = fmt::format("{} to {}", moment(plan.day_from), moment(plan.day_to));
    out.whole = fall->whole;
    for (const PlayerShare& share : fall->shares) {
        out.shares.push_back({std::string{share.player->name}, share.share, share.identified});
    }
    for (const OtherRemoval& other : causes.others) {
        if (other.outcome == fall->name) {
            out.by_removal_alone.push_back({other.cause, other.removed});
        }
    }
    return out;
}

std::optional<LeverageCap> leverage_cap(const PolicyTable& table,
                                        std::span<const std::string> policies,
                                        const EvidenceSource& source) {
    const auto cap = std::ranges::find(policies, cap_policy);
    const auto figure = std::ranges::find(policy_figures(), cap_metric, &PolicyFigure::metric);
    if (cap == policies.end()) {
        return std::nullopt;
    }
    const PolicyRow& row = table.policies[static_cast<std::size_t>(cap - policies.begin())];
    return LeverageCap{source,
                       row.changes[static_cast<std::size_t>(figure - policy_figures().begin())]};
}

std::string evidence_text(const VerdictEvidence& evidence) {
    Json head{{"evidence", evidence.scenario},
              {"format", format_version},
              {"day", nullptr},
              {"causes", nullptr},
              {"leverage_cap", nullptr}};
    if (evidence.day) {
        head["day"] = source_json(evidence.day->source);
    }
    if (evidence.causes) {
        head["causes"] = causes_json(*evidence.causes);
    }
    if (evidence.cap) {
        head["leverage_cap"] = cap_json(*evidence.cap);
    }
    std::string out = json_text(head) + "\n";
    if (evidence.day) {
        for (const PathRow& row : evidence.day->rows) {
            out += path_row_json(kept_of(row)) + "\n";
        }
    }
    return out;
}

std::expected<VerdictEvidence, Error> parse_evidence(std::string_view text, std::string_view name) {
    const auto not_one = [&](std::string what) {
        return std::unexpected(file_error(std::string{name},
                                          "E715",
                                          std::move(what),
                                          "give what `margincall judge --keep FILE` wrote, or a "
                                          "folder of worlds"));
    };
    VerdictEvidence out;
    try {
        out = head_of(Json::parse(next_line(text)));
    } catch (const Json::exception&) {
        return not_one("not what statements are judged by");
    }
    for (std::size_t line = 2; !text.empty(); ++line) {
        std::optional<PathRow> row = parse_path_row(next_line(text));
        if (!row || !out.day) {
            return not_one(fmt::format("line {} is no world", line));
        }
        out.day->rows.push_back(std::move(*row));
    }
    if (out.day && out.day->rows.size() != static_cast<std::size_t>(out.day->source.paths)) {
        return not_one(fmt::format(
            "{} worlds, of which {} are there", out.day->source.paths, out.day->rows.size()));
    }
    return out;
}

std::string_view shipped_evidence(std::string_view scenario) {
    for (const BuiltinFile& file : evidence_files()) {
        if (file.path == fmt::format("{}.jsonl", scenario)) {
            return file.text;
        }
    }
    return {};
}

}  // namespace margincall::inline lab
