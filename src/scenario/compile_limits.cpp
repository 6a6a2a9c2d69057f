// Limits that the result is judged by.
#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "scenario/compiler.hpp"
#include "scenario/limit_text.hpp"

namespace margincall::inline scenario {
namespace {

// A name as a key of TOML.
std::string toml_key(const std::string& name) {
    const bool bare = !name.empty() && std::ranges::all_of(name, [](char c) {
        return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
               c == '_' || c == '-';
    });
    return bare ? name : quote_toml(name);
}

}  // namespace

void Compiler::read_limits() {
    const Node* const table = doc_.root.find("limits");
    if (table == nullptr) {
        return;
    }
    use(*table);
    if (!table->is_table()) {
        problem(*table, "E201", "limits: should be a table of NAME = \"FIGURE <= VALUE\"");
        return;
    }
    for (const auto& [name, node] : table->members) {
        use_all(node);
        const std::string path = "limits." + name;
        if (node.kind != NodeKind::text) {
            problem(node, "E201", path + ": should be text, such as \"bad_debt_usd <= 5 m USD\"");
            continue;
        }
        std::expected<Limit, LimitProblem> limit = parse_limit(node.text, LimitScope::any);
        if (!limit) {
            Error& error = problem(node, limit.error().code, path + ": " + limit.error().message);
            if (limit.error().code == "E307") {  // their names would fill a page
                error.hint = "figures are those of summary.json (docs/metrics.md) and of a stress";
            } else {
                error.allowed = std::move(limit.error().allowed);
            }
            continue;
        }
        limit->name = name;
        resolved_.add("limits", fmt::format("{} = {}", toml_key(name), quote_toml(limit->text)));
        limits_.push_back(std::move(*limit));
    }
}

}  // namespace margincall::inline scenario
