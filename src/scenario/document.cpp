#include "scenario/document.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <filesystem>
#include <iterator>
#include <optional>
#include <unordered_map>

#define TOML_EXCEPTIONS 0
#define TOML_HEADER_ONLY 1
#define TOML_ENABLE_FORMATTERS 0
// The parser asserts a few things about a text just before it reports them as an error ("[ =" ): bad input
// must end alike in every build.
#define TOML_ASSERT(condition) static_cast<void>(0)
#include <toml++/toml.h>

#include "base/files.hpp"
#include "base/text.hpp"
#include "scenario/builtin.hpp"
#include "scenario/control_characters.hpp"
#include "scenario/toml_limits.hpp"

namespace margincall::inline scenario {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t most_extends = 8;  // files or venues, one after another

std::vector<std::string> split_lines(std::string_view text) {
    std::vector<std::string> lines;
    std::size_t from = 0;
    while (from <= text.size()) {
        const std::size_t to = std::min(text.find('\n', from), text.size());
        std::string line{text.substr(from, to - from)};
        if (!line.empty() && line.back() == '\r') {
            line.pop_back();
        }
        lines.push_back(std::move(line));
        from = to + 1;
    }
    return lines;
}

// Days from 1970-01-01 of a proleptic Gregorian date (Howard Hinnant's public algorithm).
std::int64_t days_from_civil(std::int64_t year, unsigned month, unsigned day) {
    year -= month <= 2 ? 1 : 0;
    const std::int64_t era = (year >= 0 ? year : year - 399) / 400;
    const auto year_of_era = static_cast<unsigned>(year - era * 400);
    const unsigned day_of_year = (153 * (month + (month > 2 ? -3U : 9U)) + 2) / 5 + day - 1;
    const unsigned day_of_era =
        year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;
    return era * 146'097 + static_cast<std::int64_t>(day_of_era) - 719'468;
}

std::int64_t unix_seconds(const toml::date_time& when) {
    const std::int64_t days = days_from_civil(when.date.year, when.date.month, when.date.day);
    const std::int64_t offset =
        when.offset ? std::int64_t{when.offset->minutes} * 60 : std::int64_t{0};
    return days * 86'400 + std::int64_t{when.time.hour} * 3600 +
           std::int64_t{when.time.minute} * 60 + std::int64_t{when.time.second} - offset;
}

SourcePosition position(const toml::source_region& region, std::uint32_t file) {
    return {file, static_cast<int>(region.begin.line), static_cast<int>(region.begin.column)};
}

int region_width(const toml::source_region& region) {
    if (region.end.line != region.begin.line || region.end.column <= region.begin.column) {
        return 1;
    }
    return static_cast<int>(region.end.column - region.begin.column);
}

// Into our own tree, down to `most_levels`.
struct Conversion {
    std::uint32_t file = 0;
    std::optional<SourcePosition> too_deep;  // the first place below that
};

Node convert(const toml::node& from, Conversion& into, std::size_t level = 0) {
    Node node;
    node.at = position(from.source(), into.file);
    node.key_at = node.at;
    node.width = region_width(from.source());
    if (level > most_levels) {
        into.too_deep = into.too_deep.value_or(node.at);
        return node;
    }
    switch (from.type()) {
        case toml::node_type::table: {
            for (const auto& [key, value] : *from.as_table()) {
                Node child = convert(value, into, level + 1);
                child.key_at = position(key.source(), into.file);
                node.members.emplace_back(std::string{key.str()}, std::move(child));
            }
            // toml++ sorts by name; messages and events want the order of the text.
            std::stable_sort(
                node.members.begin(), node.members.end(), [](const auto& a, const auto& b) {
                    return std::pair{a.second.key_at.line, a.second.key_at.column} <
                           std::pair{b.second.key_at.line, b.second.key_at.column};
                });
            break;
        }
        case toml::node_type::array:
            node.kind = NodeKind::array;
            for (const auto& item : *from.as_array()) {
                node.items.push_back(convert(item, into, level + 1));
            }
            break;
        case toml::node_type::string:
            node.kind = NodeKind::text;
            node.text = from.as_string()->get();
            break;
        case toml::node_type::integer:
            node.kind = NodeKind::integer;
            node.integer = from.as_integer()->get();
            node.real = static_cast<double>(node.integer);
            break;
        case toml::node_type::floating_point:
            node.kind = NodeKind::real;
            node.real = from.as_floating_point()->get();
            break;
        case toml::node_type::boolean:
            node.kind = NodeKind::boolean;
            node.boolean = from.as_boolean()->get();
            break;
        case toml::node_type::date_time:
            node.kind = NodeKind::time;
            node.integer = unix_seconds(from.as_date_time()->get());
            break;
        case toml::node_type::date:
            node.kind = NodeKind::time;
            node.integer = unix_seconds(toml::date_time{from.as_date()->get(), toml::time{}});
            break;
        case toml::node_type::time:
        case toml::node_type::none:
            node.kind = NodeKind::text;
            break;
    }
    return node;
}

// What is in `over` replaces the same key in `base`; tables are merged, figures with their source
// and arrays are replaced whole.
void merge_into(Node& base, const Node& over) {
    base.members.reserve(base.members.size() + over.members.size());  // so that keys stay in place
    std::unordered_map<std::string_view, std::size_t> place;          // looked up only
    for (std::size_t k = 0; k < base.members.size(); ++k) {
        place.emplace(base.members[k].first, k);
    }
    for (const auto& [key, value] : over.members) {
        const auto known = place.find(key);
        Node* const there = known == place.end() ? nullptr : &base.members[known->second].second;
        if (there == nullptr) {
            base.members.emplace_back(key, value);
        } else if (there->is_table() && value.is_table() && !there->is_figure() &&
                   !value.is_figure()) {
            there->at = value.at;
            there->key_at = value.key_at;
            merge_into(*there, value);
        } else if (there->kind == NodeKind::text && value.is_table() &&
                   (key == "tiers" || key == "rules")) {
            // A table over a file: the table changes single rows of that file.
            Node file = std::move(*there);
            *there = value;
            there->members.emplace_back("extends", std::move(file));
        } else {
            *there = value;
        }
    }
}

class Loader {
  public:
    Loader(Document& document, Errors& errors) : document_(document), errors_(errors) {}

