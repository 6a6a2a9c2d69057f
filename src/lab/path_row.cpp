#include "lab/path_row.hpp"

#include <fmt/format.h>

#include <charconv>
#include <cmath>
#include <nlohmann/json.hpp>

#include "base/json_text.hpp"

namespace margincall::inline lab {
namespace {

using Json = nlohmann::ordered_json;

// NaN has no JSON: null. The shortest text that reads back as the same float.
std::string column_json(const std::vector<float>& values) {
    std::string out = "[";
    for (std::size_t k = 0; k < values.size(); ++k) {
        out += k > 0 ? "," : "";
        out += std::isfinite(values[k]) ? fmt::format("{}", values[k]) : "null";
    }
    return out + "]";
}

std::optional<double> number(const Json& value) {
    return value.is_number() ? std::optional{value.get<double>()} : std::nullopt;
}

// Throws nlohmann's exceptions for anything that is not as it was written.
PathRow read_row(const Json& root) {
    PathRow row;
    row.key = root.at("key").get<std::string>();
    row.index = root.at("index").get<std::uint64_t>();
    row.seed = root.at("seed").get<std::uint64_t>();
    Summary& s = row.summary;
    s.seeds = {row.seed};
    s.digest = parse_digest(root.at("digest").get<std::string>()).value();
    s.wall_s = root.at("wall_s").get<double>();
    s.peak_rss_mb = root.at("peak_rss_mb").get<double>();
    s.messages = root.at("messages").get<std::uint64_t>();
    s.messages_per_s = s.wall_s > 0 ? static_cast<double>(s.messages) / s.wall_s : 0;
    s.accounts = root.at("accounts").get<std::int64_t>();
    s.account_rows = root.at("account_rows").get<std::int64_t>();
    s.low_ns = root.at("low_ns").get<std::int64_t>();
    s.version = root.at("version").get<std::string>();
    s.metrics.resize(metric_names.size());
    const Json& metrics = root.at("metrics");
    for (std::size_t i = 0; i < metric_names.size(); ++i) {
        s.metrics[i].value = number(metrics.at(std::string{metric_names[i].name}));
    }
    for (const Json& r : root.at("forced")) {
        s.forced.push_back({r.at(0).get<std::string>(),
                            r.at(1).get<std::string>(),
                            r.at(2).get<double>(),
                            r.at(3).get<double>(),
                            r.at(4).get<double>()});
    }
    for (const Json& r : root.at("adl")) {
        s.adl.push_back({r.at(0).get<std::string>(),
                         r.at(1).get<double>(),
                         r.at(2).get<double>(),
                         r.at(3).get<double>(),
                         r.at(4).get<double>()});
    }
    const Json& series = root.at("series");
    row.series.step_ns = series.at("step_ns").get<std::int64_t>();
    for (const PathSeriesName& name : path_series_names) {
        std::vector<float>& column = row.series.values.emplace_back();
        for (const Json& value : series.at(std::string{name.name})) {
            column.push_back(static_cast<float>(number(value).value_or(std::nan(""))));
        }
    }
    return row;
}

}  // namespace

std::optional<std::uint64_t> parse_digest(std::string_view text) {
    std::uint64_t value = 0;
    const auto [end, problem] = std::from_chars(text.data(), text.data() + text.size(), value, 16);
    return problem == std::errc{} && end == text.data() + text.size() && text.size() == 16
               ? std::optional{value}
               : std::nullopt;
}

std::string path_row_json(const PathRow& row) {
    const Summary& s = row.summary;
    Json root;
    root["key"] = row.key;
    root["index"] = row.index;
    root["seed"] = row.seed;
    root["digest"] = fmt::format("{:016x}", s.digest);
    root["wall_s"] = s.wall_s;
    root["peak_rss_mb"] = s.peak_rss_mb;
    root["messages"] = s.messages;
    root["accounts"] = s.accounts;
    root["account_rows"] = s.account_rows;
    root["low_ns"] = s.low_ns;
    root["version"] = s.version;
    for (std::size_t i = 0; i < metric_names.size(); ++i) {
        const std::optional<double>& value = s.metrics[i].value;
        root["metrics"][std::string{metric_names[i].name}] = value ? Json(*value) : Json(nullptr);
    }
    root["forced"] = Json::array();
    for (const ForcedRoutes& r : s.forced) {
        root["forced"].push_back(
            Json::array({r.venue, r.coin, r.book_usd, r.takeover_usd, r.adl_usd}));
    }
    root["adl"] = Json::array();
    for (const AdlCount& r : s.adl) {
        root["adl"].push_back(Json::array({r.venue, r.usd, r.accounts, r.steps, r.fills}));
    }
    // The curves by hand: as Json they would be doubles, three times as long.
    std::string text = json_text(root);
    text.pop_back();
    text += fmt::format(",\"series\":{{\"step_ns\":{}", row.series.step_ns);
    for (std::size_t i = 0; i < path_series_names.size(); ++i) {
        text +=
            fmt::format(",\"{}\":{}", path_series_names[i].name, column_json(row.series.values[i]));
    }
    return text + "}}";
}

std::optional<PathRow> parse_path_row(std::string_view line) {
    try {
        return read_row(Json::parse(line));
    } catch (const Json::exception&) {
        return std::nullopt;
    } catch (const std::bad_optional_access&) {
        return std::nullopt;
    }
}

std::optional<RowHead> parse_row_head(std::string_view line) {
    // The head ends before "wall_s"; closed, it is an object of its own.
    const std::size_t end = line.find(",\"wall_s\":");
    const Json root = Json::parse(std::string{line.substr(0, end)} + "}", nullptr, false);
    try {
        const auto digest = parse_digest(root.at("digest").get<std::string>());
        if (end == std::string_view::npos || !digest) {
            return std::nullopt;
        }
        return RowHead{root.at("key").get<std::string>(),
                       root.at("index").get<std::uint64_t>(),
                       root.at("seed").get<std::uint64_t>(),
                       *digest};
    } catch (const Json::exception&) {
        return std::nullopt;
    }
}

std::string failed_row_json(const FailedRow& row) {
    Json root;
    root["key"] = row.key;
    root["index"] = row.index;
    root["seed"] = row.seed;
    root["reason"] = row.reason;
    return json_text(root);
}

std::optional<FailedRow> parse_failed_row(std::string_view line) {
    try {
        const Json root = Json::parse(line);
        return FailedRow{root.at("key").get<std::string>(),
                         root.at("index").get<std::uint64_t>(),
                         root.at("seed").get<std::uint64_t>(),
                         root.at("reason").get<std::string>()};
    } catch (const Json::exception&) {
        return std::nullopt;
    }
}

}  // namespace margincall::inline lab
