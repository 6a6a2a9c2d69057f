#include "scenario/compile.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <functional>
#include <map>
#include <optional>
#include <set>
#include <unordered_set>

#include "agents/population.hpp"
#include "base/random.hpp"
#include "scenario/fields.hpp"

namespace margincall {
namespace {

constexpr double share_tolerance = 0.005;    // of sums that should be 1
constexpr double history_tolerance = 0.005;  // last price of the table against the start price
constexpr double order_value_max = 2e9;      // USD, largest single order
constexpr double price_span = 20.0;          // highest price of a book, times the start price
constexpr double book_reach = 0.06;          // price levels to reserve around the start
constexpr std::uint64_t tail_stream =
    0x7461696C;  // "tail": history noise is data, not a draw of the run

std::vector<std::string> split_path(std::string_view path) {
    std::vector<std::string> parts;
    std::size_t from = 0;
    while (from <= path.size()) {
        const std::size_t to = std::min(path.find('.', from), path.size());
        parts.emplace_back(path.substr(from, to - from));
        from = to + 1;
    }
    return parts;
}

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

// Sections of resolved.toml in the order in which they were first written.
class ResolvedText {
  public:
    void add(const std::string& section, std::string line) {
        for (auto& [name, lines] : sections_) {
            if (name == section) {
                lines.push_back(std::move(line));
                return;
            }
        }
        sections_.emplace_back(section, std::vector<std::string>{std::move(line)});
    }
    [[nodiscard]] std::string text() const {
        std::string out;
        for (const auto& [name, lines] : sections_) {
            if (!name.empty()) {
                // "[[events]]#3": the number only keeps rows apart here.
                out +=
                    "\n" +
                    (name.starts_with("[[") ? name.substr(0, name.find('#')) : "[" + name + "]") +
                    "\n";
            }
            for (const std::string& line : lines) {
                out += line + "\n";
            }
        }
        return out;
    }

  private:
    std::vector<std::pair<std::string, std::vector<std::string>>> sections_;
};

// The seed is named beside the hash wherever one is shown, so it is not part of it.
std::string without_seed(std::string text) {
    const std::size_t at = text.find("\nseed = ");
    if (at != std::string::npos) {
        text.erase(at, text.find('\n', at + 1) - at);
    }
    return text;
}

// A value of the text after checking: in base units or as words, with its canonical form.
struct Figure {
    double number = 0.0;
    std::string words;
    std::string canonical;  // TOML
    std::string source;
    bool given = false;
};

class Compiler {
  public:
    Compiler(const Document& document, Errors& errors, Errors& warnings)
        : doc_(document), errors_(errors), warnings_(warnings) {}

    Plan run(std::string& resolved) {
        mark_later(doc_.root, "");
        resolved_.add("",
                      "# The complete scenario: after extends, like, rules, --set and defaults.");
        read_scope(Scope::global, doc_.root, "", target(), [](const Field&) { return true; });
        read_meta();
        read_population();
        read_assets();
        read_venues();
        read_season();
        build_instruments();
        read_events();
        read_history();
        read_observed();
        read_paths();
        report_unknown(doc_.root, "");
        finish();
        resolved = resolved_.text();
        Plan plan = std::move(draft_.plan);
        plan.scenario_hash = text_hash(without_seed(resolved));
        return plan;
    }

  private:
    FieldTarget target() { return {&draft_, nullptr, nullptr, nullptr}; }

    Error& problem(const Node& at, std::string code, std::string message) {
        errors_.push_back(make_error(doc_, at.at, at.width, std::move(code), std::move(message)));
        return errors_.back();
    }
    Error& problem_at_key(const Node& at, int width, std::string code, std::string message) {
        errors_.push_back(make_error(doc_, at.key_at, width, std::move(code), std::move(message)));
        return errors_.back();
    }
    void warn(const Node& at, std::string code, std::string message, std::string hint) {
        Error error = make_error(doc_, at.at, at.width, std::move(code), std::move(message));
        error.hint = std::move(hint);
        error.warning = true;
        warnings_.push_back(std::move(error));
    }
    void use(const Node& node) { used_.insert(&node); }
    void use_all(const Node& node) {
        use(node);
        for (const auto& [key, child] : node.members) {
            use_all(child);
        }
        for (const Node& child : node.items) {
            use_all(child);
        }
    }
    const Node* take(const Node& table, std::string_view key) {
        const Node* const node = table.find(key);
        if (node != nullptr) {
            use(*node);
        }
        return node;
    }

    // --- unknown keys and keys of later work ---

    void mark_later(const Node& node, const std::string& path) {
        for (const auto& [key, child] : node.members) {
            const std::string full = path.empty() ? key : path + "." + key;
            bool later = false;
            for (const LaterKey& row : later_keys()) {
                if (matches(row.path, full)) {
                    problem_at_key(child,
                                   static_cast<int>(key.size()),
                                   "E106",
                                   fmt::format("{}: not available yet: {}", full, row.what))
                        .hint = "remove it; the run would not contain it";
                    use_all(child);
                    later = true;
                    break;
                }
            }
            if (!later && child.is_table()) {
                mark_later(child, full);
            }
        }
    }

    static bool matches(std::string_view pattern, std::string_view path) {
        const std::vector<std::string> want = split_path(pattern);
        const std::vector<std::string> have = split_path(path);
        if (want.size() != have.size()) {
            return false;
        }
        for (std::size_t i = 0; i < want.size(); ++i) {
            if (want[i] != "*" && want[i] != have[i]) {
                return false;
            }
        }
        return true;
    }

    // Keys that may stand directly in the table at `path`.
    std::vector<std::string> keys_below(const std::string& path) const {
        std::set<std::string> keys;
        const std::vector<std::string> have =
            path.empty() ? std::vector<std::string>{} : split_path(path);
        const auto offer = [&](const std::vector<std::string>& full) {
            if (full.size() <= have.size()) {
                return;
            }
            for (std::size_t i = 0; i < have.size(); ++i) {
                if (full[i] != "*" && full[i] != have[i]) {
                    return;
                }
            }
            if (full[have.size()] != "*") {
                keys.insert(full[have.size()]);
            }
        };
        for (const Field& field : fields()) {
            offer(split_path(fmt::format("{}{}", scope_prefix(field.scope), field.path)));
        }
        for (const char* const special : {"extends",
                                          "meta.tags",
                                          "population.accounts",
                                          "population.leverage_state",
                                          "population.burn_in",
                                          "market.season",
                                          "venues.*.like",
                                          "venues.*.rules",
                                          "venues.*.tiers",
                                          "venues.*.perps",
                                          "venues.*.spots",
                                          "venues.*.grid",
                                          "venues.*.grid.*.tick",
                                          "venues.*.grid.*.lot",
                                          "events.*.type",
                                          "events.*.source",
                                          "events.*.sell",
                                          "events.*.buy",
                                          "events.*.shift",
                                          "history.price",
                                          "history.low",
                                          "history.high",
                                          "history.source",
                                          "history.fear_greed",
                                          "observed_paths"}) {
            offer(split_path(special));
        }
        for (const MetricName& metric : metric_names) {
            offer({"observed", std::string{metric.name}});
        }
        return {keys.begin(), keys.end()};
    }

    void report_unknown(const Node& node, const std::string& path) {
        for (const auto& [key, child] : node.members) {
            const std::string full = path.empty() ? key : path + "." + key;
            if (used_.contains(&child)) {
                if (child.is_table()) {
                    report_unknown(child, full);
                }
                continue;
            }
            if (child.is_table() && !child.is_figure() && is_section(full)) {
                report_unknown(child, full);
                continue;
            }
            const std::string where = path.empty() ? "at the top" : "in [" + path + "]";
            const std::vector<std::string> known =
                node.is_figure() ? std::vector<std::string>{"value", "source", "note"}
                                 : keys_below(path);
            const std::string near = nearest(key, known);
            problem_at_key(
                child,
                static_cast<int>(key.size()),
                "E104",
                near.empty()
                    ? fmt::format("unknown key \"{}\" {}", key, where)
                    : fmt::format("unknown key \"{}\" {}; did you mean \"{}\"?", key, where, near))
                .hint = near.empty() ? known_keys_hint(known) : "";
        }
    }
    static std::string known_keys_hint(const std::vector<std::string>& known) {
        if (known.empty()) {
            return "";
        }
        std::string hint = "known here: ";
        for (std::size_t i = 0; i < known.size() && i < 12; ++i) {
            hint += (i > 0 ? ", " : "") + known[i];
        }
        return hint + (known.size() > 12 ? ", ..." : "");
    }
    bool is_section(const std::string& path) const { return !keys_below(path).empty(); }