    std::optional<Node> read_file(const std::string& path, const Node* asked) {
        if (path.starts_with(builtin_prefix)) {
            if (const auto text = builtin_file(path.substr(builtin_prefix.size()))) {
                return parse(*text, path, fs::path(path).parent_path().string());
            }
        }
        // Standard input is what the command line names, never what a file does.
        std::expected<std::string, Error> text =
            read_input(path == "-" && asked != nullptr ? "./-" : path, scenario_bytes_max);
        if (!text) {
            Error error = std::move(text.error());
            const bool missing = error.code == "E102" && error.message == "does not exist";
            if (asked != nullptr) {
                Error placed = make_error(document_,
                                          asked->at,
                                          asked->width,
                                          error.code,
                                          fmt::format("file \"{}\" {}", path, error.message));
                placed.allowed = error.allowed;
                placed.hint =
                    missing ? "the path is relative to the file that names it" : error.hint;
                error = std::move(placed);
            } else {
                error.message = "file " + error.message;
                if (missing) {
                    error.hint =
                        "margincall new 2025-11-04 -o FILE writes a scenario to start from";
                }
            }
            add_problem(errors_, std::move(error));
            return std::nullopt;
        }
        return path == "-" && asked == nullptr
                   ? parse(*text, "stdin", ".")
                   : parse(*text, path, fs::path(path).parent_path().string());
    }

    std::optional<Node> parse(std::string_view text,
                              const std::string& name,
                              const std::string& directory) {
        if (auto bad = check_utf8(text, name)) {
            add_problem(errors_, std::move(*bad));
            return std::nullopt;
        }
        const auto file = static_cast<std::uint32_t>(document_.files.size());
        document_.files.push_back({name, directory, split_lines(text)});
        if (const auto key = too_long_key(text)) {
            too_deep({file, key->line, key->column});
            return std::nullopt;
        }
        const toml::parse_result result = toml::parse(text, name);
        if (!result) {
            const toml::parse_error& problem = result.error();
            Error error = make_error(document_,
                                     position(problem.source(), file),
                                     1,
                                     "E101",
                                     fmt::format("not TOML: {}", problem.description()));
            add_problem(errors_, std::move(error));
            return std::nullopt;
        }
        Conversion conversion{file, std::nullopt};
        Node root = convert(result.table(), conversion);
        if (conversion.too_deep) {
            too_deep(*conversion.too_deep);
            return std::nullopt;
        }
        refuse_control_characters(document_, root, errors_);
        return root;
    }

