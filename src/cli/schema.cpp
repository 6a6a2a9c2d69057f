#include "cli/schema.hpp"

#include <fmt/format.h>

#include <nlohmann/json.hpp>

#include "base/json_text.hpp"
#include "scenario/capabilities.hpp"
#include "scenario/fields.hpp"
#include "scenario/other_keys.hpp"

namespace margincall::inline cli {
namespace {

using Json = nlohmann::ordered_json;

std::string default_text(const Field& field) {
    if (field.required) {
        return "(required)";
    }
    if (field.unit == Unit::text || field.unit == Unit::time) {
        return "";
    }
    DefaultRows rows;
    FieldTarget target = rows.target();
    const double number = get_number(field, target);
    return field.unit == Unit::choice ? std::string{field.choices[static_cast<std::size_t>(number)]}
                                      : format_measure(number, field.unit);
}

Json plain_schema(const Field& field) {
    Json out;
    switch (field.unit) {
        case Unit::flag:
            out["type"] = "boolean";
            break;
        case Unit::text:
            out["type"] = "string";
            break;
        case Unit::choice:
            out["type"] = "string";
            out["enum"] = field.choices;
            break;
        case Unit::count:
            out["type"] = "integer";
            break;
        case Unit::number:
            out["type"] = "number";
            break;
        case Unit::share:
            out["type"] = Json::array({"string", "number"});
            break;
        case Unit::time:
        case Unit::per_day:
        case Unit::usd:
        case Unit::usd_per_day:
        case Unit::usd_per_second:
        case Unit::duration:
        case Unit::amount:
            out["type"] = "string";
            break;
    }
    if (field.limited() && (field.unit == Unit::count || field.unit == Unit::number)) {
        out["minimum"] = field.low;
        out["maximum"] = field.high;
    }
    return out;
}

Json field_schema(const Field& field) {
    Json out;
    const Json plain = plain_schema(field);
    Json figure;
    figure["type"] = "object";
    figure["properties"] = {
        {"value", plain}, {"source", {{"type", "string"}}}, {"note", {{"type", "string"}}}};
    figure["required"] = Json::array({"value"});
    figure["additionalProperties"] = false;
    out["anyOf"] = Json::array({plain, figure});
    std::string about{field.about};
    about += fmt::format(" [{}", unit_name(field.unit));
    if (field.limited()) {
        about += fmt::format(", {} … {}",
                             format_measure(field.low, field.unit),
                             format_measure(field.high, field.unit));
    }
    out["description"] = about + "]";
    // For programs: a range of values with units, which JSON Schema cannot say.
    if (field.limited() && !plain.contains("minimum")) {
        out["x-unit"] = unit_name(field.unit);
        out["x-minimum"] = format_measure(field.low, field.unit);
        out["x-maximum"] = format_measure(field.high, field.unit);
    }
    if (const std::string text = default_text(field); !text.empty() && !field.required) {
        out["default"] = text;
    }
    return out;
}

// Puts the field at its dotted path below `table`, making the tables on the way.
void place(Json& table, std::string_view path, const Field& field) {
    const std::size_t dot = path.find('.');
    Json& properties = table["properties"];
    const std::string key{path.substr(0, dot)};
    if (dot == std::string_view::npos) {
        properties[key] = field_schema(field);
        if (field.required) {
            table["required"].push_back(key);
        }
        return;
    }
    Json& child = properties[key];
    child["type"] = "object";
    place(child, path.substr(dot + 1), field);
}

void add_texts(Json& table, std::initializer_list<const char*> keys) {
    for (const char* const key : keys) {
        table["properties"][key] = Json::object();
    }
}

std::string_view about_key(std::string_view path) {
    const auto found = std::ranges::find(other_keys(), path, &OtherKey::path);
    return found == other_keys().end() ? std::string_view{} : found->about;
}

Json schema_json() {
    Json root;
    root["$schema"] = "https://json-schema.org/draft/2020-12/schema";
    root["title"] = "Margincall scenario";
    root["type"] = "object";
    Json asset = {{"type", "object"}};
    Json venue = {{"type", "object"}};
    Json event = {{"type", "object"}};
    for (const Field& field : fields()) {
        switch (field.scope) {
            case Scope::global:
                place(root, field.path, field);
                break;
            case Scope::asset:
                place(asset, field.path, field);
                break;
            case Scope::venue:
                place(venue, field.path, field);
                break;
            case Scope::event:
                place(event, field.path, field);
                break;
        }
    }
    add_texts(venue, {"like", "rules", "tiers", "collateral", "perps", "spots", "grid"});
    add_texts(event, {"type", "source", "sell", "buy", "profile", "shift"});
    add_texts(root["properties"]["population"], {"accounts", "leverage_state", "burn_in"});
    add_texts(root["properties"]["meta"], {"tags"});
    add_texts(root["properties"]["market"], {"season"});
    add_texts(root["properties"]["history"], {"source", "price", "low", "high", "fear_greed"});
    add_texts(root, {"extends", "observed_paths"});
    root["properties"]["assets"] = {{"type", "object"}, {"additionalProperties", asset}};
    root["properties"]["venues"] = {{"type", "object"}, {"additionalProperties", venue}};
    root["properties"]["events"] = {{"type", "array"}, {"items", event}};
    root["properties"]["limits"] = {{"type", "object"},
                                    {"description", about_key("limits.*")},
                                    {"additionalProperties", {{"type", "string"}}}};
    Json observed = {{"type", "object"}, {"additionalProperties", false}};
    for (const MetricName& metric : metric_names) {
        observed["properties"][std::string{metric.name}] = {
            {"description", fmt::format("{}: {} ({})", metric.label, metric.counts, metric.over)},
            {"properties", {{"unit", {{"const", unit_name(metric.unit)}}}}}};
    }
    root["properties"]["observed"] = std::move(observed);
    root["properties"]["ranges"] = {
        {"type", "object"},
        {"description", "values that a key may have; read by attribute, by no mechanism"},
        {"additionalProperties",
         {{"type", "object"},
          {"additionalProperties", false},
          {"properties",
           {{"low", Json::object()},
            {"high", Json::object()},
            {"one_of", {{"type", "array"}}},
            {"source", {{"type", "string"}}}}}}}};
    // What a scenario must give may come from the file that it extends.
    root.erase("required");
    return root;
}

// "4 %", "1 … 200" or the words.
std::string allowed_text(const Field& field) {
    if (!field.choices.empty()) {
        return fmt::format("{}", fmt::join(field.choices, ", "));
    }
    if (!field.limited()) {
        return "";
    }
    return fmt::format(
        "{} … {}", format_measure(field.low, field.unit), format_measure(field.high, field.unit));
}

// The table of docs/scenario-file.md; without defaults, which follow calibration.
std::string schema_markdown() {
    std::string out = "| key | meaning | allowed |\n| --- | --- | --- |\n";
    for (const Field& field : fields()) {
        const std::string limits = allowed_text(field);
        out += fmt::format("| `{}{}` | {} | {} |\n",
                           scope_prefix(field.scope),
                           field.path,
                           field.about,
                           limits.empty() ? std::string{unit_name(field.unit)} : limits);
    }
    for (const OtherKey& other : other_keys()) {
        out += fmt::format("| `{}` | {} | |\n", other.path, other.about);
    }
    return out;
}

}  // namespace

ExitCode print_schema(SchemaForm form, Streams streams) {
    if (form == SchemaForm::json) {
        fmt::print(streams.out, "{}\n", json_text(schema_json(), 2));
        return ExitCode::done;
    }
    if (form == SchemaForm::markdown) {
        fmt::print(streams.out, "{}", schema_markdown());
        return ExitCode::done;
    }
    fmt::print(streams.out, "{:44} {:22} {:24} {}\n", "key", "unit", "default", "meaning");
    for (const Field& field : fields()) {
        fmt::print(streams.out,
                   "{:44} {:22} {:24} {}\n",
                   fmt::format("{}{}", scope_prefix(field.scope), field.path),
                   unit_name(field.unit),
                   default_text(field),
                   field.about);
    }
    for (const OtherKey& other : other_keys()) {
        fmt::print(streams.out, "{:44} {:22} {:24} {}\n", other.path, "", "", other.about);
    }
    return ExitCode::done;
}

ExitCode print_capabilities(SchemaForm form, Streams streams) {
    if (form == SchemaForm::json) {
        Json rows = Json::array();
        for (const Capability& row : capabilities()) {
            rows.push_back({{"key", row.key},
                            {"value", row.value},
                            {"run", support_name(row.run)},
                            {"stress", support_name(row.stress)},
                            {"reason", row.reason}});
        }
        fmt::print(streams.out, "{}\n", json_text(rows, 2));
        return ExitCode::done;
    }
    const bool markdown = form == SchemaForm::markdown;
    const char* const line =
        markdown ? "| {4}{0}{4} | {1} | {2} | {3} | {5} |\n" : "{0:24} {1:44} {2:18} {3:18} {5}\n";
    fmt::print(streams.out, fmt::runtime(line), "key", "value", "run", "stress", "", "remark");
    if (markdown) {
        fmt::print(streams.out, "| --- | --- | --- | --- | --- |\n");
    }
    for (const Capability& row : capabilities()) {
        fmt::print(streams.out,
                   fmt::runtime(line),
                   row.key,
                   row.value.empty() ? std::string_view{"any"} : row.value,
                   support_name(row.run),
                   support_name(row.stress),
                   "`",
                   row.reason);
    }
    return ExitCode::done;
}

ExitCode print_metrics(SchemaForm form, Streams streams) {
    if (form == SchemaForm::json) {
        Json rows = Json::array();
        for (const MetricName& row : metric_names) {
            rows.push_back({{"name", row.name},
                            {"unit", unit_name(row.unit)},
                            {"counts", row.counts},
                            {"over", row.over}});
        }
        fmt::print(streams.out, "{}\n", json_text(rows, 2));
        return ExitCode::done;
    }
    const bool markdown = form == SchemaForm::markdown;
    const char* const line =
        markdown ? "| {4}{0}{4} | {1} | {2} | {3} |\n" : "{0:26} {1:22} {2} ({3})\n";
    fmt::print(streams.out, fmt::runtime(line), "name", "unit", "what is counted", "over", "");
    if (markdown) {
        fmt::print(streams.out, "| --- | --- | --- | --- |\n");
    }
    for (const MetricName& row : metric_names) {
        fmt::print(streams.out,
                   fmt::runtime(line),
                   row.name,
                   unit_name(row.unit),
                   row.counts,
                   row.over,
                   "`");
    }
    return ExitCode::done;
}

}  // namespace margincall::inline cli
