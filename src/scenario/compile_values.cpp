// One value: kind, unit, range, source; and the plain fields of a scope.
#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "scenario/compiler.hpp"
#include "scenario/world_sizes.hpp"

namespace margincall::inline scenario {

bool starts_with_status(std::string_view source) {
    for (const std::string_view status : {"measured", "reported", "derived", "assumed"}) {
        if (source == status || (source.starts_with(status) && source.size() > status.size() &&
                                 (source[status.size()] == ':' || source[status.size()] == ' '))) {
            return true;
        }
    }
    return false;
}

std::string status_of(std::string_view source) {
    return std::string{source.substr(0, source.find_first_of(": "))};
}
std::string text_of(std::string_view source) {
    const std::size_t colon = source.find(':');
    if (colon == std::string_view::npos) {
        return "";
    }
    source.remove_prefix(colon + 1);
    while (!source.empty() && source.front() == ' ') {
        source.remove_prefix(1);
    }
    return std::string{source};
}

std::string number_text(double value) {
    return fmt::format("{:.12g}", value);
}

bool is_number(const Node& node) {
    return node.kind == NodeKind::integer || node.kind == NodeKind::real;
}

Fraction decimal(double value) {
    std::int64_t den = 1;
    for (int digits = 0; digits < 12; ++digits) {
        const double scaled = value * static_cast<double>(den);
        if (std::fabs(scaled - std::round(scaled)) < 1e-9 * std::max(1.0, std::fabs(scaled)) &&
            static_cast<double>(std::llround(scaled)) / static_cast<double>(den) == value) {
            break;
        }
        den *= 10;
    }
    return make_fraction(std::llround(value * static_cast<double>(den)), den);
}

std::optional<Figure> Compiler::read_value(const Node& node,
                                           const std::string& path,
                                           const Field& field) {
    Figure figure;
    figure.given = true;
    const Node* value = &node;
    if (node.is_table()) {
        value = take(node, "value");
        if (value == nullptr) {
            problem(node,
                    "E201",
                    fmt::format(
                        "{}: a table without \"value\", should be {}", path, unit_name(field.unit)))
                .hint =
                fmt::format("for example {} or {{ value = {}, source = \"measured: where\" }}",
                            unit_example(field.unit),
                            unit_example(field.unit));
            use_all(node);
            return std::nullopt;
        }
        figure.source = read_source(node, path);
        if (const Node* const note = take(node, "note")) {
            use(*note);
        }
    } else if (node.at.file < doc_.files.size() &&
               doc_.files[node.at.file].name.starts_with("--set")) {
        figure.source = "assumed: set on the command line";
    }
    if (!check_value(*value, path, field, figure)) {
        return std::nullopt;
    }
    return figure;
}

std::string Compiler::read_source(const Node& table, const std::string& path) {
    const Node* const source = take(table, "source");
    if (source == nullptr) {
        return "";
    }
    if (source->kind != NodeKind::text || !starts_with_status(source->text)) {
        problem(*source,
                "E206",
                fmt::format("{}: the source must begin with measured, reported, derived or assumed",
                            path))
            .hint = "for example \"measured: exchange candles\"";
        return "";
    }
    return source->text;
}

bool Compiler::check_value(const Node& node,
                           const std::string& path,
                           const Field& field,
                           Figure& out) {
    switch (field.unit) {
        case Unit::text:
            if (node.kind != NodeKind::text) {
                wrong_kind(node, path, field);
                return false;
            }
            out.words = node.text;
            out.canonical = quote_toml(node.text);
            return true;
        case Unit::choice:
            return check_choice(node, path, field, out);
        case Unit::flag:
            if (node.kind != NodeKind::boolean) {
                wrong_kind(node, path, field);
                return false;
            }
            out.number = node.boolean ? 1.0 : 0.0;
            out.canonical = node.boolean ? "true" : "false";
            return true;
        case Unit::time:
            if (node.kind != NodeKind::time) {
                wrong_kind(node, path, field);
                return false;
            }
            out.number = static_cast<double>(node.integer);
            out.canonical = iso_utc(node.integer);
            return check_range(node, path, field, out);
        case Unit::count:
        case Unit::number:
        case Unit::share:
        case Unit::per_day:
        case Unit::usd:
        case Unit::usd_per_day:
        case Unit::usd_per_second:
        case Unit::duration:
        case Unit::amount:
            break;
    }
    return check_number(node, path, field, out);
}

void Compiler::wrong_kind(const Node& node, const std::string& path, const Field& field) {
    problem(node,
            "E201",
            fmt::format("{}: {}, should be {}", path, kind_name(node.kind), unit_name(field.unit)))
        .hint = fmt::format("for example {}", unit_example(field.unit));
}

bool Compiler::check_choice(const Node& node,
                            const std::string& path,
                            const Field& field,
                            Figure& out) {
    if (node.kind != NodeKind::text) {
        wrong_kind(node, path, field);
        return false;
    }
    std::vector<std::string> words;
    for (std::size_t k = 0; k < field.choices.size(); ++k) {
        if (field.choices[k] == node.text) {
            out.number = static_cast<double>(k);
            out.words = node.text;
            out.canonical = quote_toml(node.text);
            return true;
        }
        words.emplace_back(field.choices[k]);
    }
    Error& error =
        problem(node, "E204", fmt::format("{}: \"{}\" is not one of its words", path, node.text));
    error.allowed = fmt::format("allowed {}", fmt::join(words, " | "));
    const std::string near = nearest(node.text, words);
    if (!near.empty()) {
        error.hint = fmt::format("did you mean \"{}\"?", near);
    }
    return false;
}

bool Compiler::check_number(const Node& node,
                            const std::string& path,
                            const Field& field,
                            Figure& out) {
    if (node.kind == NodeKind::integer || node.kind == NodeKind::real) {
        if (field.unit == Unit::count && node.kind == NodeKind::real &&
            node.real != std::floor(node.real)) {
            problem(node,
                    "E201",
                    fmt::format("{}: {} is not a whole number", path, number_text(node.real)));
            return false;
        }
        const bool bare =
            field.unit == Unit::count || field.unit == Unit::number || field.unit == Unit::share;
        if (!bare) {
            problem(node,
                    "E202",
                    fmt::format("{}: {} has no unit, should be {}",
                                path,
                                number_text(node.real),
                                unit_name(field.unit)))
                .hint = fmt::format("for example {}", unit_example(field.unit));
            return false;
        }
        if (!std::isfinite(node.real)) {
            problem(node, "E205", fmt::format("{}: must be a finite number", path));
            return false;
        }
        out.number = node.real;
    } else if (node.kind == NodeKind::text) {
        MeasureResult result = parse_measure(node.text);
        if (!result.measure) {
            Error& error = problem(node, "E205", fmt::format("{}: {}", path, result.problem));
            error.hint = result.hint.empty()
                             ? fmt::format("for example {}", unit_example(field.unit))
                             : result.hint;
            return false;
        }
        const Dimension want = dimension_of(field.unit);
        const bool bare_share =
            field.unit == Unit::share && result.measure->dimension == Dimension::none;
        if (result.measure->dimension != want && !bare_share) {
            problem(node,
                    "E202",
                    result.measure->dimension == Dimension::none
                        ? fmt::format("{}: \"{}\" has no unit, should be {}",
                                      path,
                                      node.text,
                                      unit_name(field.unit))
                        : fmt::format("{}: \"{}\" has another unit, should be {}",
                                      path,
                                      node.text,
                                      unit_name(field.unit)))
                .hint = fmt::format("for example {}", unit_example(field.unit));
            return false;
        }
        if (field.unit == Unit::count &&
            result.measure->value != std::floor(result.measure->value)) {
            problem(node, "E201", fmt::format("{}: {} is not a whole number", path, node.text));
            return false;
        }
        out.number = result.measure->value;
    } else {
        wrong_kind(node, path, field);
        return false;
    }
    if (!check_range(node, path, field, out)) {
        return false;
    }
    out.canonical = format_toml(out.number, field.unit);
    out.number = canonical_number(out.canonical, field.unit);
    return true;
}

double Compiler::canonical_number(const std::string& canonical, Unit unit) {
    std::string_view text{canonical};
    if (unit == Unit::time || unit == Unit::flag) {
        return 0.0;
    }
    if (text.starts_with('"')) {
        text = text.substr(1, text.size() - 2);
    }
    const MeasureResult result = parse_measure(text);
    return result.measure ? result.measure->value : 0.0;
}

bool Compiler::check_range(const Node& node,
                           const std::string& path,
                           const Field& field,
                           const Figure& out) {
    if (!field.limited() || (out.number >= field.low && out.number <= field.high)) {
        return true;
    }
    Error& error = problem(node,
                           "E203",
                           fmt::format("{}: {} is {}",
                                       path,
                                       format_measure(out.number, field.unit),
                                       out.number < field.low ? "too small" : "too large"));
    error.allowed = field.low == field.high
                        ? fmt::format("allowed {}", format_measure(field.low, field.unit))
                        : fmt::format("allowed {} … {}",
                                      format_measure(field.low, field.unit),
                                      format_measure(field.high, field.unit));
    if (!field.limit.empty()) {
        error.allowed += fmt::format(" ({})", field.limit);
    }
    return false;
}

std::pair<std::string, std::string> Compiler::section_of(const std::string& path) {
    const std::vector<std::string> parts = split_path(path);
    const std::size_t depth = parts.size() == 1 ? 0 : (parts[0] == "agents" ? 2 : 1);
    std::string section;
    std::string key;
    for (std::size_t i = 0; i < parts.size(); ++i) {
        std::string& out = i < depth ? section : key;
        out += (out.empty() ? "" : ".") + parts[i];
    }
    return {section, key};
}

void Compiler::read_scope(Scope scope,
                          const Node& table,
                          const std::string& prefix,
                          FieldTarget row,
                          const std::function<bool(const Field&)>& wanted) {
    for (const Field& field : fields()) {
        if (field.scope != scope) {
            continue;
        }
        const std::string key{field.path};
        // Rows of events are "[[events]]#3" in the resolved text and events[3] in messages.
        const std::string shown =
            prefix.starts_with("[[")
                ? fmt::format("events[{}]", prefix.substr(prefix.find('#') + 1))
                : prefix;
        const std::string path = shown.empty() ? key : fmt::format("{}.{}", shown, key);
        const Node* node = find_and_use(table, key);
        if (!wanted(field)) {
            continue;  // the caller says why it may not stand there
        }
        if (node != nullptr && scope == Scope::global && !counts_as_given(*node)) {
            node = nullptr;
        }
        const ImpliedValue* const implied =
            scope == Scope::global ? implied_value(size_, key) : nullptr;
        Figure figure;
        if (node != nullptr) {
            std::optional<Figure> read = read_value(*node, path, field);
            if (!read) {
                continue;
            }
            figure = std::move(*read);
            // resolved.toml writes every default out; read again it is still the program's.
            figure.given = figure.canonical != default_text(field, row);
            store(field, row, figure);
            if (implied != nullptr && figure.canonical != format_toml(implied->value, field.unit)) {
                note_own_value(*node, path);
            }
        } else if (field.required) {
            Error& error =
                problem_at_key(table,
                               1,
                               "E107",
                               fmt::format("{}: missing; it is {}", path, unit_name(field.unit)));
            error.hint = fmt::format("{} = {}   # {}", key, unit_example(field.unit), field.about);
            continue;
        } else {
            if (implied != nullptr) {
                set_number(field, row, implied->value);
                figure.source = implied_source(size_);
            }
            figure.canonical = default_text(field, row);
            if (figure.canonical.empty()) {
                continue;
            }
        }
        write_resolved(scope, prefix, key, figure);
        note_input(field, path, figure);
    }
}

const Node* Compiler::find_and_use(const Node& table, const std::string& key) {
    const Node* node = &table;
    for (const std::string& part : split_path(key)) {
        if (!node->is_table() || node->is_figure()) {
            return nullptr;
        }
        node = node->find(part);
        if (node == nullptr) {
            return nullptr;
        }
        if (!node->is_table()) {
            use(*node);
        }
    }
    use(*node);
    return node;
}

void Compiler::store(const Field& field, FieldTarget& row, const Figure& figure) {
    if (const auto* text = std::get_if<std::string* (*)(FieldTarget&)>(&field.access)) {
        *(*text)(row) = figure.words;
    } else {
        set_number(field, row, figure.number);
    }
}

std::string Compiler::default_text(const Field& field, FieldTarget& row) {
    if (const auto* text = std::get_if<std::string* (*)(FieldTarget&)>(&field.access)) {
        const std::string& words = *(*text)(row);
        return words.empty() ? "" : quote_toml(words);
    }
    const double number = get_number(field, row);
    if (field.unit == Unit::time && number == 0.0) {
        return "";
    }
    if (field.unit == Unit::choice) {
        return quote_toml(field.choices[static_cast<std::size_t>(number)]);
    }
    if (field.limited() && number < field.low) {
        return "";  // not given and not needed, e.g. the perp's tick of a coin without one
    }
    std::string canonical = format_toml(number, field.unit);
    if (field.unit != Unit::flag && field.unit != Unit::time) {
        set_number(field, row, canonical_number(canonical, field.unit));
    }
    return canonical;
}

void Compiler::write_resolved(Scope scope,
                              const std::string& prefix,
                              const std::string& key,
                              const Figure& figure) {
    const std::string value = figure.source.empty() ? figure.canonical
                                                    : fmt::format("{{ value = {}, source = {} }}",
                                                                  figure.canonical,
                                                                  quote_toml(figure.source));
    if (scope == Scope::global) {
        const auto [section, inner] = section_of(key);
        resolved_.add(section, fmt::format("{} = {}", inner, value));
    } else {
        resolved_.add(prefix, fmt::format("{} = {}", key, value));
    }
}

void Compiler::note_input(const Field& field, const std::string& path, const Figure& figure) {
    if (field.unit == Unit::text || field.unit == Unit::flag || field.unit == Unit::time ||
        path.starts_with("meta.") || path.starts_with("output.") || path.starts_with("random.") ||
        path == "schema") {
        return;
    }
    InputNote note;
    note.key = path;
    note.value = figure.canonical;
    std::erase(note.value, '"');
    if (!figure.source.empty()) {
        note.status = status_of(figure.source);
        note.source = text_of(figure.source);
    } else {
        note.status = "assumed";
        note.source = figure.given ? "no source given" : "default of the program";
    }
    draft_.plan.inputs.push_back(std::move(note));
}

}  // namespace margincall::inline scenario