    void too_deep(SourcePosition at) {
        Error error = make_error(
            document_, at, 1, "E112", fmt::format("nested more than {} levels deep", most_levels));
        error.hint = "a dotted key counts one level a part";
        add_problem(errors_, std::move(error));
    }

    // Rows of `more_events`, taken out of the tree of their file.
    std::vector<Node> take_more_events(Node& node) {
        std::vector<Node> rows;
        Node* const more = node.find("more_events");
        if (more == nullptr) {
            return rows;
        }
        if (more->kind == NodeKind::array) {
            rows = std::move(more->items);
        } else {
            add_problem(errors_,
                        make_error(document_,
                                   more->key_at,
                                   more->width,
                                   "E201",
                                   "more_events: should be rows written as [[more_events]]"));
        }
        std::erase_if(node.members,
                      [](const auto& member) { return member.first == "more_events"; });
        return rows;
    }
    static void append_events(Node& root, std::vector<Node> rows) {
        Node* const events = root.find("events");
        if (rows.empty() || (events != nullptr && events->kind != NodeKind::array)) {
            return;  // of wrong events the compiler speaks
        }
        if (events == nullptr) {
            Node list;
            list.kind = NodeKind::array;
            list.at = list.key_at = rows.front().at;
            list.items = std::move(rows);
            root.members.emplace_back("events", std::move(list));
            return;
        }
        std::move(rows.begin(), rows.end(), std::back_inserter(events->items));
    }

    // The file's tree on top of what it extends. `chain`: the files that led here.
    Node with_bases(Node node, std::vector<std::string> chain = {}) {
        std::vector<Node> more = take_more_events(node);
        const Node* const extends = node.find("extends");
        if (extends == nullptr) {
            append_events(node, std::move(more));
            return node;
        }
        if (extends->kind != NodeKind::text) {
            document_.incomplete = true;
            add_problem(errors_,
                        make_error(document_,
                                   extends->at,
                                   extends->width,
                                   "E201",
                                   fmt::format("extends: {}, should be a path in quotes",
                                               kind_name(extends->kind))));
            return node;
        }
        if (chain.empty()) {
            chain.push_back(one_name(document_.files[extends->at.file].name));
        }
        const std::string path = relative(*extends);
        if (const std::string wrong = chain_problem(chain, one_name(path), "extend");
            !wrong.empty()) {
            document_.incomplete = true;
            add_problem(errors_,
                        make_error(document_,
                                   extends->at,
                                   extends->width,
                                   "E109",
                                   fmt::format("extends: {}", wrong)));
            return node;
        }
        std::optional<Node> base = read_file(path, extends);
        if (!base) {
            document_.incomplete = true;
            return node;
        }
        chain.push_back(one_name(path));
        Node merged = with_bases(std::move(*base), std::move(chain));
        std::erase_if(node.members, [](const auto& member) { return member.first == "extends"; });
        merge_into(merged, node);
        append_events(merged, std::move(more));
        return merged;
    }

    // Files that are one have one name, whatever way leads to them.
    static std::string one_name(const std::string& path) {
        if (path.starts_with(builtin_prefix)) {
            return path;
        }
        std::error_code failed;
        const fs::path whole = fs::weakly_canonical(path, failed);
        return failed ? path : whole.string();
    }

    // Why `next` may not follow the names of `chain`; empty if it may. `act` = what they do to each
    // other: "extend", "are like".
    static std::string chain_problem(const std::vector<std::string>& chain,
                                     const std::string& next,
                                     std::string_view act) {
        if (const auto at = std::ranges::find(chain, next); at != chain.end()) {
            std::string circle;
            for (auto name = at; name != chain.end(); ++name) {
                circle += fs::path(*name).filename().string() + " -> ";
            }
            return fmt::format("{}{} is a circle", circle, fs::path(next).filename().string());
        }
        return chain.size() > most_extends
                   ? fmt::format("more than {} that {} one another", most_extends, act)
                   : std::string{};
    }

    std::string relative(const Node& path) const { return relative_to(path.at.file, path.text); }
    std::string relative_to(std::uint32_t file, const std::string& path) const {
        const fs::path directory{document_.files[file].directory};
        return fs::path(path).is_absolute() || path.starts_with(builtin_prefix)
                   ? path
                   : (directory / path).lexically_normal().string();
    }

