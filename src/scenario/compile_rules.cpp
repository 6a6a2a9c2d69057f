// Clearing rules that are not plain fields: what each asset counts for as collateral, which coins
// share a fund, and which rules a command cannot execute.
#include <fmt/format.h>

#include <algorithm>

#include "scenario/compiler.hpp"

namespace margincall::inline scenario {
namespace {

bool is_number_row(const Node& node, std::size_t least, std::size_t most) {
    return node.kind == NodeKind::array && node.items.size() >= least &&
           node.items.size() <= most &&
           std::all_of(node.items.begin(), node.items.end(), is_number);
}

}  // namespace

bool Compiler::read_collateral_slices(const Node& value,
                                      const std::string& path,
                                      CollateralRule& rule) {
    if (is_number(value) && value.real >= 0.0 && value.real <= 1.0) {
        rule.tiers = {{.cap = {}, .ratio = decimal(value.real)}};
        return true;
    }
    bool good = value.kind == NodeKind::array && !value.items.empty();
    rule.tiers.clear();
    for (std::size_t n = 0; good && n < value.items.size(); ++n) {
        const Node& row = value.items[n];
        good = is_number_row(row, 2, 2) && row.items[1].real >= 0.0 && row.items[1].real <= 1.0 &&
               (n == 0 ? row.items[0].real == 0.0
                       : row.items[0].real > value.items[n - 1].items[0].real);
        if (good && n > 0) {
            rule.tiers.back().cap = micro(row.items[0].real);
        }
        if (good) {
            rule.tiers.push_back({.cap = {}, .ratio = decimal(row.items[1].real)});
        }
    }
    if (!good) {
        problem(value, "E303", fmt::format("{}: should be a ratio or a list of slices", path))
            .hint = "0.95, or [[0, 0.98], [10, 0.95]]: from 0 at 98 %, from 10 at 95 %";
    }
    return good;
}

bool Compiler::read_collateral_row(const Node& row, const std::string& path, CollateralRule& rule) {
    if (!row.is_table()) {
        return read_collateral_slices(row, path, rule);
    }
    use(row);
    bool good = true;
    if (const Node* const ratio = take(row, "ratio")) {
        use_all(*ratio);
        good = read_collateral_slices(*ratio, path + ".ratio", rule);
    }
    if (const Node* const valuation = take(row, "valuation")) {
        const auto& words = collateral_valuations;
        const auto at = std::find(words.begin(), words.end(), valuation->text);
        if (at == words.end()) {
            problem(*valuation, "E204", fmt::format("{}.valuation: no such word", path)).allowed =
                fmt::format("{}", fmt::join(words, ", "));
            good = false;
        } else {
            rule.valuation = static_cast<CollateralValuation>(at - words.begin());
        }
    }
    const auto number = [&](std::string_view key, double low, Fraction& out) {
        const Node* const node = take(row, key);
        if (node == nullptr) {
            return;
        }
        if (!is_number(*node) || node->real < low) {
            problem(*node, "E203", fmt::format("{}.{}: not such a number", path, key)).allowed =
                fmt::format("a number of at least {}", number_text(low));
            good = false;
            return;
        }
        out = decimal(node->real);
    };
    number("liability", 1.0, rule.liability);
    number("floor", 0.0, rule.floor_price);
    return good;
}

void Compiler::read_collateral(std::size_t v) {
    const Node* const table = take(*venue_nodes_[v], "collateral");
    if (table == nullptr) {
        return;
    }
    const std::string section = "venues." + venues_[v].plan.name + ".collateral";
    if (!table->is_table()) {
        problem(*table, "E201", fmt::format("{}: should be a table", section));
        return;
    }
    CollateralMeasure measure = CollateralMeasure::amount;
    for (const auto& [name, row] : table->members) {
        if (name == "measure") {
            use(row);
            if (row.text != "amount" && row.text != "value") {
                problem(row, "E204", fmt::format("{}.measure: no such word", section)).allowed =
                    "amount, value";
            }
            measure = row.text == "value" ? CollateralMeasure::value : CollateralMeasure::amount;
        } else if (name == "source") {
            (void)read_source(*table, section);
            draft_.plan.inputs.push_back(
                {section, "ratios", status_of(row.text), text_of(row.text)});
        } else if (name == "note") {
            use(row);
        }
    }
    for (const auto& [name, row] : table->members) {
        if (name == "measure" || name == "source" || name == "note") {
            resolved_.add(section, fmt::format("{} = {}", name, quote_toml(row.text)));
            continue;
        }
        use(row);
        for (const Node& item : row.items) {
            use_all(item);
        }
        AssetCollateral entry{.asset = name, .rule = {}};
        entry.rule.measure = measure;
        if (read_collateral_row(row, fmt::format("{}.{}", section, name), entry.rule)) {
            venues_[v].plan.rules.collateral.push_back(std::move(entry));
            resolved_.add(section, fmt::format("{} = {}", name, node_text(row)));
        }
    }
}

// fund.groups = [["BTC", "ETH"], ["SOL"]]. Coins that this scenario does not have are passed over,
// as in a tier table: a rule file serves scenarios of any coins.
void Compiler::read_fund_groups(std::size_t v) {
    const Node* const fund = venue_nodes_[v]->find("fund");
    const Node* const groups = fund == nullptr ? nullptr : take(*fund, "groups");
    if (groups == nullptr) {
        return;
    }
    const std::string path = fmt::format("venues.{}.fund.groups", venues_[v].plan.name);
    std::set<std::string> seen;
    bool good = groups->kind == NodeKind::array;
    for (const Node& group : groups->items) {
        good = good && group.kind == NodeKind::array && !group.items.empty();
        std::vector<AssetId> coins;
        for (const Node& name : group.items) {
            good = good && name.kind == NodeKind::text && seen.insert(name.text).second;
            if (const auto a = asset_index(name.text)) {
                coins.push_back(AssetId::from_raw(static_cast<std::uint16_t>(*a)));
            }
        }
        if (!coins.empty()) {
            venues_[v].plan.fund_groups.push_back(std::move(coins));
        }
    }
    if (!good) {
        problem(*groups, "E201", fmt::format("{}: should be lists of coins, each once", path))
            .hint = "[[\"BTC\", \"ETH\"], [\"SOL\", \"XRP\"]]";
        return;
    }
    resolved_.add("venues." + venues_[v].plan.name,
                  fmt::format("fund.groups = {}", node_text(*groups)));
}

std::string Compiler::node_text(const Node& node) {
    std::vector<std::string> parts;
    switch (node.kind) {
        case NodeKind::table:
            for (const auto& [key, child] : node.members) {
                parts.push_back(fmt::format("{} = {}", key, node_text(child)));
            }
            return fmt::format("{{ {} }}", fmt::join(parts, ", "));
        case NodeKind::array:
            for (const Node& child : node.items) {
                parts.push_back(node_text(child));
            }
            return fmt::format("[{}]", fmt::join(parts, ", "));
        case NodeKind::text:
            return quote_toml(node.text);
        case NodeKind::integer:
        case NodeKind::real:
            return number_text(node.real);
        case NodeKind::boolean:
            return node.boolean ? "true" : "false";
        case NodeKind::time:
            return std::to_string(node.integer);
    }
    return "";
}

void Compiler::refuse_what_cannot_be_done(std::size_t v) {
    const std::string venue = "venues." + venues_[v].plan.name;
    const std::string_view command = command_name(command_);
    const auto refuse = [&](const std::string& key, std::string_view value, const std::string& at) {
        const Capability* const row = find_capability(key, value);
        const Support support = row == nullptr ? Support::no : row->of(command_);
        if (support == Support::yes || support == Support::no_effect) {
            return;
        }
        const Node* const node = venue_nodes_[v]->find_path(at);
        Error& error = problem(node != nullptr ? *node : *venue_nodes_[v],
                               "E106",
                               fmt::format("{}.{}: {} cannot execute \"{}\"{}{}",
                                           venue,
                                           key,
                                           command,
                                           value,
                                           row == nullptr ? "" : ": ",
                                           row == nullptr ? "" : row->reason));
        const Subcommand other = command_ == Subcommand::run ? Subcommand::stress : Subcommand::run;
        error.hint =
            fmt::format("{}; margincall schema --capabilities lists what each command does",
                        row != nullptr && row->of(other) == Support::yes
                            ? fmt::format("{} can", command_name(other))
                            : std::string{support == Support::vector_only
                                              ? "vector_check alone computes with it"
                                              : "choose another value"});
    };
    FieldTarget row{&draft_, nullptr, &venues_[v], nullptr};
    for (const Field& field : fields()) {
        if (field.scope == Scope::venue && field.unit == Unit::choice && is_rule_key(field.path)) {
            refuse(std::string{field.path},
                   field.choices[static_cast<std::size_t>(get_number(field, row))],
                   std::string{field.path});
        }
    }
    const VenueRules& rules = venues_[v].plan.rules;
    for (const AssetCollateral& held : rules.collateral) {
        if (asset_index(held.asset)) {  // others cannot be held here
            refuse("collateral.valuation",
                   collateral_valuations[static_cast<std::size_t>(held.rule.valuation)],
                   "collateral." + held.asset);
        }
    }
    const Node* const table = venue_nodes_[v]->find("collateral");
    if (command_ == Subcommand::run && table != nullptr && !rules.collateral.empty()) {
        warn(*table,
             "W402",
             fmt::format("{}.collateral: the simulated accounts hold only the dollar coin, at 1; "
                         "these ratios act in stress and vector_check",
                         venue),
             "leave it, or use a rules file without collateral");
    }
}

}  // namespace margincall::inline scenario
