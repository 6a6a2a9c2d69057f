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

#include "base/check.hpp"
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

constexpr std::string_view scale_mark = "{}";

std::string with_value(std::string text, double value) {
    const std::string written = fmt::format("{:.12g}", value);
    for (std::size_t at = text.find(scale_mark); at != std::string::npos;
         at = text.find(scale_mark, at + written.size())) {
        text.replace(at, scale_mark.size(), written);
    }
    return text;
}

class PolicyReader {
  public:
    explicit PolicyReader(const Document& document) : document_(document) {}

    std::expected<std::vector<Policy>, Errors> run(Errors errors) {
        errors_ = std::move(errors);
        std::vector<Policy> out;
        if (const Node* const table = table_of("policies")) {
            for (const auto& [name, node] : table->members) {
                out.push_back(read("policies." + name, name, node));
            }
        }
        if (!errors_.empty()) {
            return std::unexpected(std::move(errors_));
        }
        return out;
    }

    std::expected<KnobFile, Errors> run_knobs(Errors errors) {
        errors_ = std::move(errors);
        KnobFile out;
        if (const Node* const table = table_of("knobs")) {
            for (const auto& [name, node] : table->members) {
                out.knobs.push_back(read_knob(name, node));
            }
        }
        if (const Node* const search = document_.root.find("search")) {
            read_pairs(*search, out);
        }
        if (!errors_.empty()) {
            return std::unexpected(std::move(errors_));
        }
        return out;
    }

  private:
    // Null, and a problem, where the file has none; null after problems of the file.
    const Node* table_of(const char* kind) {
        const Node* const table = document_.root.find(kind);
        if (errors_.empty() && (table == nullptr || !table->is_table())) {
            Error error;
            error.file = document_.files.empty() ? "" : document_.files.front().name;
            error.code = "E741";
            error.message = fmt::format("no [{}.NAME] in this file", kind);
            errors_.push_back(std::move(error));
        }
        return errors_.empty() ? table : nullptr;
    }

    Knob read_knob(const std::string& name, const Node& node) {
        Knob out;
        Node rest = node;
        for (const auto& [key, value] : {std::pair{"today", &out.today}, {"most", &out.most}}) {
            const Node* const found = node.find(key);
            const double number = found == nullptr ? 0.0
                                  : found->kind == NodeKind::integer
                                      ? static_cast<double>(found->integer)
                                  : found->kind == NodeKind::real ? found->real
                                                                  : 0.0;
            if (!(number > 0.0) || !std::isfinite(number)) {
                problem(found == nullptr ? node : *found,
                        fmt::format("knobs.{}.{}: should be a number above 0", name, key),
                        "today changes nothing, most is the furthest value that is tried");
            }
            *value = number;
            std::erase_if(rest.members, [key](const auto& member) { return member.first == key; });
        }
        if (const Node* const found = node.find("whole")) {
            if (found->kind != NodeKind::boolean) {
                problem(*found, fmt::format("knobs.{}.whole: should be true or false", name));
            }
            out.whole = found->boolean;
            std::erase_if(rest.members, [](const auto& member) { return member.first == "whole"; });
        }
        if (errors_.empty() && out.today == out.most) {
            problem(node, fmt::format("knobs.{}: today and most are equal", name));
        }
        out.policy = read("knobs." + name, name, rest);
        if (errors_.empty() && std::ranges::none_of(out.policy.set, [](const auto& one) {
                return one.second.contains(scale_mark);
            })) {
            problem(node,
                    fmt::format("knobs.{}: no value of set has {}", name, scale_mark),
                    "set = { \"venues.*.insurance_fund\" = \"x{}\" }");
        }
        return out;
    }

    void read_pairs(const Node& search, KnobFile& out) {
        const Node* const pairs = search.find("pairs");
        if (pairs == nullptr || pairs->kind != NodeKind::array) {
            problem(search, "search: should have pairs = [\"GROUP+GROUP\", ...]");
            return;
        }
        for (const Node& item : pairs->items) {
            const auto pair = pair_of_groups(item.text);
            if (item.kind != NodeKind::text || !pair) {
                problem(item, "search.pairs: should be \"GROUP+GROUP\"", "\"fund+leverage\"");
            } else {
                out.pairs.push_back(*pair);
            }
        }
    }

    void problem(const Node& node, std::string message, std::string hint = "") {
        Error error = make_error(document_, node.at, node.width, "E741", std::move(message));
        error.hint = std::move(hint);
        errors_.push_back(std::move(error));
    }

    // `place`: the table's full name, for messages.
    Policy read(const std::string& place, const std::string& name, const Node& node) {
        Policy out;
        out.name = out.label = name;
        if (!node.is_table()) {
            problem(node, fmt::format("{}: should be a table", place));
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
                read_set(place, value, out);
            } else if (text == nullptr || value.kind != NodeKind::text) {
                problem(value,
                        fmt::format("{}.{}: no such text", place, key),
                        "label, group, about, assumes and set");
            } else {
                *text = value.text;
            }
        }
        if (out.set.empty() && errors_.empty()) {
            problem(node, fmt::format("{}: sets nothing", place));
        }
        return out;
    }

    void read_set(const std::string& place, const Node& table, Policy& out) {
        if (!table.is_table()) {
            problem(table, fmt::format("{}.set: should be a table of keys", place));
            return;
        }
        for (const auto& [key, value] : table.members) {
            const auto text = value_text(value);
            if (!text) {
                problem(value, fmt::format("{}: {}: should be text or a number", place, key));
            } else if (!is_rule(key) && out.assumes.empty()) {
                problem(value,
                        fmt::format("{}: {} is no rule", place, key),
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

std::expected<KnobFile, Errors> read_knobs(const std::string& path) {
    Errors errors;
    const Document document = load_document(path, {}, errors);
    return PolicyReader(document).run_knobs(std::move(errors));
}

std::expected<KnobFile, Errors> read_knobs_text(std::string_view text, const std::string& name) {
    Errors errors;
    const Document document = load_document_text(text, name, ".", {}, errors);
    return PolicyReader(document).run_knobs(std::move(errors));
}

std::optional<std::pair<std::string, std::string>> pair_of_groups(std::string_view text) {
    const std::size_t plus = text.find('+');
    if (plus == 0 || plus == std::string_view::npos || plus + 1 == text.size() ||
        text.find('+', plus + 1) != std::string_view::npos) {
        return std::nullopt;
    }
    return std::pair{std::string{text.substr(0, plus)}, std::string{text.substr(plus + 1)}};
}

double knob_value(const Knob& knob, int step) {
    CHECK(step >= 1 && step <= knob_steps);
    const double value =
        knob.today * std::pow(knob.most / knob.today, static_cast<double>(step) / knob_steps);
    if (knob.whole) {
        return std::floor(value + 0.5);
    }
    // Four figures: what is written into the scenario is what is said.
    const double unit = std::pow(10.0, std::floor(std::log10(value)) - 3.0);
    return std::round(value / unit) * unit;
}

Policy policy_at(const Knob& knob, int step) {
    const double value = knob_value(knob, step);
    Policy out = knob.policy;
    out.name = fmt::format("{}={:.12g}", out.name, value);
    out.label = with_value(out.label, value);
    for (auto& [key, text] : out.set) {
        text = with_value(text, value);
    }
    return out;
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
