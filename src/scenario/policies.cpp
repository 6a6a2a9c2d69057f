#include "scenario/policies.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <functional>
#include <map>
#include <optional>

#include "base/measured.hpp"
#include "base/resolved_keys.hpp"
#include "scenario/key_path.hpp"

namespace margincall::inline scenario {
namespace {

// What rule-makers, venues and protocols decide. Anything else is somebody's behaviour, news or a state.
constexpr std::array<std::string_view, 3> rule_roots = {"venues.", "defi.", "policies."};
// Keys that are no rule although they are a venue's: who is there, and how much they trade.
constexpr std::array<std::string_view, 10> not_rules = {"venues.*.share",
                                                        "venues.*.perp_share",
                                                        "venues.*.spot_share",
                                                        "venues.*.account_leverage",
                                                        "venues.*.thinned_share",
                                                        "venues.*.stands_for",
                                                        "venues.*.calm_messages",
                                                        "venues.*.kind",
                                                        "defi.enabled",
                                                        "defi.lending.borrowed"};

bool is_rule(std::string_view key) {
    const bool root = std::ranges::any_of(
        rule_roots, [&](std::string_view start) { return key.starts_with(start); });
    return root && std::ranges::none_of(not_rules, [&](std::string_view pattern) {
               return key == pattern || key_matches(pattern, key);
           });
}

std::optional<std::string> value_text(const Node& node) {
    switch (node.kind) {
        case NodeKind::text:
            return node.text;
        case NodeKind::integer:
            return fmt::format("{}", node.integer);
        case NodeKind::real:
            return fmt::format("{}", node.real);
        case NodeKind::boolean:
            return node.boolean ? "true" : "false";
        default:
            return std::nullopt;
    }
}

class PolicyReader {
  public:
    explicit PolicyReader(const Document& document) : document_(document) {}

    std::expected<std::vector<Policy>, Errors> run(Errors errors) {
        errors_ = std::move(errors);
        const Node* const table = document_.root.find("policies");
        if (errors_.empty() && (table == nullptr || !table->is_table())) {
            Error error;
            error.file = document_.files.empty() ? "" : document_.files.front().name;
            error.code = "E741";
            error.message = "no [policies.NAME] in this file";
            errors_.push_back(std::move(error));
        }
        std::vector<Policy> out;
        if (errors_.empty()) {
            for (const auto& [name, node] : table->members) {
                out.push_back(read(name, node));
            }
        }
        if (!errors_.empty()) {
            return std::unexpected(std::move(errors_));
        }
        return out;
    }

  private:
    void problem(const Node& node, std::string message, std::string hint = "") {
        Error error = make_error(document_, node.at, node.width, "E741", std::move(message));
        error.hint = std::move(hint);
        errors_.push_back(std::move(error));
    }

    Policy read(const std::string& name, const Node& node) {
        Policy out;
        out.name = out.label = name;
        if (!node.is_table()) {
            problem(node, fmt::format("policies.{}: should be a table", name));
            return out;
        }
        if (const Node* const assumes = node.find("assumes")) {
            out.assumes = assumes->text;  // before `set`, which hangs on it
        }
        for (const auto& [key, value] : node.members) {
            std::string* const text = key == "label"     ? &out.label
                                      : key == "group"   ? &out.group
                                      : key == "about"   ? &out.about
                                      : key == "assumes" ? &out.assumes
                                                         : nullptr;
            if (key == "set") {
                read_set(name, value, out);
            } else if (text == nullptr || value.kind != NodeKind::text) {
                problem(value,
                        fmt::format("policies.{}.{}: no such text", name, key),
                        "label, group, about, assumes and set");
            } else {
                *text = value.text;
            }
        }
        if (out.set.empty() && errors_.empty()) {
            problem(node, fmt::format("policies.{}: sets nothing", name));
        }
        return out;
    }

    void read_set(const std::string& name, const Node& table, Policy& out) {
        if (!table.is_table()) {
            problem(table, fmt::format("policies.{}.set: should be a table of keys", name));
            return;
        }
        for (const auto& [key, value] : table.members) {
            const auto text = value_text(value);
            if (!text) {
                problem(value,
                        fmt::format("policies.{}: {}: should be text or a number", name, key));
            } else if (!is_rule(key) && out.assumes.empty()) {
                problem(value,
                        fmt::format("policies.{}: {} is no rule", name, key),
                        "a policy changes rules of venues or protocols; what people do besides is "
                        "said with "
                        "assumes = \"...\"");
            } else {
                out.set.emplace_back(key, *text);
            }
        }
    }

