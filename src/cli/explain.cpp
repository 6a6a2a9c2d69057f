#include "cli/explain.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <optional>

#include "base/text.hpp"
#include "cli/suggestion.hpp"
#include "lab/draws.hpp"
#include "scenario/compile.hpp"
#include "scenario/document.hpp"
#include "scenario/error_codes.hpp"
#include "scenario/error_text.hpp"
#include "scenario/fields.hpp"
#include "scenario/key_path.hpp"
#include "scenario/other_keys.hpp"

namespace margincall::inline cli {
namespace {

namespace fs = std::filesystem;

std::string field_key(const Field& field) {
    return fmt::format("{}{}", scope_prefix(field.scope), field.path);
}

std::string default_of(const Field& field) {
    if (field.required) {
        return "none: it must be given";
    }
    DefaultRows rows;
    FieldTarget target = rows.target();
    if (field.unit == Unit::text) {
        return "none";
    }
    const double number = get_number(field, target);
    if (field.unit == Unit::choice) {
        return std::string{field.choices[static_cast<std::size_t>(number)]};
    }
    if (field.unit == Unit::time && number == 0.0) {
        return "none";
    }
    return format_measure(number, field.unit);
}

std::string field_text(const Field& field) {
    std::string out = fmt::format("{}\n  {}\n", field_key(field), field.about);
    out += fmt::format("  unit     {}, for example {}\n",
                       unit_name(field.unit),
                       field.choices.empty() ? std::string{unit_example(field.unit)}
                                             : "\"" + std::string{field.choices.front()} + "\"");
    if (!field.choices.empty()) {
        out += fmt::format("  allowed  {}\n", fmt::join(field.choices, " | "));
    } else if (!field.limited()) {
        out += "  allowed  any\n";
    } else {
        out += fmt::format("  allowed  {} … {}{}\n",
                           format_measure(field.low, field.unit),
                           format_measure(field.high, field.unit),
                           field.limit.empty() ? "" : fmt::format(" ({})", field.limit));
    }
    out += fmt::format("  default  {}\n", default_of(field));
    return out;
}

std::string other_text(const OtherKey& other) {
    return fmt::format("{}\n  {}\n  unit     {}\n  allowed  {}\n  default  {}\n",
                       other.path,
                       other.about,
                       other.unit,
                       other.allowed,
                       other.fallback);
}

// Fields whose key is `key` or lies below it.
std::string keys_text(const std::string& key) {
    std::string out;
    for (const Field& field : fields()) {
        const std::string full = field_key(field);
        if (key_matches(full, key)) {
            return field_text(field);
        }
    }
    const std::size_t depth = split_path(key).size();
    for (const Field& field : fields()) {
        const std::string full = field_key(field);
        const std::vector<std::string> parts = split_path(full);
        if (parts.size() > depth) {
            std::string head;
            for (std::size_t i = 0; i < depth; ++i) {
                head += (i > 0 ? "." : "") + parts[i];
            }
            if (key_matches(head, key)) {
                out += fmt::format("{:48} {}\n", full, field.about);
            }
        }
    }
    return out;
}

// The dotted key whose value stands on a line of the scenario file itself.
void key_on_line(const Node& node, const std::string& path, int line, std::string& found) {
    for (const auto& [name, child] : node.members) {
        const std::string full = path.empty() ? name : fmt::format("{}.{}", path, name);
        if (child.key_at.file == 0 && child.key_at.line == line) {
            found = full;
        }
        key_on_line(child, full, line, found);
    }
    for (const Node& child : node.items) {
        key_on_line(child, path + ".0", line, found);
    }
}

ExitCode explain_line(const std::string& file, int line, Streams streams) {
    Errors errors;
    const Document document = load_document(file, {}, errors);
    if (document.files.empty()) {
        fmt::print(streams.err, "{}", errors_text(errors, file, ""));
        return ExitCode::input;
    }
    std::string key;
    key_on_line(document.root, "", line, key);
    std::string text = key.empty() ? "" : keys_text(key);
    for (const OtherKey& other : other_keys()) {
        if (text.empty() && key_matches(other.path, key)) {
            text = other_text(other);
        }
    }
    if (text.empty()) {
        fmt::print(
            streams.err, "margincall: {}:{}: no key that the field table knows\n", file, line);
        return ExitCode::command_line;
    }
    fmt::print(streams.out, "{}", text);
    return ExitCode::done;
}

ExitCode say_problems(const Errors& errors, const std::string& file, Streams streams) {
    fmt::print(streams.err, "{}", errors_text(errors, file, ""));
    return only_missing_files(errors) ? ExitCode::input : ExitCode::scenario;
}

ExitCode explain_file(const std::string& file,
                      const std::vector<std::string>& overrides,
                      Streams streams) {
    const std::expected<Compiled, Errors> compiled = compile_scenario(file, overrides);
    if (!compiled) {
        return say_problems(compiled.error(), file, streams);
    }
    if (!compiled->warnings.empty()) {
        fmt::print(streams.err, "{}", errors_text(compiled->warnings, file, ""));
    }
    fmt::print(streams.out, "{}", compiled->resolved);
    return ExitCode::done;
}

}  // namespace

ExitCode explain(const std::string& what,
                 const std::vector<std::string>& overrides,
                 Streams streams) {
    for (const ErrorCode& code : error_codes()) {
        if (code.code == what) {
            fmt::print(streams.out, "{}: {}\n  {}\n", code.code, code.title, code.about);
            return ExitCode::done;
        }
    }
    for (const MetricName& metric : metric_names) {
        if (what == metric.name || what == fmt::format("observed.{}", metric.name)) {
            fmt::print(streams.out,
                       "{}\n  {}\n  unit     {}\n  allowed  any, in [observed]\n  default  none: a "
                       "result; in [observed] nothing is compared\n  counts   {}\n  over     {}\n",
                       metric.name,
                       metric.label,
                       unit_name(metric.unit),
                       metric.counts,
                       metric.over);
            return ExitCode::done;
        }
    }
    for (const OtherKey& other : other_keys()) {
        if (key_matches(other.path, what)) {
            fmt::print(streams.out, "{}", other_text(other));
            return ExitCode::done;
        }
    }
    if (const std::string text = keys_text(what); !text.empty()) {
        fmt::print(streams.out, "{}", text);
        return ExitCode::done;
    }
    for (const LaterKey& later : later_keys()) {
        if (key_matches(later.path, what)) {
            fmt::print(streams.out, "{}\n  not available yet: {}\n", what, later.what);
            return ExitCode::done;
        }
    }
    const std::size_t colon = what.rfind(':');
    if (colon != std::string::npos && colon + 1 < what.size() &&
        what.find_first_not_of("0123456789", colon + 1) == std::string::npos &&
        what.size() - colon <= 8) {
        return explain_line(what.substr(0, colon), std::stoi(what.substr(colon + 1)), streams);
    }
    std::error_code ignored;
    if (fs::exists(what, ignored) || what.ends_with(".toml") || what == "-") {
        return explain_file(what, overrides, streams);
    }
    std::vector<std::string> known;
    for (const Field& field : fields()) {
        known.push_back(field_key(field));
    }
    for (const OtherKey& other : other_keys()) {
        known.emplace_back(other.path);
    }
    for (const MetricName& metric : metric_names) {
        known.emplace_back(metric.name);
    }
    for (const ErrorCode& code : error_codes()) {
        known.emplace_back(code.code);
    }
    fmt::print(streams.err,
               "margincall: {} is neither a key, an error code nor a file\n   help: {}\n",
               in_quotes(what),
               suggestion(what, known, "margincall schema lists every key"));
    return ExitCode::command_line;
}

ExitCode explain_draw(const std::string& file,
                      const std::vector<std::string>& overrides,
                      std::uint64_t seed,
                      Streams streams) {
    const std::expected<Compiled, Errors> compiled = compile_scenario(file, overrides);
    if (!compiled) {
        return say_problems(compiled.error(), file, streams);
    }
    for (const std::string& one : draw_of(compiled->plan.ranges, seed)) {
        fmt::print(streams.out, "{}\n", one);
    }
    return ExitCode::done;
}

}  // namespace margincall::inline cli