    void apply_override(std::size_t number, const std::string& text) {
        const std::size_t equals = text.find('=');
        const auto file = static_cast<std::uint32_t>(document_.files.size());
        if (equals == std::string::npos || equals == 0) {
            document_.files.push_back({fmt::format("--set[{}]", number), ".", {text}});
            Error error = make_error(document_,
                                     {file, 1, 1},
                                     static_cast<int>(text.size()),
                                     "E111",
                                     "--set wants KEY=VALUE");
            error.hint = "for example --set agents.market_maker.depth_state=0.5";
            add_problem(errors_, std::move(error));
            return;
        }
        const std::string key = text.substr(0, equals);
        const std::string value = text.substr(equals + 1);
        document_.files.push_back({fmt::format("--set[{}]", number), ".", {text}});
        // The value as TOML when it is, else as plain text: units need no inner quotes.
        const std::string line = fmt::format("x = {}", value);
        Conversion conversion{file, std::nullopt};
        Node node;
        node.kind = NodeKind::text;
        node.text = value;
        const auto levels = static_cast<std::size_t>(std::ranges::count(key, '.')) + 1;
        if (levels > most_levels || too_long_key(line)) {
            too_deep({file, 1, 1});
            return;
        }
        const toml::parse_result result = toml::parse(line);
        if (result && result.table().size() == 1) {
            node = convert(*result.table().get("x"), conversion, levels);
        }
        if (conversion.too_deep) {
            too_deep({file, 1, 1});
            return;
        }
        place(node, {file, 1, static_cast<int>(equals) + 2}, {file, 1, 1});
        node.width = std::max(1, static_cast<int>(value.size()));
        refuse_control_characters(document_, node, errors_);
        if (!set_path(document_.root, key, node)) {
            Error error = make_error(document_,
                                     {file, 1, 1},
                                     static_cast<int>(equals),
                                     "E111",
                                     fmt::format("--set: no table or row for \"{}\"", key));
            error.hint = "margincall explain KEY shows what a key means";
            add_problem(errors_, std::move(error));
        }
    }

    // Venues: `like` another row, then the rule file, then the row's own keys.
    void resolve_venues() {
        Node* const venues = document_.root.find("venues");
        if (venues == nullptr || !venues->is_table()) {
            return;
        }
        if (venues->members.size() > most_venues) {
            Error error = make_error(document_,
                                     venues->members[most_venues].second.key_at,
                                     1,
                                     "E113",
                                     fmt::format("{} venues are too many", venues->members.size()));
            error.allowed = fmt::format("allowed: {} at most", most_venues);
            add_problem(errors_, std::move(error));
            document_.incomplete = true;
            return;
        }
        const Node before = *venues;
        for (auto& [name, venue] : venues->members) {
            if (venue.is_table()) {
                venue = resolve_venue(before, name, {});
            }
        }
    }

    void resolve_history() {
        Node* const population = document_.root.find("population");
        const Node* const path = population == nullptr ? nullptr : population->find("burn_in");
        if (path == nullptr || path->kind != NodeKind::text) {
            return;
        }
        // "30 days of history: history/2025-11-03.toml" or just the path.
        const std::size_t colon = path->text.rfind(": ");
        const std::string file =
            colon == std::string::npos ? path->text : path->text.substr(colon + 2);
        std::optional<Node> table = read_file(relative_to(path->at.file, file), path);
        // Before the root grows: that may move its members.
        const SourcePosition key_at = path->key_at;
        std::erase_if(population->members,
                      [](const auto& member) { return member.first == "burn_in"; });
        if (table) {
            table->key_at = key_at;
            if (Node* const history = document_.root.find("history")) {
                merge_into(*table, *history);
                *history = std::move(*table);
            } else {
                document_.root.members.emplace_back("history", std::move(*table));
            }
        }
    }

    // observed_paths = "file" becomes the file's table.
    void resolve_paths() {
        Node* const paths = document_.root.find("observed_paths");
        if (paths == nullptr || paths->kind != NodeKind::text) {
            return;
        }
        const SourcePosition key_at = paths->key_at;
        std::optional<Node> table = read_file(relative(*paths), paths);
        *paths = table ? std::move(*table) : Node{};
        paths->key_at = key_at;
    }

