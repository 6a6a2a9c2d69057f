// Problems, unknown keys and keys of later work.
#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <map>

#include "scenario/compiler.hpp"
#include "scenario/other_keys.hpp"

namespace margincall::inline scenario {

Error& Compiler::add(SourcePosition at, int width, std::string code, std::string message) {
    // Rows that several venues share say the same thing once (sort_errors), and fill no list.
    const auto same = std::ranges::find_if(errors_, [&](const Error& error) {
        return error.line == at.line && error.column == at.column && error.code == code &&
               error.message == message && at.file < doc_.files.size() &&
               error.file == doc_.files[at.file].name;
    });
    if (same != errors_.end()) {
        return *same;
    }
    if (!take_room(errors_, code)) {
        return spare_problem();
    }
    errors_.push_back(make_error(doc_, at, width, std::move(code), std::move(message)));
    return errors_.back();
}

Error& Compiler::problem(const Node& at, std::string code, std::string message) {
    return add(at.at, at.width, std::move(code), std::move(message));
}

Error& Compiler::problem_at_key(const Node& at, int width, std::string code, std::string message) {
    return add(at.key_at, width, std::move(code), std::move(message));
}

void Compiler::warn(const Node& at, std::string code, std::string message, std::string hint) {
    Error error = make_error(doc_, at.at, at.width, std::move(code), std::move(message));
    error.hint = std::move(hint);
    error.warning = true;
    add_problem(warnings_, std::move(error));
}

void Compiler::use_all(const Node& node) {
    use(node);
    for (const auto& [key, child] : node.members) {
        use_all(child);
    }
    for (const Node& child : node.items) {
        use_all(child);
    }
}

const Node* Compiler::take(const Node& table, std::string_view key) {
    const Node* const node = table.find(key);
    if (node != nullptr) {
        use(*node);
    }
    return node;
}

void Compiler::mark_later(const Node& node, const std::string& path) {
    for (const auto& [key, child] : node.members) {
        const std::string full = path.empty() ? key : fmt::format("{}.{}", path, key);
        bool later = false;
        for (const LaterKey& row : later_keys()) {
            if (key_matches(row.path, full)) {
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

namespace {

// The keys that are known, as a tree; "*" stands for any name.
struct KnownKeys {
    std::map<std::string, KnownKeys, std::less<>> below;
    bool has_value = false;  // is a key itself, and not only a section of keys

    void add(const std::vector<std::string>& path) {
        KnownKeys* at = this;
        for (const std::string& part : path) {
            at = &at->below[part];
        }
        at->has_value = true;
    }
};

const KnownKeys& known_keys() {
    static const KnownKeys tree = [] {
        KnownKeys out;
        for (const Field& field : fields()) {
            out.add(split_path(fmt::format("{}{}", scope_prefix(field.scope), field.path)));
        }
        for (const OtherKey& other : other_keys()) {
            out.add(split_path(other.path));
        }
        for (const MetricName& metric : metric_names) {
            out.add({"observed", std::string{metric.name}});
        }
        return out;
    }();
    return tree;
}

// The places of the tree that a path leads to.
std::vector<const KnownKeys*> places_of(const std::string& path) {
    std::vector<const KnownKeys*> at{&known_keys()};
    for (const std::string& part : path.empty() ? std::vector<std::string>{} : split_path(path)) {
        std::vector<const KnownKeys*> next;
        for (const KnownKeys* const tree : at) {
            for (const std::string_view key : {std::string_view{part}, std::string_view{"*"}}) {
                if (const auto found = tree->below.find(key); found != tree->below.end()) {
                    next.push_back(&found->second);
                }
            }
        }
        at = std::move(next);
    }
    return at;
}

}  // namespace

bool Compiler::is_section_only(const std::string& path) {
    return is_section(path) &&
           std::ranges::none_of(places_of(path), [](const KnownKeys* k) { return k->has_value; });
}

std::vector<std::string> Compiler::keys_below(const std::string& path) {
    std::set<std::string> keys;
    for (const KnownKeys* const tree : places_of(path)) {
        for (const auto& [key, below] : tree->below) {
            if (key != "*") {
                keys.insert(key);
            }
        }
    }
    return {keys.begin(), keys.end()};
}

void Compiler::report_unknown(const Node& node, const std::string& path) {
    for (const auto& [key, child] : node.members) {
        const std::string full = path.empty() ? key : fmt::format("{}.{}", path, key);
        if (!child.is_table() && child.kind != NodeKind::array && is_section_only(full)) {
            // Taken for a section it would be one without keys, and what stood there would be lost.
            problem(child, "E201", fmt::format("{}: should be a table of keys", full)).hint =
                known_keys_hint(keys_below(full));
            continue;
        }
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
        if (!take_room(errors_, "E104")) {
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

std::string Compiler::known_keys_hint(const std::vector<std::string>& known) {
    if (known.empty()) {
        return "";
    }
    std::string hint = "known here: ";
    for (std::size_t i = 0; i < known.size() && i < 12; ++i) {
        hint += (i > 0 ? ", " : "") + known[i];
    }
    return hint + (known.size() > 12 ? ", ..." : "");
}

}  // namespace margincall::inline scenario