    const Document& document_;
    Errors errors_;
};

// Every place of a tree that a pattern names, with its full key.
void each_match(const Node& node,
                const std::vector<std::string>& parts,
                std::size_t at,
                const std::string& key,
                const std::function<void(const std::string&, const Node&)>& found) {
    if (at == parts.size()) {
        found(key, node);
        return;
    }
    for (const auto& [name, member] : node.members) {
        if (parts[at] == "*" || parts[at] == name) {
            each_match(
                member, parts, at + 1, key.empty() ? name : fmt::format("{}.{}", key, name), found);
        }
    }
}

// "x2" as 2; nothing for another value.
std::optional<double> factor_of(std::string_view value) {
    double out = 0.0;
    if (value.size() < 2 || value.front() != 'x') {
        return std::nullopt;
    }
    const char* const end = value.data() + value.size();
    const auto read = std::from_chars(value.data() + 1, end, out);
    return read.ec == std::errc{} && read.ptr == end && std::isfinite(out) ? std::optional{out}
                                                                           : std::nullopt;
}

// A number with its unit, times k: "1,230,000,000 USD" -> "2460000000 USD".
std::optional<std::string> times(const Node& node, double k) {
    const Node& value = node.is_figure() ? *node.find("value") : node;
    if (value.kind == NodeKind::integer || value.kind == NodeKind::real) {
        return fmt::format("{:.12g}", k * value.real);
    }
    if (value.kind != NodeKind::text) {
        return std::nullopt;
    }
    const auto amount = measured(value.text);
    return amount ? std::optional{fmt::format("{:.12g}{}", k * amount->value, amount->unit)}
                  : std::nullopt;
}

std::map<std::string, std::string> by_key(std::string_view resolved) {
    std::map<std::string, std::string> out;
    for (auto& [key, value] : resolved_keys(resolved)) {
        out.insert_or_assign(std::move(key), std::move(value));
    }
    return out;
}

}  // namespace

std::expected<std::vector<Policy>, Errors> read_policies(const std::string& path) {
    Errors errors;
    const Document document = load_document(path, {}, errors);
    return PolicyReader(document).run(std::move(errors));
}

std::expected<std::vector<Policy>, Errors> read_policies_text(std::string_view text,
                                                              const std::string& name) {
    Errors errors;
    const Document document = load_document_text(text, name, ".", {}, errors);
    return PolicyReader(document).run(std::move(errors));
}

std::expected<Overrides, Error> overrides_of(const Policy& policy, std::string_view resolved) {
    Errors errors;
    const Document document = load_document_text(resolved, "resolved.toml", ".", {}, errors);
    Overrides out;
    for (const auto& [key, value] : policy.set) {
        const std::optional<double> factor = factor_of(value);
        if (!factor) {
            out.push_back(fmt::format("{}={}", key, value));
            continue;
        }
        std::size_t found = 0;
        each_match(
            document.root, split_path(key), 0, "", [&](const std::string& full, const Node& node) {
                if (const auto scaled = times(node, *factor)) {
                    out.push_back(fmt::format("{}={}", full, *scaled));
                    ++found;
                }
            });
        if (found == 0) {
            Error error;
            error.file = "policies." + policy.name;
            error.code = "E742";
            error.message =
                fmt::format("{} = \"{}\": the scenario has no number there", key, value);
            error.hint = "margincall explain FILE lists every key of a scenario with its value";
            return std::unexpected(std::move(error));
        }
    }
    return out;
}

std::vector<std::string> changed_keys(std::string_view before, std::string_view after) {
    const std::map<std::string, std::string> a = by_key(before);
    const std::map<std::string, std::string> b = by_key(after);
    std::vector<std::string> out;
    for (const auto& [key, value] : a) {
        const auto other = b.find(key);
        if (other == b.end()) {
            out.push_back(fmt::format("{}: {} -> none", key, value));
        } else if (other->second != value) {
            out.push_back(fmt::format("{}: {} -> {}", key, value, other->second));
        }
    }
    for (const auto& [key, value] : b) {
        if (!a.contains(key)) {
            out.push_back(fmt::format("{}: none -> {}", key, value));
        }
    }
    std::ranges::sort(out);
    return out;
}

}  // namespace margincall::inline scenario