  private:
    Node resolve_venue(const Node& venues,
                       const std::string& name,
                       std::vector<std::string> chain) {
        chain.push_back(name);
        const Node own = *venues.find(name);
        Node merged;
        merged.at = own.at;
        merged.key_at = own.key_at;
        if (const Node* const like = own.find("like")) {
            const Node* const other =
                like->kind == NodeKind::text ? venues.find(like->text) : nullptr;
            if (other == nullptr || !other->is_table()) {
                Error error = make_error(
                    document_,
                    like->at,
                    like->width,
                    "E110",
                    fmt::format("venues.{}.like: there is no venue \"{}\"", name, like->text));
                add_problem(errors_, std::move(error));
            } else if (const std::string wrong = chain_problem(chain, like->text, "are like");
                       !wrong.empty()) {
                add_problem(errors_,
                            make_error(document_,
                                       like->at,
                                       like->width,
                                       "E109",
                                       fmt::format("venues.{}.like: {}", name, wrong)));
            } else {
                merged = resolve_venue(venues, like->text, chain);
                merged.at = own.at;
                merged.key_at = own.key_at;
            }
        }
        const Node* const rules = own.find("rules");
        const bool inherits_tiers = merged.find("tiers") != nullptr;
        if (rules != nullptr) {
            merge_reference(merged, *rules);
        }
        Node rest = own;
        std::erase_if(rest.members, [](const auto& member) {
            return member.first == "like" || member.first == "rules";
        });
        if (Node* const tiers = rest.find("tiers"); tiers != nullptr) {
            const Node* const named = merged.find("tiers");
            // A table with single rows lies over the file that it extends.
            Node* const lies_over = tiers->is_table() ? tiers->find("extends") : nullptr;
            Node& file = lies_over != nullptr ? *lies_over : *tiers;
            const bool of_rules = named != nullptr && (!inherits_tiers || !named->is_table());
            const bool stale = of_rules && layer(rules->at.file) < layer(file.at.file);
            if (stale) {
                file = *named;
            }
            std::erase_if(merged.members,
                          [](const auto& member) { return member.first == "tiers"; });
        }
        merge_into(merged, rest);
        if (Node* const tiers = merged.find("tiers"); tiers != nullptr) {
            if (tiers->kind == NodeKind::text) {
                const SourcePosition key_at = tiers->key_at;
                std::optional<Node> table = read_file(relative(*tiers), tiers);
                *tiers = table ? std::move(*table) : Node{};
                tiers->key_at = key_at;
            } else {
                *tiers = with_bases(std::move(*tiers));
            }
        }
        return merged;
    }

    // A rules file names the tier table that fits it. The venue's own table goes before that one,
    // unless the rules came in a later layer: by --set, or in a file that extends the table's file.
    // The extending file is read before the file that it extends.
    std::uint32_t layer(std::uint32_t file) const {
        return document_.files[file].name.starts_with("--set") ? 0 : file + 1;
    }

    void merge_reference(Node& into, const Node& reference) {
        if (reference.kind == NodeKind::text) {
            std::optional<Node> table = read_file(relative(reference), &reference);
            if (table) {
                merge_into(into, with_bases(std::move(*table)));
            }
        } else if (reference.is_table()) {
            merge_into(into, with_bases(reference));
        } else {
            add_problem(errors_,
                        make_error(document_,
                                   reference.at,
                                   reference.width,
                                   "E201",
                                   fmt::format("rules: {}, should be a path in quotes or a table",
                                               kind_name(reference.kind))));
        }
    }

    // Every node of an override lies on the same place.
    static void place(Node& node, SourcePosition at, SourcePosition key_at) {
        node.at = at;
        node.key_at = key_at;
        for (auto& [key, child] : node.members) {
            place(child, at, key_at);
        }
        for (Node& child : node.items) {
            place(child, at, key_at);
        }
    }

    // A row of a list by its number from 0 or, for tables, by its name; the list's size if there is
    // none.
    static std::size_t row_of(const Node& list, const std::string& head) {
        std::size_t index = 0;
        const auto [end, problem] = std::from_chars(head.data(), head.data() + head.size(), index);
        if (problem == std::errc{} && end == head.data() + head.size()) {
            return std::min(index, list.items.size());
        }
        const auto named = [&](const Node& row) {
            const Node* const name = row.find("name");
            return name != nullptr && name->kind == NodeKind::text && name->text == head;
        };
        return static_cast<std::size_t>(std::find_if(list.items.begin(), list.items.end(), named) -
                                        list.items.begin());
    }