    // --- one value ---

    std::optional<Figure> read_value(const Node& node,
                                     const std::string& path,
                                     const Field& field) {
        Figure figure;
        figure.given = true;
        const Node* value = &node;
        if (node.is_table()) {
            value = take(node, "value");
            if (value == nullptr) {
                problem(
                    node,
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

    std::string read_source(const Node& table, const std::string& path) {
        const Node* const source = take(table, "source");
        if (source == nullptr) {
            return "";
        }
        if (source->kind != NodeKind::text || !starts_with_status(source->text)) {
            problem(
                *source,
                "E206",
                fmt::format("{}: the source must begin with measured, reported, derived or assumed",
                            path))
                .hint = "for example \"measured: exchange candles\"";
            return "";
        }
        return source->text;
    }

    bool check_value(const Node& node, const std::string& path, const Field& field, Figure& out) {
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

    void wrong_kind(const Node& node, const std::string& path, const Field& field) {
        problem(
            node,
            "E201",
            fmt::format("{}: {}, should be {}", path, kind_name(node.kind), unit_name(field.unit)))
            .hint = fmt::format("for example {}", unit_example(field.unit));
    }

    bool check_choice(const Node& node, const std::string& path, const Field& field, Figure& out) {
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
        Error& error = problem(
            node, "E204", fmt::format("{}: \"{}\" is not one of its words", path, node.text));
        error.allowed = fmt::format("allowed {}", fmt::join(words, " | "));
        const std::string near = nearest(node.text, words);
        if (!near.empty()) {
            error.hint = fmt::format("did you mean \"{}\"?", near);
        }
        return false;
    }

    bool check_number(const Node& node, const std::string& path, const Field& field, Figure& out) {
        if (node.kind == NodeKind::integer || node.kind == NodeKind::real) {
            if (field.unit == Unit::count && node.kind == NodeKind::real &&
                node.real != std::floor(node.real)) {
                problem(node,
                        "E201",
                        fmt::format("{}: {} is not a whole number", path, number_text(node.real)));
                return false;
            }
            const bool bare = field.unit == Unit::count || field.unit == Unit::number ||
                              field.unit == Unit::share;
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

    // The number that the canonical text says, so that the resolved file gives the same Plan.
    static double canonical_number(const std::string& canonical, Unit unit) {
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

    bool check_range(const Node& node,
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

    // --- a scope of the field table ---

    // Where a global key stands in resolved.toml: section and key inside it.
    static std::pair<std::string, std::string> section_of(const std::string& path) {
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

    // Reads every field of the scope that `wanted` lets through from `table`.
    void read_scope(Scope scope,
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
            const std::string path = shown.empty() ? key : shown + "." + key;
            const Node* const node = find_and_use(table, key);
            if (!wanted(field)) {
                continue;  // the caller says why it may not stand there
            }
            Figure figure;
            if (node != nullptr) {
                std::optional<Figure> read = read_value(*node, path, field);
                if (!read) {
                    continue;
                }
                figure = std::move(*read);
                store(field, row, figure);
            } else if (field.required) {
                Error& error = problem_at_key(
                    table,
                    1,
                    "E107",
                    fmt::format("{}: missing; it is {}", path, unit_name(field.unit)));
                error.hint =
                    fmt::format("{} = {}   # {}", key, unit_example(field.unit), field.about);
                continue;
            } else {
                figure.canonical = default_text(field, row);
                if (figure.canonical.empty()) {
                    continue;
                }
            }
            write_resolved(scope, prefix, key, figure);
            note_input(field, path, figure);
        }
    }

    // Like Node::find_path, and marks the tables on the way.
    const Node* find_and_use(const Node& table, const std::string& key) {
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

    static void store(const Field& field, FieldTarget& row, const Figure& figure) {
        if (const auto* text = std::get_if<std::string* (*)(FieldTarget&)>(&field.access)) {
            *(*text)(row) = figure.words;
        } else {
            set_number(field, row, figure.number);
        }
    }

    static std::string default_text(const Field& field, FieldTarget& row) {
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
        const std::string canonical = format_toml(number, field.unit);
        if (field.unit != Unit::flag && field.unit != Unit::time) {
            set_number(field, row, canonical_number(canonical, field.unit));
        }
        return canonical;
    }

    void write_resolved(Scope scope,
                        const std::string& prefix,
                        const std::string& key,
                        const Figure& figure) {
        const std::string value =
            figure.source.empty()
                ? figure.canonical
                : fmt::format(
                      "{{ value = {}, source = {} }}", figure.canonical, quote_toml(figure.source));
        if (scope == Scope::global) {
            const auto [section, inner] = section_of(key);
            resolved_.add(section, fmt::format("{} = {}", inner, value));
        } else {
            resolved_.add(prefix, fmt::format("{} = {}", key, value));
        }
    }

    void note_input(const Field& field, const std::string& path, const Figure& figure) {
        if (field.unit == Unit::text || field.unit == Unit::flag || field.unit == Unit::time ||
            path.starts_with("meta.") || path.starts_with("output.") ||
            path.starts_with("random.") || path == "schema") {
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

    // --- sections with keys that are not plain fields ---

    void read_meta() {
        Plan& plan = draft_.plan;
        const Node* const meta = doc_.root.find("meta");
        if (meta != nullptr) {
            use(*meta);
            if (const Node* const tags = take(*meta, "tags")) {
                std::vector<std::string> words;
                for (const Node& tag : tags->items) {
                    if (tag.kind == NodeKind::text) {
                        words.push_back(quote_toml(tag.text));
                    }
                }
                if (tags->kind != NodeKind::array || words.size() != tags->items.size()) {
                    problem(*tags, "E201", "meta.tags: should be a list of words in quotes");
                } else {
                    resolved_.add("meta", fmt::format("tags = [{}]", fmt::join(words, ", ")));
                }
            }
        }
        plan.start_unix_s = static_cast<std::int64_t>(draft_.start_unix_s);
        if (plan.day_to > plan.length || plan.day_from >= plan.day_to) {
            const Node* const clock = doc_.root.find("clock");
            const Node* const at = clock == nullptr ? nullptr : clock->find("day_to");
            const Node* const shown = at != nullptr ? at : clock;
            if (shown != nullptr) {
                Error& error = problem(
                    *shown, "E301", "clock: the day of the metrics must lie inside the run");
                error.hint = fmt::format("day_from < day_to <= length; they are {}, {} and {}",
                                         format_measure(to_seconds(plan.day_from), Unit::duration),
                                         format_measure(to_seconds(plan.day_to), Unit::duration),
                                         format_measure(to_seconds(plan.length), Unit::duration));
            }
        }
    }

    void read_population() {
        PopulationPlan& population = draft_.plan.population;
        const Node* const table = doc_.root.find("population");
        const Node* accounts = nullptr;
        if (table != nullptr) {
            use(*table);
            accounts = take(*table, "accounts");
            lambda_node_ = take(*table, "leverage_state");
        }
        if (accounts != nullptr) {
            if (accounts->kind == NodeKind::text && accounts->text == "full") {
                population.full = true;
                population.rows = 0;
            } else if (accounts->kind == NodeKind::integer && accounts->integer >= 1000 &&
                       accounts->integer <= 20'000'000) {
                population.rows = accounts->integer;
            } else {
                Error& error =
                    problem(*accounts,
                            "E203",
                            "population.accounts: should be \"full\" or a number of rows");
                error.allowed = "allowed \"full\" or 1,000 … 20,000,000 (memory)";
                error.hint = "with a number each row carries a weight";
            }
        }
        resolved_.add("population",
                      population.full ? std::string{"accounts = \"full\""}
                                      : fmt::format("accounts = {}", population.rows));
    }

    // lambda of model 5.2 step 6, after the history is known.
    void apply_leverage_rule() {
        PopulationPlan& population = draft_.plan.population;
        const HistoryPlan& history = draft_.plan.history;
        if (lambda_node_ != nullptr &&
            (lambda_node_->kind == NodeKind::integer || lambda_node_->kind == NodeKind::real)) {
            population.leverage_state = lambda_node_->real;
            if (!(lambda_node_->real >= 0.01 && lambda_node_->real <= 10.0)) {
                problem(*lambda_node_, "E203", "population.leverage_state: out of range").allowed =
                    "allowed \"rule\" or 0.01 … 10";
                return;
            }
            warn(*lambda_node_,
                 "W401",
                 "population.leverage_state is set by hand; the rule computes it from data",
                 "leverage_state = \"rule\"");
            resolved_.add("population",
                          fmt::format("leverage_state = {:.12g}", population.leverage_state));
            draft_.plan.inputs.push_back({"population.leverage_state",
                                          number_text(population.leverage_state),
                                          "assumed",
                                          "set by hand"});
            return;
        }
        if (lambda_node_ != nullptr && lambda_node_->text != "rule") {
            problem(*lambda_node_, "E204", "population.leverage_state: should be \"rule\"").hint =
                "it is computed from open interest, volatility and funding before the start";
            return;
        }
        population.leverage_state = leverage_state(history,
                                                   {.open_interest_power = draft_.state_oi,
                                                    .volatility_power = draft_.state_volatility,
                                                    .funding_slope = draft_.state_funding,
                                                    .volatility_base = draft_.state_reference});
        resolved_.add("population", "leverage_state = \"rule\"");
        draft_.plan.inputs.push_back(
            {"population.leverage_state",
             fmt::format("{:.4f}", population.leverage_state),
             "derived",
             "rule of model 5.2 step 6 from history.open_interest_over_mean90, volatility_30d, "
             "funding_7d"});
    }

    void read_season() {
        const Node* const market = doc_.root.find("market");
        const Node* const season = market == nullptr ? nullptr : market->find("season");
        if (market != nullptr) {
            use(*market);
        }
        if (season != nullptr) {
            use_all(*season);
            bool good = season->kind == NodeKind::array && season->items.size() == 24;
            for (std::size_t hour = 0; good && hour < 24; ++hour) {
                const Node& item = season->items[hour];
                good = (item.kind == NodeKind::integer || item.kind == NodeKind::real) &&
                       item.real > 0.0 && item.real <= 10.0;
                draft_.plan.season_by_hour[hour] = item.real;
            }
            if (!good) {
                problem(*season,
                        "E201",
                        "market.season: should be a list of 24 numbers above 0, one per hour UTC");
            }
        }
        resolved_.add(
            "market",
            fmt::format("season = [{:.12g}]", fmt::join(draft_.plan.season_by_hour, ", ")));
    }

    void read_assets() {
        const Node* const assets = doc_.root.find("assets");
        if (assets == nullptr || !assets->is_table() || assets->members.empty()) {
            missing_table("assets", "[assets.BTC] with price, open_interest, volatility, ...");
            return;
        }
        use(*assets);
        for (const auto& [name, table] : assets->members) {
            if (!table.is_table()) {
                problem(table, "E201", fmt::format("assets.{}: should be a table", name));
                use(table);
                continue;
            }
            use(table);
            AssetDraft asset;
            asset.plan.name = name;
            FieldTarget row{&draft_, &asset, nullptr, nullptr};
            read_scope(
                Scope::asset, table, "assets." + name, row, [](const Field&) { return true; });
            assets_.push_back(asset);
            asset_nodes_.push_back(&table);
        }
        const auto btc = std::find_if(assets_.begin(), assets_.end(), [](const AssetDraft& a) {
            return a.plan.name == "BTC";
        });
        if (btc == assets_.end()) {
            problem_at_key(
                *assets, 6, "E107", "assets.BTC: missing; other coins are tied to it by beta");
            return;
        }
        const auto at = btc - assets_.begin();
        std::rotate(assets_.begin(), btc, btc + 1);
        std::rotate(asset_nodes_.begin(), asset_nodes_.begin() + at, asset_nodes_.begin() + at + 1);
    }

    void missing_table(const std::string& name, const std::string& hint) {
        Node top;
        top.key_at = {0, 1, 1};
        top.at = top.key_at;
        problem(top, "E107", fmt::format("{}: missing", name)).hint = hint;
    }

    void read_venues() {
        const Node* const venues = doc_.root.find("venues");
        if (venues == nullptr || !venues->is_table() || venues->members.empty()) {
            missing_table("venues", "[venues.A] with kind, rules, share, tiers, ...");
            return;
        }
        use(*venues);
        double oi = 0.0;
        double perp = 0.0;
        double spot = 0.0;
        for (const auto& [name, table] : venues->members) {
            if (!table.is_table()) {
                problem(table, "E201", fmt::format("venues.{}: should be a table", name));
                use(table);
                continue;
            }
            use(table);
            VenueDraft venue;
            venue.plan.name = name;
            FieldTarget row{&draft_, nullptr, &venue, nullptr};
            read_scope(
                Scope::venue, table, "venues." + name, row, [](const Field&) { return true; });
            if (venue.plan.kind == VenueKind::spot_only &&
                (venue.plan.oi_share > 0.0 || venue.plan.perp_share > 0.0)) {
                problem_at_key(
                    table,
                    1,
                    "E302",
                    fmt::format("venues.{}: a spot-only venue has no share of perps", name));
            }
            oi += venue.plan.oi_share;
            perp += venue.plan.perp_share;
            spot += venue.plan.spot_share;
            venues_.push_back(std::move(venue));
            venue_nodes_.push_back(&table);
        }
        check_sum(*venues, "share", "open interest", oi);
        check_sum(*venues, "perp_share", "perp volume", perp);
        check_sum(*venues, "spot_share", "spot volume", spot);
    }

    void check_sum(const Node& venues,
                   const std::string& key,
                   const std::string& what,
                   double sum) {
        if (std::fabs(sum - 1.0) <= share_tolerance) {
            return;
        }
        std::string parts;
        const Node* last = &venues;
        for (const auto& [name, table] : venues.members) {
            if (const Node* const node = table.find(key)) {
                last = node->is_figure() ? node->find("value") : node;
                parts += (parts.empty() ? "" : ", ") + name;
            }
        }
        Error& error = problem(*last,
                               "E302",
                               fmt::format("venues.*.{}: shares of {} add up to {}, not 100 %",
                                           key,
                                           what,
                                           format_measure(sum, Unit::share)));
        error.hint = parts.empty() ? "no venue has one" : fmt::format("given by {}", parts);
    }

    // --- instruments ---

    struct Listing {
        std::size_t venue = 0;
        std::size_t asset = 0;
        bool perp = false;
    };

    bool listed(std::size_t v, std::size_t a, bool perp) {
        const VenuePlan& venue = venues_[v].plan;
        if (perp ? venue.perp_share <= 0.0 : venue.spot_share <= 0.0) {
            return false;
        }
        const std::string key = perp ? "perps" : "spots";
        const Node* const list = venue_nodes_[v]->find(key);
        if (list == nullptr || (list->kind == NodeKind::text && list->text == "all")) {
            return true;
        }
        return std::any_of(list->items.begin(), list->items.end(), [&](const Node& item) {
            return item.text == assets_[a].plan.name;
        });
    }

    void check_lists() {
        for (std::size_t v = 0; v < venues_.size(); ++v) {
            for (const char* const key : {"perps", "spots"}) {
                const Node* const list = take(*venue_nodes_[v], key);
                const std::string section = "venues." + venues_[v].plan.name;
                if (list == nullptr || (list->kind == NodeKind::text && list->text == "all")) {
                    resolved_.add(section, fmt::format("{} = \"all\"", key));
                    continue;
                }
                const std::string path = section + "." + key;
                if (list->kind != NodeKind::array) {
                    problem(*list,
                            "E201",
                            fmt::format("{}: should be \"all\" or a list of assets", path));
                    continue;
                }
                std::vector<std::string> names;
                for (const Node& item : list->items) {
                    names.push_back(quote_toml(item.text));
                    check_asset_name(item, item.text, path);
                }
                resolved_.add(section, fmt::format("{} = [{}]", key, fmt::join(names, ", ")));
            }
        }
    }

    std::optional<std::size_t> asset_index(std::string_view name) const {
        for (std::size_t a = 0; a < assets_.size(); ++a) {
            if (assets_[a].plan.name == name) {
                return a;
            }
        }
        return std::nullopt;
    }
    std::optional<std::size_t> check_asset_name(const Node& at,
                                                std::string_view name,
                                                const std::string& path) {
        const std::optional<std::size_t> index = asset_index(name);
        if (!index) {
            std::vector<std::string> names;
            for (const AssetDraft& asset : assets_) {
                names.push_back(asset.plan.name);
            }
            Error& error =
                problem(at, "E110", fmt::format("{}: there is no asset \"{}\"", path, name));
            error.allowed = fmt::format("assets: {}", fmt::join(names, ", "));
        }
        return index;
    }

    void build_instruments() {
        if (assets_.empty() || venues_.empty()) {
            return;
        }
        check_lists();
        for (std::size_t v = 0; v < venues_.size(); ++v) {
            read_tiers(v);
            read_grid(v);
        }
        for (std::size_t a = 0; a < assets_.size(); ++a) {
            double perp_sum = 0.0;
            double spot_sum = 0.0;
            for (std::size_t v = 0; v < venues_.size(); ++v) {
                perp_sum += listed(v, a, true) ? venues_[v].plan.perp_share : 0.0;
                spot_sum += listed(v, a, false) ? venues_[v].plan.spot_share : 0.0;
            }
            for (std::size_t v = 0; v < venues_.size(); ++v) {
                for (const bool perp : {true, false}) {
                    if (!listed(v, a, perp)) {
                        continue;
                    }
                    const AssetDraft& asset = assets_[a];
                    const double own = perp ? venues_[v].plan.perp_share / perp_sum
                                            : venues_[v].plan.spot_share / spot_sum;
                    // A coin without spot books has all of its volume on perps, and the reverse.
                    const double spot_volume =
                        spot_sum <= 0.0 ? 0.0 : (perp_sum <= 0.0 ? 1.0 : asset.spot_volume);
                    const double spot_depth =
                        spot_sum <= 0.0 ? 0.0 : (perp_sum <= 0.0 ? 1.0 : asset.spot_depth);
                    InstrumentPlan plan;
                    plan.volume_share = own * (perp ? 1.0 - spot_volume : spot_volume);
                    plan.depth_share = own * (perp ? 1.0 - spot_depth : spot_depth);
                    add_instrument(v, a, perp, std::move(plan));
                }
            }
        }
        report_missing_tiers();
    }

    void report_missing_tiers() {
        for (const auto& [v, keys] : missing_tiers_) {
            problem_at_key(*venue_nodes_[v],
                           1,
                           "E303",
                           fmt::format("venues.{}.tiers: no margin tiers for {}",
                                       venues_[v].plan.name,
                                       fmt::join(keys, ", ")))
                .hint = "a row has the asset's name; the row \"tail\" serves all tail coins";
        }
    }

    void read_grid(std::size_t v) {
        const Node* const grid = take(*venue_nodes_[v], "grid");
        if (grid == nullptr) {
            return;
        }
        const std::string section = "venues." + venues_[v].plan.name + ".grid";
        for (const auto& [name, row] : grid->members) {
            use(row);
            const std::string path = section + "." + name;
            Node key = row;
            key.at = row.key_at;
            key.width = static_cast<int>(name.size());
            if (!check_asset_name(key, name, path)) {
                use_all(row);
                continue;
            }
            Field tick{.path = "tick", .unit = Unit::usd, .low = 1e-9, .high = 1e6};
            Field lot{.path = "lot", .unit = Unit::number, .low = 1e-9, .high = 1e9};
            for (const Field& field : {tick, lot}) {
                const Node* const node = take(row, field.path);
                if (node == nullptr) {
                    problem_at_key(row, 1, "E107", fmt::format("{}.{}: missing", path, field.path));
                    continue;
                }
                if (const auto figure =
                        read_value(*node, fmt::format("{}.{}", path, field.path), field)) {
                    grid_[{v, name, std::string{field.path}}] = figure->number;
                    resolved_.add(section,
                                  fmt::format("{}.{} = {}", name, field.path, figure->canonical));
                }
            }
        }
    }

    void add_instrument(std::size_t v, std::size_t a, bool perp, InstrumentPlan plan) {
        const AssetDraft& asset = assets_[a];
        const VenueDraft& venue = venues_[v];
        double tick = perp ? asset.perp_tick : asset.spot_tick;
        double lot = perp ? asset.perp_lot : asset.spot_lot;
        const auto own_tick = grid_.find({v, asset.plan.name, "tick"});
        const auto own_lot = grid_.find({v, asset.plan.name, "lot"});
        if (perp && own_tick != grid_.end() && own_lot != grid_.end()) {
            tick = own_tick->second;
            lot = own_lot->second;
        }
        plan.name =
            fmt::format("{}:{}-{}", venue.plan.name, asset.plan.name, perp ? "PERP" : "SPOT");
        if (!(asset.plan.price > 0.0) || bad_grid_.contains({a, perp})) {
            return;  // said before
        }
        if (!(tick > 0.0) || !(lot > 0.0)) {
            bad_grid_.insert({a, perp});
            problem_at_key(*asset_nodes_[a],
                           1,
                           "E107",
                           fmt::format("assets.{}.{}: tick and lot are missing; {} is traded",
                                       asset.plan.name,
                                       perp ? "perp" : "spot",
                                       plan.name))
                .hint =
                fmt::format("{} = {{ tick = \"0.1 USD\", lot = 0.001 }}", perp ? "perp" : "spot");
            return;
        }
        const double micro = tick * lot * 1e6;
        if (std::fabs(micro - std::round(micro)) > 1e-6 * micro || std::round(micro) < 1.0) {
            bad_grid_.insert({a, perp});
            problem_at_key(
                *asset_nodes_[a],
                1,
                "E304",
                fmt::format("{}: one tick of one lot is worth {:.6g} micro-dollars, must be "
                            "a whole number",
                            plan.name,
                            micro))
                .hint =
                fmt::format("tick {:.12g} USD times lot {:.12g}: make the lot larger", tick, lot);
            return;
        }
        Instrument& instrument = plan.instrument;
        instrument.id =
            InstrumentId::from_raw(static_cast<std::uint32_t>(draft_.plan.instruments.size()));
        instrument.venue = VenueId::from_raw(static_cast<std::uint16_t>(v));
        instrument.base = AssetId::from_raw(static_cast<std::uint16_t>(a));
        instrument.kind = perp ? InstrumentKind::linear_perp : InstrumentKind::spot;
        instrument.tick_value = Money::from_raw(std::llround(micro));
        instrument.tick_usd = tick;
        instrument.lot_base = lot;
        // 18 decimals; lots are multiples of 1e-9 coins, so this is exact.
        instrument.lot_amount =
            Amount::from_raw(i128{std::llround(lot * 1e9)} * i128{1'000'000'000});
        instrument.price_max =
            Ticks::from_raw(std::llround(std::ceil(asset.plan.price * price_span / tick)));
        instrument.qty_max = Lots::from_raw(
            std::max<std::int64_t>(1, std::llround(order_value_max / (asset.plan.price * lot))));
        plan.book_window = static_cast<std::uint32_t>(
            std::min(2.0 * book_reach * asset.plan.price / tick, 131'072.0));
        if (perp) {
            const auto tiers = tiers_.find({v, asset.plan.name});
            const auto shared = tiers_.find({v, "tail"});
            if (tiers != tiers_.end()) {
                plan.tiers = tiers->second;
            } else if (asset.plan.tail && shared != tiers_.end()) {
                plan.tiers = shared->second;
            } else {
                const std::string key = asset.plan.tail ? "tail" : asset.plan.name;
                if (!broken_tiers_.contains({v, key}) && !broken_tiers_.contains({v, "*"})) {
                    missing_tiers_[v].insert(key);
                }
                return;
            }
        }
        draft_.plan.instruments.push_back(std::move(plan));
    }

    void read_tiers(std::size_t v) {
        const Node* const tiers = take(*venue_nodes_[v], "tiers");
        if (tiers != nullptr && tiers->members.empty()) {
            broken_tiers_.insert({v, "*"});  // the file could not be read, which has been said
        }
        if (tiers == nullptr || !tiers->is_table()) {
            return;
        }
        const std::string section = "venues." + venues_[v].plan.name + ".tiers";
        for (const auto& [name, rows] : tiers->members) {
            use_all(rows);
            if (name == "source" || name == "as_of" || name == "note" || name == "columns") {
                if (rows.kind == NodeKind::text) {
                    resolved_.add(section, fmt::format("{} = {}", name, quote_toml(rows.text)));
                }
                if (name == "source" && !starts_with_status(rows.text)) {
                    problem(
                        rows,
                        "E206",
                        fmt::format("{}: the source must begin with measured, reported, derived or "
                                    "assumed",
                                    section));
                }
                if (name == "source" && starts_with_status(rows.text)) {
                    draft_.plan.inputs.push_back(
                        {section, "margin tiers", status_of(rows.text), text_of(rows.text)});
                }
                continue;
            }
            const std::string path = section + "." + name;
            std::optional<MarginTiers> table = read_tier_rows(rows, path, venues_[v].tier_caps);
            if (!table) {
                broken_tiers_.insert({v, name});
            } else {
                tiers_[{v, name}] = std::move(*table);
                std::vector<std::string> texts;
                for (const Node& row : rows.items) {
                    std::vector<std::string> cells;
                    for (const Node& cell : row.items) {
                        cells.push_back(number_text(cell.real));
                    }
                    texts.push_back(fmt::format("[{}]", fmt::join(cells, ", ")));
                }
                resolved_.add(section, fmt::format("{} = [{}]", name, fmt::join(texts, ", ")));
            }
        }
    }

    std::optional<MarginTiers> read_tier_rows(const Node& rows,
                                              const std::string& path,
                                              double caps) {
        if (rows.kind != NodeKind::array || rows.items.empty()) {
            problem(rows, "E303", fmt::format("{}: should be a list of tiers", path)).hint =
                "[floor, cap, maintenance rate, top leverage, deduction], notionals in USD";
            return std::nullopt;
        }
        MarginTiers tiers;
        double cap_before = 0.0;
        for (const Node& row : rows.items) {
            const bool numbers =
                row.kind == NodeKind::array && (row.items.size() == 4 || row.items.size() == 5) &&
                std::all_of(row.items.begin(), row.items.end(), [](const Node& cell) {
                    return cell.kind == NodeKind::integer || cell.kind == NodeKind::real;
                });
            if (!numbers) {
                problem(row, "E303", fmt::format("{}: a tier is four or five numbers", path)).hint =
                    "[floor, cap, maintenance rate, top leverage, deduction], notionals in USD";
                return std::nullopt;
            }
            const double floor = row.items[0].real;
            const double cap = row.items[1].real;
            const double rate = row.items[2].real;
            const double leverage = row.items[3].real;
            if (floor != cap_before || cap <= floor) {
                problem(
                    row,
                    "E303",
                    fmt::format("{}: tier from {} to {} leaves a gap or overlaps; the one before "
                                "ends at {}",
                                path,
                                number_text(floor),
                                number_text(cap),
                                number_text(cap_before)));
                return std::nullopt;
            }
            if (!(rate > 0.0 && rate < 1.0) || !(leverage >= 1.0 && leverage <= 200.0) ||
                (!tiers.empty() && rate * 1e6 < static_cast<double>(tiers.back().mmr_ppm) - 0.5)) {
                problem(row,
                        "E303",
                        fmt::format(
                            "{}: maintenance rate {} and top leverage {} are not those of a tier",
                            path,
                            number_text(rate),
                            number_text(leverage)))
                    .allowed = "rate rising within 0 … 1, leverage 1 … 200";
                return std::nullopt;
            }
            MarginTier tier;
            tier.floor = Money::from_raw(std::llround(floor * caps * 1e6));
            tier.cap = Money::from_raw(std::llround(cap * caps * 1e6));
            tier.mmr_ppm = std::llround(rate * 1e6);
            tier.leverage_max = static_cast<std::int64_t>(leverage);
            if (!tiers.empty()) {
                const MarginTier& below = tiers.back();
                tier.deduction =
                    below.deduction +
                    Money::from_raw(mul_div(
                        tier.floor.raw(), tier.mmr_ppm - below.mmr_ppm, 1'000'000, Round::down));
            }
            // The published deduction must be the one that keeps maintenance continuous.
            if (row.items.size() == 5 &&
                std::fabs(row.items[4].real * caps - to_usd(tier.deduction)) >
                    1.0 + 1e-3 * row.items[4].real * caps) {
                problem(row.items[4],
                        "E303",
                        fmt::format(
                            "{}: deduction {} does not continue the tier below; computed {:.0f}",
                            path,
                            number_text(row.items[4].real),
                            to_usd(tier.deduction) / caps));
                return std::nullopt;
            }
            cap_before = cap;
            tiers.push_back(tier);
        }
        return tiers;
    }

    // --- events ---

    static bool field_of_type(const Field& field, EventType type) {
        const std::string_view p = field.path;
        if (p == "name" || p == "at" || p == "until" || p == "cause" || p == "confidence") {
            return true;
        }
        switch (type) {
            case EventType::factor:
                return p.starts_with("change.");
            case EventType::fair_value:
                return false;
            case EventType::flow:
                return p == "participation" || p == "pause_below_1h" || p == "last_part_share" ||
                       p == "last_part" || p == "perps";
            case EventType::uncertainty:
                return p == "add" || p == "half_life";
        }
        return false;
    }

    void read_events() {
        const Node* const events = doc_.root.find("events");
        if (events == nullptr) {
            return;
        }
        use(*events);
        if (events->kind != NodeKind::array) {
            problem(*events, "E201", "events: should be rows written as [[events]]");
            use_all(*events);
            return;
        }
        for (std::size_t i = 0; i < events->items.size(); ++i) {
            read_event(events->items[i], i);
        }
        std::stable_sort(draft_.plan.events.begin(),
                         draft_.plan.events.end(),
                         [](const EventPlan& a, const EventPlan& b) { return a.at < b.at; });
    }

    void read_event(const Node& table, std::size_t number) {
        const std::string path = fmt::format("events[{}]", number);
        if (!table.is_table()) {
            problem(table, "E201", fmt::format("{}: should be a table", path));
            return;
        }
        const Node* const type_node = take(table, "type");
        const std::optional<EventType> type = read_event_type(table, type_node, path);
        if (!type) {
            use_all(table);
            return;
        }
        const std::string section = fmt::format("[[events]]#{}", number);
        resolved_.add(section, fmt::format("type = {}", quote_toml(type_node->text)));
        EventDraft event;
        event.plan.type = *type;
        FieldTarget row{&draft_, nullptr, nullptr, &event};
        const std::size_t notes = draft_.plan.inputs.size();
        const std::size_t before = errors_.size();
        read_event_fields(table, section, row, *type, type_node->text, path);
        draft_.plan.inputs.resize(notes);  // events are listed as rows, below
        if (const std::string source = read_source(table, path); !source.empty()) {
            event.plan.source = source;
            resolved_.add(section, fmt::format("source = {}", quote_toml(source)));
        }
        event.plan.d_fair_value.assign(assets_.size(), 0.0);
        event.plan.sell_usd.assign(assets_.size(), 0.0);
        const std::string size =
            read_event_sizes(table, section, event.plan, type_node->text, path);
        report_unknown(table, path_in_messages(number));
        check_event_time(table, event, path);
        if (errors_.size() != before) {
            return;
        }
        if (event.plan.name.empty()) {
            event.plan.name = fmt::format("{} {}", event.plan.cause, number + 1);
        }
        draft_.plan.inputs.push_back(
            {fmt::format("events: {}", event.plan.name),
             fmt::format("{} {}", type_node->text, size),
             event.plan.source.empty() ? "assumed" : status_of(event.plan.source),
             event.plan.source.empty() ? "no source given" : text_of(event.plan.source)});
        draft_.plan.events.push_back(std::move(event.plan));
    }

    static std::string path_in_messages(std::size_t number) {
        return fmt::format("events.{}", number);
    }

    std::optional<EventType> read_event_type(const Node& table,
                                             const Node* node,
                                             const std::string& path) {
        if (node == nullptr || node->kind != NodeKind::text) {
            problem_at_key(table, 1, "E107", fmt::format("{}.type: missing", path)).hint =
                "type = \"factor\" | \"fair_value\" | \"flow\" | \"uncertainty\"";
            return std::nullopt;
        }
        std::vector<std::string> names;
        std::size_t ready = 0;
        for (const EventTypeName& type : event_types()) {
            if (type.name == node->text) {
                if (!type.ready) {
                    problem(
                        *node,
                        "E106",
                        fmt::format("{}.type: not available yet: \"{}\" events", path, node->text))
                        .hint = "until then a flow and an uncertainty row can stand for it";
                    return std::nullopt;
                }
                return static_cast<EventType>(ready);
            }
            names.emplace_back(type.name);
            ready += type.ready ? 1 : 0;
        }
        Error& error = problem(
            *node, "E204", fmt::format("{}.type: \"{}\" is not an event type", path, node->text));
        error.allowed = "allowed factor | fair_value | flow | uncertainty";
        if (node->text == "price" || node->text == "depth" || node->text == "liquidation") {
            error.hint = "a price, a depth or a liquidation total is never an input";
        } else if (const std::string near = nearest(node->text, names); !near.empty()) {
            error.hint = fmt::format("did you mean \"{}\"?", near);
        }
        return std::nullopt;
    }

    void read_event_fields(const Node& table,
                           const std::string& section,
                           FieldTarget& row,
                           EventType type,
                           const std::string& type_name,
                           const std::string& path) {
        read_scope(Scope::event, table, section, row, [&](const Field& field) {
            if (field_of_type(field, type)) {
                return true;
            }
            if (const Node* const node = table.find_path(field.path)) {
                wrong_quantity(*node, std::string{field.path}, type_name, path);
            }
            return false;
        });
    }

    void wrong_quantity(const Node& node,
                        const std::string& key,
                        const std::string& type_name,
                        const std::string& path) {
        const std::size_t dot = key.rfind('.');
        const std::size_t width = dot == std::string::npos ? key.size() : key.size() - dot - 1;
        problem_at_key(
            node,
            static_cast<int>(width),
            "E306",
            fmt::format("{}.{}: an event of type \"{}\" may not touch it", path, key, type_name))
            .hint =
            "factor: change; fair_value: shift; flow: sell, buy, participation, ...; "
            "uncertainty: add, half_life";
    }

    // sell, buy (flow) and shift (fair_value): one figure per asset, or "tail" for all tail coins.
    std::string read_event_sizes(const Node& table,
                                 const std::string& section,
                                 EventPlan& event,
                                 const std::string& type_name,
                                 const std::string& path) {
        const std::size_t before = errors_.size();
        std::string text;
        for (const std::string_view key : {"sell", "buy", "shift"}) {
            const Node* const sizes = take(table, key);
            if (sizes == nullptr) {
                continue;
            }
            use_all(*sizes);
            const bool shift = key == "shift";
            if (event.type != (shift ? EventType::fair_value : EventType::flow)) {
                wrong_quantity(*sizes, std::string{key}, type_name, path);
                continue;
            }
            const std::string full = fmt::format("{}.{}", path, key);
            if (!sizes->is_table()) {
                problem(*sizes, "E201", fmt::format("{}: should be a table of assets", full)).hint =
                    shift ? "shift = { ETH = \"-1 %\" }" : "sell = { BTC = \"9,000 BTC\" }";
                continue;
            }
            for (const auto& [name, node] : sizes->members) {
                const std::string line =
                    read_event_size(name, node, shift, key == "buy", event, full);
                if (!line.empty()) {
                    resolved_.add(section, fmt::format("{}.{} = {}", key, name, line));
                    text += fmt::format("{}{} {} {}", text.empty() ? "" : ", ", key, name, line);
                }
            }
        }
        std::erase(text, '"');
        if (event.type == EventType::factor) {
            for (const auto& [name, value] : {std::pair{"equities", event.d_equities},
                                              std::pair{"p_cut", event.d_p_cut},
                                              std::pair{"usd", event.d_usd},
                                              std::pair{"oil", event.d_oil}}) {
                if (value != 0.0) {
                    text += fmt::format("{}{} {}",
                                        text.empty() ? "" : ", ",
                                        name,
                                        format_measure(value, Unit::share));
                }
            }
        } else if (event.type == EventType::uncertainty) {
            text = fmt::format("add {:.3g}", event.add_uncertainty);
        }
        if (text.empty() && errors_.size() == before) {
            problem_at_key(
                table,
                1,
                "E107",
                fmt::format("{}: an event of type \"{}\" without a size", path, type_name));
        }
        return text;
    }

    std::string read_event_size(const std::string& name,
                                const Node& node,
                                bool shift,
                                bool buy,
                                EventPlan& event,
                                const std::string& path) {
        std::vector<std::size_t> rows;
        for (std::size_t a = 0; a < assets_.size(); ++a) {
            if (assets_[a].plan.name == name || (name == "tail" && assets_[a].plan.tail)) {
                rows.push_back(a);
            }
        }
        if (rows.empty()) {
            Node key = node;
            key.at = node.key_at;
            key.width = static_cast<int>(name.size());
            check_asset_name(key, name, path);
            return "";
        }
        const std::string full = path + "." + name;
        if (shift) {
            const Field field{.unit = Unit::share, .low = -0.5, .high = 0.5};
            Figure figure;
            if (!check_value(node, full, field, figure)) {
                return "";
            }
            for (const std::size_t a : rows) {
                event.d_fair_value[a] = std::log1p(figure.number);
            }
            return figure.canonical;
        }
        if (node.kind != NodeKind::text) {
            problem(node,
                    "E202",
                    fmt::format(
                        "{}: {}, should be an amount in coins or USD", full, kind_name(node.kind)))
                .hint = "for example \"9,000 BTC\" or \"566.4 m USD\"";
            return "";
        }
        const MeasureResult result = parse_measure(node.text);
        if (!result.measure) {
            problem(node, "E205", fmt::format("{}: {}", full, result.problem)).hint = result.hint;
            return "";
        }
        double usd = result.measure->value;
        std::string canonical = format_toml(usd, Unit::usd);
        if (result.measure->dimension == Dimension::coins) {
            if (result.measure->coin != name) {
                problem(node,
                        "E202",
                        fmt::format("{}: \"{}\" is an amount of {}, not of {}",
                                    full,
                                    node.text,
                                    result.measure->coin,
                                    name));
                return "";
            }
            usd *= assets_[rows.front()].plan.price;
            canonical = fmt::format("\"{:.12g} {}\"", result.measure->value, name);
        } else if (result.measure->dimension != Dimension::usd) {
            problem(
                node,
                "E202",
                fmt::format("{}: \"{}\" has another unit, should be coins or USD", full, node.text))
                .hint = "for example \"9,000 BTC\" or \"566.4 m USD\"";
            return "";
        }
        if (!(usd >= 0.0) || usd > 1e12) {
            problem(node, "E203", fmt::format("{}: out of range", full)).allowed =
                "allowed 0 … 1,000 bn USD; to buy write `buy`";
            return "";
        }
        for (const std::size_t a : rows) {
            event.sell_usd[a] += (buy ? -usd : usd) / static_cast<double>(rows.size());
        }
        return canonical;
    }

    void check_event_time(const Node& table, EventDraft& event, const std::string& path) {
        const Node* const at = table.find("at");
        const Node* const until = table.find("until");
        if (at == nullptr || at->kind != NodeKind::time) {
            return;
        }
        if (until == nullptr) {
            event.until_unix_s = event.at_unix_s;
        }
        const double start = draft_.start_unix_s;
        const double end = start + to_seconds(draft_.plan.length);
        if (event.at_unix_s < start || event.at_unix_s >= end) {
            Error& error = problem(
                *at,
                "E301",
                fmt::format("{}.at: {} is {}",
                            path,
                            iso_utc(static_cast<std::int64_t>(event.at_unix_s)),
                            event.at_unix_s < start ? "before the start" : "not before the end"));
            error.allowed = fmt::format("the run covers {} … {}",
                                        iso_utc(static_cast<std::int64_t>(start)),
                                        iso_utc(static_cast<std::int64_t>(end)));
            return;
        }
        if (event.until_unix_s < event.at_unix_s) {
            problem(*until, "E301", fmt::format("{}.until: before the event's own start", path));
            return;
        }
        if ((event.plan.type == EventType::flow || event.plan.type == EventType::factor) &&
            event.until_unix_s <= event.at_unix_s) {
            problem_at_key(
                table,
                1,
                "E301",
                fmt::format("{}: a flow or a factor needs a window: until after at", path));
            return;
        }
        event.plan.at = SimTime::from_ns(std::llround((event.at_unix_s - start) * 1e9));
        event.plan.until = SimTime::from_ns(std::llround((event.until_unix_s - start) * 1e9));
    }

    // --- history ---

    void read_history() {
        HistoryPlan& history = draft_.plan.history;
        const Node* const table = doc_.root.find("history");
        history.price.resize(assets_.size());
        if (table == nullptr) {
            missing_table("history",
                          "population.burn_in = \"history/FILE.toml\": prices of the month before");
            return;
        }
        use(*table);
        if (const Node* const source = take(*table, "source")) {
            if (source->kind == NodeKind::text && starts_with_status(source->text)) {
                resolved_.add("history", fmt::format("source = {}", quote_toml(source->text)));
                draft_.plan.inputs.push_back({"history",
                                              "prices before the start",
                                              status_of(source->text),
                                              text_of(source->text)});
            } else {
                problem(
                    *source,
                    "E206",
                    "history: the source must begin with measured, reported, derived or assumed");
            }
        }
        if (const Node* const fear = take(*table, "fear_greed")) {
            if (read_numbers(*fear, "history.fear_greed", 0.0, 100.0, history.fear_greed)) {
                resolved_.add(
                    "history",
                    fmt::format("fear_greed = [{:.12g}]", fmt::join(history.fear_greed, ", ")));
            }
        }
        const Node* const price = take(*table, "price");
        if (price == nullptr || !price->is_table() || assets_.empty()) {
            problem_at_key(*table, 1, "E305", "history.price: missing").hint =
                "[history.price] with a list of prices per asset, oldest first";
            return;
        }
        std::size_t length = 0;
        for (const auto& [name, list] : price->members) {
            use_all(list);
            const std::string path = "history.price." + name;
            const std::optional<std::size_t> a = asset_index(name);
            if (!a) {
                continue;  // the table may serve scenarios with more coins
            }
            std::vector<double>& out = history.price[*a];
            if (!read_numbers(list, path, 1e-12, 1e12, out)) {
                continue;
            }
            const double start = assets_[*a].plan.price;
            if (!(start > 0.0)) {
                continue;  // the price itself was refused
            }
            if (out.size() < 2 || (length != 0 && out.size() != length)) {
                problem_at_key(
                    list,
                    static_cast<int>(name.size()),
                    "E305",
                    fmt::format(
                        "{}: {} prices, the other tables have {}", path, out.size(), length));
                continue;
            }
            if (std::fabs(out.back() / start - 1.0) > history_tolerance) {
                problem(list.items.back(),
                        "E305",
                        fmt::format("{}: the last price {:.6g} is not the start price {:.6g}",
                                    path,
                                    out.back(),
                                    start))
                    .hint = "the table must end where the scenario starts";
                continue;
            }
            length = out.size();
            resolved_.add("history.price",
                          fmt::format("{} = [{:.12g}]", name, fmt::join(out, ", ")));
            out.back() = start;
        }
        if (length == 0 || history.price[0].empty()) {
            use_all(*table);
            if (price->find("BTC") == nullptr) {
                problem_at_key(
                    *price, 1, "E305", "history.price.BTC: missing; other coins follow it by beta");
            }
            return;
        }
        read_extremes(*table, "low", length, history.low);
        read_extremes(*table, "high", length, history.high);
        for (std::size_t a = 1; a < assets_.size(); ++a) {
            if (history.price[a].empty()) {
                history.price[a] = price_by_beta(a);
            }
        }
    }

    // Lowest or highest price inside each step; a coin without a table has none.
    void read_extremes(const Node& history,
                       const std::string& key,
                       std::size_t length,
                       std::vector<std::vector<double>>& out) {
        const Node* const table = take(history, key);
        if (table == nullptr) {
            return;
        }
        if (!table->is_table()) {
            problem(*table, "E201", fmt::format("history.{}: should be a table of lists", key));
            return;
        }
        out.resize(assets_.size());
        for (const auto& [name, list] : table->members) {
            use_all(list);
            const std::optional<std::size_t> a = asset_index(name);
            const std::string path = fmt::format("history.{}.{}", key, name);
            if (!a || !read_numbers(list, path, 1e-12, 1e12, out[*a])) {
                continue;
            }
            if (out[*a].size() != length) {
                problem_at_key(
                    list,
                    static_cast<int>(name.size()),
                    "E305",
                    fmt::format(
                        "{}: {} prices, the other tables have {}", path, out[*a].size(), length));
                continue;
            }
            resolved_.add("history." + key,
                          fmt::format("{} = [{:.12g}]", name, fmt::join(out[*a], ", ")));
        }
    }

    // Prices of a coin without a table: beta times BTC plus own noise, the same in every run.
    std::vector<double> price_by_beta(std::size_t a) const {
        const HistoryPlan& history = draft_.plan.history;
        const std::vector<double>& btc = history.price[0];
        const AssetPlan& asset = assets_[a].plan;
        const double common = asset.beta * assets_[0].plan.volatility;
        const double own_day =
            std::sqrt(std::max(asset.volatility * asset.volatility - common * common,
                               0.09 * asset.volatility * asset.volatility));
        const double own = own_day * std::sqrt(to_seconds(history.step) / 86'400.0);
        Rng rng(tail_stream, entity_name(9000, static_cast<std::uint32_t>(a)), Purpose::burn_in);
        std::vector<double> out(btc.size());
        out.back() = asset.price;
        for (std::size_t k = btc.size() - 1; k > 0; --k) {
            const double move = asset.beta * std::log(btc[k] / btc[k - 1]) + own * rng.normal();
            out[k - 1] = out[k] * std::exp(-move);
        }
        return out;
    }

    bool read_numbers(const Node& list,
                      const std::string& path,
                      double low,
                      double high,
                      std::vector<double>& out) {
        use_all(list);
        if (list.kind != NodeKind::array || list.items.empty()) {
            problem(list, "E201", fmt::format("{}: should be a list of numbers", path));
            return false;
        }
        out.clear();
        for (const Node& item : list.items) {
            if ((item.kind != NodeKind::integer && item.kind != NodeKind::real) ||
                !(item.real >= low && item.real <= high)) {
                problem(item,
                        "E203",
                        fmt::format("{}: item {} is not a number in range", path, out.size() + 1))
                    .allowed = fmt::format("allowed {:.12g} … {:.12g}", low, high);
                out.clear();
                return false;
            }
            out.push_back(item.real);
        }
        return true;
    }

    // --- observed ---

    void read_observed() {
        const Node* const table = doc_.root.find("observed");
        if (table == nullptr) {
            return;
        }
        use(*table);
        for (const auto& [name, node] : table->members) {
            const auto metric = std::find_if(
                metric_names.begin(), metric_names.end(), [&key = name](const MetricName& row) {
                    return row.name == key;
                });
            if (metric == metric_names.end()) {
                std::vector<std::string> names;
                for (const MetricName& row : metric_names) {
                    names.emplace_back(row.name);
                }
                const std::string near = nearest(name, names);
                Error& error = problem_at_key(
                    node,
                    static_cast<int>(name.size()),
                    "E307",
                    fmt::format("observed: there is no metric \"{}\"{}",
                                name,
                                near.empty() ? "" : "; did you mean \"" + near + "\"?"));
                error.hint = "the names are those of summary.json (docs/metrics.md)";
                use_all(node);
                continue;
            }
            use(node);
            read_observed_row(name, node, unit_of(metric->unit));
        }
    }

    void read_observed_row(const std::string& name, const Node& node, Unit unit) {
        const std::string path = "observed." + name;
        ObservedPlan row;
        row.metric = name;
        const Field field{.unit = unit, .low = 1.0, .high = 0.0};
        std::vector<std::string> parts;
        const auto text_part = [&](const char* key, std::string& out) {
            if (const Node* const part = node.is_table() ? take(node, key) : nullptr) {
                if (part->kind != NodeKind::text) {
                    problem(*part, "E201", fmt::format("{}.{}: should be text", path, key));
                } else {
                    out = part->text;
                    parts.push_back(fmt::format("{} = {}", key, quote_toml(out)));
                }
            }
        };
        const Node* const value = node.is_table() ? take(node, "value") : &node;
        if (value != nullptr) {
            Figure figure;
            // A bare number is in the metric's own unit, as in summary.json.
            if (value->kind == NodeKind::integer || value->kind == NodeKind::real) {
                figure.number = value->real;
                figure.canonical = number_text(value->real);
            } else if (!check_value(*value, path, field, figure)) {
                return;
            }
            row.value = figure.number;
            row.has_value = true;
            parts.push_back("value = " + figure.canonical);
        }
        if (const Node* const tolerance = node.is_table() ? take(node, "tolerance") : nullptr) {
            if (!read_tolerance(*tolerance, path, unit, row)) {
                return;
            }
            parts.push_back(fmt::format("tolerance = {:.12g}", row.tolerance));
        }
        text_part("article", row.article);
        text_part("note", row.note);
        if (node.is_table()) {
            row.source = read_source(node, path);
            if (!row.source.empty()) {
                parts.push_back("source = " + quote_toml(row.source));
            }
        }
        if (!row.has_value && row.article.empty()) {
            problem(node, "E107", fmt::format("{}: needs a value or what the article said", path));
            return;
        }
        resolved_.add("observed", fmt::format("{} = {{ {} }}", name, fmt::join(parts, ", ")));
        draft_.plan.observed.push_back(std::move(row));
    }

    // "25 %" is relative to the value; a bare number is in the metric's unit.
    bool read_tolerance(const Node& node, const std::string& path, Unit unit, ObservedPlan& row) {
        if (node.kind == NodeKind::integer || node.kind == NodeKind::real) {
            row.tolerance = node.real;
        } else if (node.kind == NodeKind::text) {
            const MeasureResult result = parse_measure(node.text);
            if (!result.measure || (result.measure->dimension != Dimension::ratio &&
                                    result.measure->dimension != dimension_of(unit))) {
                problem(
                    node,
                    "E205",
                    fmt::format("{}.tolerance: \"{}\" is neither a share nor in the metric's unit",
                                path,
                                node.text));
                return false;
            }
            row.tolerance = result.measure->dimension == Dimension::ratio
                                ? std::fabs(row.value) * result.measure->value
                                : result.measure->value;
        } else {
            problem(node, "E201", fmt::format("{}.tolerance: should be a number", path));
            return false;
        }
        if (!(row.tolerance >= 0.0)) {
            problem(node, "E203", fmt::format("{}.tolerance: must not be negative", path));
            return false;
        }
        return true;
    }

    void read_paths() {
        const Node* const table = doc_.root.find("observed_paths");
        if (table == nullptr || !table->is_table()) {
            return;
        }
        use(*table);
        std::string source;
        double step = 3600.0;
        if (const Node* const node = take(*table, "source"); node != nullptr) {
            source = node->text;
        }
        const Field field{.unit = Unit::duration, .low = 1.0, .high = 86'400.0};
        Figure figure;
        if (const Node* const node = take(*table, "step");
            node != nullptr && check_value(*node, "observed_paths.step", field, figure)) {
            step = figure.number;
        }
        resolved_.add("observed_paths", fmt::format("source = {}", quote_toml(source)));
        resolved_.add("observed_paths",
                      fmt::format("step = {}", format_toml(step, Unit::duration)));
        for (const auto& [name, list] : table->members) {
            if (name == "source" || name == "step" || !asset_index(name)) {
                if (!used_.contains(&list)) {
                    use_all(list);
                    problem_at_key(list,
                                   static_cast<int>(name.size()),
                                   "E110",
                                   fmt::format("observed_paths: there is no asset \"{}\"", name));
                }
                continue;
            }
            ObservedPath path;
            path.asset = name;
            path.source = source;
            path.step = duration_from_seconds(step);
            if (read_numbers(list, "observed_paths." + name, 0.0, 1e12, path.price)) {
                resolved_.add("observed_paths",
                              fmt::format("{} = [{:.12g}]", name, fmt::join(path.price, ", ")));
                draft_.plan.observed_paths.push_back(std::move(path));
            }
        }
    }

    void finish() {
        apply_leverage_rule();
        for (AssetDraft& asset : assets_) {
            draft_.plan.assets.push_back(std::move(asset.plan));
        }
        for (VenueDraft& venue : venues_) {
            draft_.plan.venues.push_back(std::move(venue.plan));
        }
        if (draft_.plan.name.empty()) {
            std::string name = doc_.files.empty() ? "scenario" : doc_.files.front().name;
            name = name.substr(name.rfind('/') == std::string::npos ? 0 : name.rfind('/') + 1);
            draft_.plan.name = name.substr(0, name.rfind(".toml"));
        }
    }

    const Document& doc_;
    Errors& errors_;
    Errors& warnings_;
    PlanDraft draft_;
    std::vector<AssetDraft> assets_;
    std::vector<VenueDraft> venues_;
    std::vector<const Node*> asset_nodes_, venue_nodes_;
    const Node* lambda_node_ = nullptr;
    std::map<std::pair<std::size_t, std::string>, MarginTiers> tiers_;
    std::set<std::pair<std::size_t, std::string>> broken_tiers_;  // "*": the whole table
    std::map<std::size_t, std::set<std::string>> missing_tiers_;
    std::set<std::pair<std::size_t, bool>> bad_grid_;  // asset and kind whose steps were refused
    std::map<std::tuple<std::size_t, std::string, std::string>, double> grid_;
    std::unordered_set<const Node*> used_;  // lookup only
    ResolvedText resolved_;
};

// In the order of the files as they were read, then by place.
void sort_errors(const Document& document, Errors& errors) {
    const auto rank = [&](const Error& error) {
        for (std::size_t i = 0; i < document.files.size(); ++i) {
            if (document.files[i].name == error.file) {
                return i;
            }
        }
        return document.files.size();
    };
    std::stable_sort(errors.begin(), errors.end(), [&](const Error& a, const Error& b) {
        return std::tuple{rank(a), a.line, a.column} < std::tuple{rank(b), b.line, b.column};
    });
    // A row that several venues share through `like` or a rule file says the same thing once. What
    // is missing has no place of its own, so there the message counts.
    errors.erase(std::unique(errors.begin(),
                             errors.end(),
                             [](const Error& a, const Error& b) {
                                 return a.file == b.file && a.line == b.line &&
                                        a.column == b.column && a.code == b.code &&
                                        (a.message == b.message || a.code != "E107");
                             }),
                 errors.end());
}

std::expected<Compiled, Errors> compile_document(const Document& document, Errors errors) {
    // Without the text itself or a file it stands on, everything else would be missing, too.
    if (document.files.empty() || document.incomplete) {
        return std::unexpected(std::move(errors));
    }
    Compiled compiled;
    Compiler compiler(document, errors, compiled.warnings);
    compiled.plan = compiler.run(compiled.resolved);
    if (!errors.empty()) {
        sort_errors(document, errors);
        return std::unexpected(std::move(errors));
    }
    sort_errors(document, compiled.warnings);
    const std::vector<std::string>& lines = document.files.front().lines;
    for (std::size_t i = 0; i < lines.size(); ++i) {
        compiled.original += lines[i] + (i + 1 < lines.size() ? "\n" : "");
    }
    return compiled;
}

}  // namespace

std::expected<Compiled, Errors> compile_scenario(const std::string& path,
                                                 const Overrides& overrides) {
    Errors errors;
    const Document document = load_document(path, overrides, errors);
    return compile_document(document, std::move(errors));
}

std::expected<Compiled, Errors> compile_text(std::string_view text,
                                             const std::string& name,
                                             const std::string& directory,
                                             const Overrides& overrides) {
    Errors errors;
    const Document document = load_document_text(text, name, directory, overrides, errors);
    return compile_document(document, std::move(errors));
}

std::expected<Plan, Errors> compile_file(const std::string& path, const Overrides& overrides) {
    std::expected<Compiled, Errors> compiled = compile_scenario(path, overrides);
    if (!compiled) {
        return std::unexpected(std::move(compiled.error()));
    }
    return std::move(compiled->plan);
}

void apply_preview(Plan& plan) {
    plan.population.full = false;
    plan.population.rows = 20'000;
    plan.population.clock = seconds(10);
    plan.maker.clock = seconds(4);
    plan.maker.levels = std::min<std::int64_t>(plan.maker.levels, 6);
    plan.patient.clock = seconds(60);
    plan.patient.orders_per_side = std::min<std::int64_t>(plan.patient.orders_per_side, 20);
    plan.arbitrage.clock = seconds(4);
    plan.trend.clock = seconds(60);
    plan.panic.clock = seconds(60);
    plan.dip_buyer.clock = seconds(60);
    plan.factors.clock = seconds(4);
    plan.noise.orders_per_second *= 0.25;  // sizes follow from V, so volume stays
    plan.output.bar = minutes(1);
    plan.output.depth = minutes(1);
}

std::string text_hash(std::string_view text) {
    std::uint64_t hash = 0xCBF29CE484222325ULL;
    for (const char c : text) {
        hash = (hash ^ static_cast<unsigned char>(c)) * 0x100000001B3ULL;
    }
    return fmt::format("{:016x}", hash);
}

}  // namespace margincall
