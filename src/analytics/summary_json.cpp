#include <fmt/format.h>

#include <array>
#include <charconv>
#include <fstream>
#include <nlohmann/json.hpp>
#include <sstream>

#include "analytics/losses_json.hpp"
#include "analytics/price_gates_json.hpp"
#include "analytics/summary.hpp"
#include "base/json_text.hpp"

namespace margincall::inline analytics {
namespace {

using Json = nlohmann::ordered_json;

Json optional_json(const std::optional<double>& value) {
    return value ? Json(*value) : Json(nullptr);
}
std::optional<double> optional_number(const Json& object, const char* key) {
    const auto found = object.find(key);
    return found != object.end() && found->is_number() ? std::optional{found->get<double>()}
                                                       : std::nullopt;
}
std::string text_or_empty(const Json& object, const char* key) {
    const auto found = object.find(key);
    return found != object.end() && found->is_string() ? found->get<std::string>() : std::string{};
}
double number_or_zero(const Json& object, const char* key) {
    return optional_number(object, key).value_or(0.0);
}
template <class Integer>
Integer integer_or_zero(const Json& object, const char* key) {
    const auto found = object.find(key);
    return found != object.end() && found->is_number_integer() ? found->get<Integer>() : Integer{0};
}

Json observed_json(const Summary& summary) {
    Json rows = Json::array();
    for (const Comparison& row : summary.observed) {
        Json out;
        out["metric"] = metric_names[row.metric].name;
        out["unit"] = unit_name(metric_names[row.metric].unit);
        out["simulated"] = optional_json(row.simulated);
        out["measured"] = optional_json(row.measured);
        out["tolerance"] = optional_json(row.tolerance);
        out["inside"] = row.inside ? Json(*row.inside) : Json(nullptr);
        out["article"] = row.article;
        out["source"] = row.source;
        out["note"] = row.note;
        rows.push_back(std::move(out));
    }
    return rows;
}

Json forced_json(const Summary& summary) {
    Json rows = Json::array();
    for (const ForcedRoutes& row : summary.forced) {
        Json out{{"venue", row.venue}, {"coin", row.coin}};
        const std::array parts = {std::pair{"book", row.book_usd},
                                  std::pair{"takeover", row.takeover_usd},
                                  std::pair{"adl", row.adl_usd}};
        for (const auto& [name, usd] : parts) {
            out[fmt::format("{}_usd", name)] = usd;
            out[fmt::format("{}_share", name)] = row.usd() > 0 ? Json(usd / row.usd()) : Json();
        }
        rows.push_back(std::move(out));
    }
    return rows;
}

Json adl_json(const Summary& summary) {
    Json rows = Json::array();
    for (const AdlCount& row : summary.adl) {
        rows.push_back({{"venue", row.venue},
                        {"usd", row.usd},
                        {"accounts", row.accounts},
                        {"steps", row.steps},
                        {"fills", row.fills}});
    }
    return rows;
}

Json limits_json(const Summary& summary) {
    Json rows = Json::array();
    for (const JudgedLimit& row : summary.limits) {
        rows.push_back(
            {{"name", row.name},
             {"limit", row.text},
             {"figure", row.figure},
             {"value", optional_json(row.value)},
             {"verdict", state_word(state_of(row))},
             {"worlds", row.worlds},
             {"kept", row.kept},
             {"share",
              row.worlds > 0 ? Json(static_cast<double>(row.kept) / static_cast<double>(row.worlds))
                             : Json(nullptr)}});
    }
    return rows;
}

// Rows of a list of objects; none when the file is from before there was such a list.
void read_rows(const Json& root, const char* key, const auto& take) {
    const auto found = root.find(key);
    if (found != root.end() && found->is_array()) {
        for (const Json& row : *found) {
            take(row);
        }
    }
}

Error not_a_summary(std::string_view file, std::string message) {
    Error error;
    error.file = file;
    error.code = "E504";
    error.message = std::move(message);
    error.hint = "give a summary.json written by `margincall run`";
    return error;
}

void read_observed(const Json& root, Summary& summary) {
    read_rows(root, "observed", [&](const Json& row) {
        const int index = metric_index(text_or_empty(row, "metric"));
        if (index < 0) {
            return;
        }
        Comparison out;
        out.metric = static_cast<std::size_t>(index);
        out.simulated = optional_number(row, "simulated");
        out.measured = optional_number(row, "measured");
        out.tolerance = optional_number(row, "tolerance");
        const auto inside = row.find("inside");
        if (inside != row.end() && inside->is_boolean()) {
            out.inside = inside->get<bool>();
        }
        out.article = text_or_empty(row, "article");
        out.source = text_or_empty(row, "source");
        out.note = text_or_empty(row, "note");
        summary.observed.push_back(std::move(out));
    });
    read_rows(root, "limits", [&](const Json& row) {
        summary.limits.push_back({text_or_empty(row, "name"),
                                  text_or_empty(row, "limit"),
                                  text_or_empty(row, "figure"),
                                  optional_number(row, "value"),
                                  integer_or_zero<std::int64_t>(row, "worlds"),
                                  integer_or_zero<std::int64_t>(row, "kept")});
    });
    read_rows(root, "losses", [&](const Json& row) {
        const int index = metric_index(text_or_empty(row, "metric"));
        if (index < 0) {
            return;
        }
        LossDistribution out;
        out.metric = static_cast<std::size_t>(index);
        out.horizon = text_or_empty(row, "horizon");
        out.worlds = integer_or_zero<std::size_t>(row, "worlds");
        out.unknown = integer_or_zero<std::size_t>(row, "unknown");
        out.without = integer_or_zero<std::size_t>(row, "without");
        out.mean = number_or_zero(row, "mean");
        out.median = number_or_zero(row, "p50");
        out.worst = number_or_zero(row, "worst");
        read_rows(row, "tails", [&](const Json& tail) {
            out.tails.push_back({integer_or_zero<int>(tail, "percent"),
                                 number_or_zero(tail, "at_risk"),
                                 number_or_zero(tail, "shortfall"),
                                 integer_or_zero<std::size_t>(tail, "beyond")});
        });
        summary.losses.push_back(std::move(out));
    });
    read_rows(root, "forced", [&](const Json& row) {
        summary.forced.push_back({text_or_empty(row, "venue"),
                                  text_or_empty(row, "coin"),
                                  number_or_zero(row, "book_usd"),
                                  number_or_zero(row, "takeover_usd"),
                                  number_or_zero(row, "adl_usd")});
    });
    read_rows(root, "adl", [&](const Json& row) {
        summary.adl.push_back({text_or_empty(row, "venue"),
                               number_or_zero(row, "usd"),
                               number_or_zero(row, "accounts"),
                               number_or_zero(row, "steps"),
                               number_or_zero(row, "fills")});
    });
}

}  // namespace

Json price_gates_json(const PriceGates& gates) {
    return {{"state", gates.state}, {"reason", gates.reason}, {"missed", gates.missed}};
}

Json losses_json(std::span<const LossDistribution> losses) {
    Json rows = Json::array();
    for (const LossDistribution& row : losses) {
        Json tails = Json::array();
        for (const LossTail& tail : row.tails) {
            tails.push_back({{"percent", tail.percent},
                             {"at_risk", tail.at_risk},
                             {"shortfall", tail.shortfall},
                             {"beyond", tail.beyond}});
        }
        rows.push_back({{"metric", metric_names[row.metric].name},
                        {"label", metric_names[row.metric].label},
                        {"unit", unit_name(metric_names[row.metric].unit)},
                        {"horizon", row.horizon},
                        {"worlds", row.worlds},
                        {"unknown", row.unknown},
                        {"without", row.without},
                        {"mean", row.mean},
                        {"p50", row.median},
                        {"worst", row.worst},
                        {"tails", std::move(tails)}});
    }
    return rows;
}

std::string summary_json(const Summary& summary) {
    Json root;
    root["scenario"] = summary.scenario;
    root["title"] = summary.title;
    root["size"] = summary.size;
    root["scenario_hash"] = summary.scenario_hash;
    root["seed"] = summary.seeds.empty() ? 0 : summary.seeds.front();
    if (summary.seeds.size() > 1) {
        root["seeds"] = summary.seeds;
    }
    root["paths"] = summary.seeds.size();
    root["failed"] = summary.failed;
    root["digest"] = fmt::format("{:016x}", summary.digest);
    root["version"] = summary.version;
    root["interrupted"] = summary.interrupted;
    root["wall_s"] = summary.wall_s;
    root["peak_rss_mb"] = summary.peak_rss_mb;
    root["messages"] = summary.messages;
    root["messages_per_s"] = summary.messages_per_s;
    root["accounts"] = summary.accounts;
    root["account_rows"] = summary.account_rows;
    Json metrics = Json::object();
    for (std::size_t i = 0; i < metric_names.size(); ++i) {
        const Metric& metric = summary.metrics[i];
        Json out;
        out["unit"] = unit_name(metric_names[i].unit);
        out["value"] = optional_json(metric.value);
        out["p05"] = optional_json(metric.p05);
        out["p50"] = optional_json(metric.p50);
        out["p95"] = optional_json(metric.p95);
        out["n"] = metric.paths;
        out["se"] = optional_json(metric.se);
        metrics[std::string{metric_names[i].name}] = std::move(out);
    }
    root["metrics"] = std::move(metrics);
    root["observed"] = observed_json(summary);
    root["forced"] = forced_json(summary);
    root["adl"] = adl_json(summary);
    if (!summary.limits.empty()) {
        root["limits"] = limits_json(summary);
    }
    if (!summary.losses.empty()) {
        root["losses"] = losses_json(summary.losses);
    }
    if (!summary.price_gates.state.empty()) {
        root["price_gates"] = price_gates_json(summary.price_gates);
    }
    return json_text(root, 2) + "\n";
}

std::expected<Summary, Error> parse_summary_json(std::string_view text, std::string_view file) {
    const Json root = Json::parse(text, nullptr, /*allow_exceptions=*/false);
    if (root.is_discarded() || !root.is_object()) {
        return std::unexpected(not_a_summary(file, "not a JSON object"));
    }
    const auto metrics = root.find("metrics");
    if (metrics == root.end() || !metrics->is_object()) {
        return std::unexpected(not_a_summary(file, "has no \"metrics\" object"));
    }
    Summary summary;
    summary.scenario = text_or_empty(root, "scenario");
    summary.title = text_or_empty(root, "title");
    summary.size = text_or_empty(root, "size");
    summary.scenario_hash = text_or_empty(root, "scenario_hash");
    summary.version = text_or_empty(root, "version");
    const auto seeds = root.find("seeds");
    if (seeds != root.end() && seeds->is_array()) {
        for (const Json& seed : *seeds) {
            if (seed.is_number_integer()) {
                summary.seeds.push_back(seed.get<std::uint64_t>());
            }
        }
    } else {
        summary.seeds = {integer_or_zero<std::uint64_t>(root, "seed")};
    }
    const std::string digest = text_or_empty(root, "digest");
    std::from_chars(digest.data(), digest.data() + digest.size(), summary.digest, 16);
    const auto interrupted = root.find("interrupted");
    summary.interrupted =
        interrupted != root.end() && interrupted->is_boolean() && interrupted->get<bool>();
    summary.failed = integer_or_zero<std::int64_t>(root, "failed");
    summary.wall_s = number_or_zero(root, "wall_s");
    summary.peak_rss_mb = number_or_zero(root, "peak_rss_mb");
    summary.messages = integer_or_zero<std::uint64_t>(root, "messages");
    summary.messages_per_s = number_or_zero(root, "messages_per_s");
    summary.accounts = integer_or_zero<std::int64_t>(root, "accounts");
    summary.account_rows = integer_or_zero<std::int64_t>(root, "account_rows");
    summary.metrics.resize(metric_names.size());
    for (const auto& [name, row] : metrics->items()) {
        const int index = metric_index(name);
        if (index < 0) {
            return std::unexpected(not_a_summary(file, fmt::format("unknown metric \"{}\"", name)));
        }
        summary.metrics[static_cast<std::size_t>(index)] = {optional_number(row, "value"),
                                                            optional_number(row, "p05"),
                                                            optional_number(row, "p50"),
                                                            optional_number(row, "p95"),
                                                            integer_or_zero<std::int64_t>(row, "n"),
                                                            optional_number(row, "se")};
    }
    read_observed(root, summary);
    const auto gates = root.find("price_gates");
    if (gates != root.end() && gates->is_object()) {
        summary.price_gates.state = text_or_empty(*gates, "state");
        summary.price_gates.reason = text_or_empty(*gates, "reason");
        read_rows(*gates, "missed", [&](const Json& name) {
            if (name.is_string()) {
                summary.price_gates.missed.push_back(name.get<std::string>());
            }
        });
    }
    return summary;
}

std::expected<Summary, Error> read_summary(const std::filesystem::path& path) {
    std::ifstream in{path, std::ios::binary};
    std::ostringstream text;
    if (in) {
        text << in.rdbuf();
    }
    if (!in) {
        Error error;
        error.file = path.string();
        error.code = "E503";
        error.message = "cannot be read";
        error.hint = "is this a run folder?";
        return std::unexpected(error);
    }
    return parse_summary_json(text.str(), path.string());
}

}  // namespace margincall::inline analytics