    static bool set_path(Node& node, std::string_view key, const Node& value) {
        const std::size_t dot = key.find('.');
        const std::string head{key.substr(0, dot)};
        if (node.kind == NodeKind::array) {
            const std::size_t index = row_of(node, head);
            if (index >= node.items.size()) {
                return false;
            }
            if (dot == std::string_view::npos) {
                node.items[index] = value;
                return true;
            }
            return set_path(node.items[index], key.substr(dot + 1), value);
        }
        if (!node.is_table()) {
            return false;
        }
        if (head == "*") {
            bool any = false;
            for (auto& [name, child] : node.members) {
                if (dot == std::string_view::npos) {
                    child = value;
                    any = true;
                } else if (child.is_table()) {
                    any = set_path(child, key.substr(dot + 1), value) || any;
                }
            }
            return any;
        }
        Node* const child = node.find(head);
        if (dot == std::string_view::npos) {
            if (child != nullptr) {
                *child = value;
            } else {
                node.members.emplace_back(head, value);
            }
            return true;
        }
        if (child == nullptr || (!child->is_table() && child->kind != NodeKind::array) ||
            child->is_figure()) {
            Node table;
            table.at = value.at;
            table.key_at = value.key_at;
            const bool done = set_path(table, key.substr(dot + 1), value);
            if (child != nullptr) {
                *child = table;
            } else {
                node.members.emplace_back(head, table);
            }
            return done;
        }
        return set_path(*child, key.substr(dot + 1), value);
    }

    Document& document_;
    Errors& errors_;
};

Document load(Loader& loader,
              Document& document,
              std::optional<Node> root,
              const Overrides& overrides) {
    document.incomplete = !root.has_value();
    if (root) {
        document.root = loader.with_bases(std::move(*root));
        for (std::size_t i = 0; i < overrides.size(); ++i) {
            loader.apply_override(i + 1, overrides[i]);
        }
        loader.resolve_venues();
        loader.resolve_history();
        loader.resolve_paths();
    }
    return std::move(document);
}

}  // namespace

Node::Node() = default;
Node::Node(const Node&) = default;
Node::Node(Node&&) noexcept = default;
Node& Node::operator=(const Node&) = default;
Node& Node::operator=(Node&&) noexcept = default;
Node::~Node() = default;

const Node* Node::find(std::string_view key) const {
    for (const auto& [name, node] : members) {
        if (name == key) {
            return &node;
        }
    }
    return nullptr;
}

Node* Node::find(std::string_view key) {
    for (auto& [name, node] : members) {
        if (name == key) {
            return &node;
        }
    }
    return nullptr;
}

const Node* Node::find_path(std::string_view dotted) const {
    const Node* node = this;
    while (node != nullptr) {
        const std::size_t dot = dotted.find('.');
        node = node->find(dotted.substr(0, dot));
        if (dot == std::string_view::npos) {
            return node;
        }
        dotted.remove_prefix(dot + 1);
    }
    return nullptr;
}

std::string_view kind_name(NodeKind kind) {
    switch (kind) {
        case NodeKind::table:
            return "a table";
        case NodeKind::array:
            return "a list";
        case NodeKind::text:
            return "text";
        case NodeKind::integer:
            return "a whole number";
        case NodeKind::real:
            return "a number";
        case NodeKind::boolean:
            return "true or false";
        case NodeKind::time:
            return "a date and time";
    }
    return "a value";
}

Error make_error(
    const Document& document, SourcePosition at, int width, std::string code, std::string message) {
    Error error;
    if (at.file < document.files.size()) {
        const SourceFile& file = document.files[at.file];
        error.file = file.name;
        if (at.line >= 1 && static_cast<std::size_t>(at.line) <= file.lines.size()) {
            error.excerpt = file.lines[static_cast<std::size_t>(at.line) - 1];
        }
    }
    error.line = at.line;
    error.column = at.column;
    error.width = width;
    error.code = std::move(code);
    error.message = std::move(message);
    return error;
}

Document load_document(const std::string& path, const Overrides& overrides, Errors& errors) {
    Document document;
    Loader loader(document, errors);
    std::optional<Node> root = loader.read_file(path, nullptr);
    return load(loader, document, std::move(root), overrides);
}

Document load_document_text(std::string_view text,
                            const std::string& name,
                            const std::string& directory,
                            const Overrides& overrides,
                            Errors& errors) {
    Document document;
    Loader loader(document, errors);
    std::optional<Node> root = loader.parse(text, name, directory);
    return load(loader, document, std::move(root), overrides);
}

}  // namespace margincall::inline scenario
