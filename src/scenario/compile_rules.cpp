// Clearing rules that are not plain fields: what each asset counts for as collateral, margin tables
// in every style, and which rules a simulated venue cannot follow yet.
#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "scenario/compiler.hpp"

namespace margincall::inline scenario {
namespace {

bool is_number(const Node& node) {
    return node.kind == NodeKind::integer || node.kind == NodeKind::real;
}
bool is_number_row(const Node& node, std::size_t least, std::size_t most) {
    return node.kind == NodeKind::array && node.items.size() >= least &&
           node.items.size() <= most &&
           std::all_of(node.items.begin(), node.items.end(), is_number);
}

Amount micro(double value) {
    return Amount::from_raw(i128{std::llround(value * 1e6)});
}

// The decimal that stands in the text, not the double nearest to it.
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

// The fourth column: the highest leverage, or below 1 the least initial rate itself.
Fraction initial_rate(double column) {
    const Fraction value = decimal(column);
    return column < 1.0 ? value : make_fraction(value.den, value.num);
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
    static constexpr std::array<std::string_view, 3> words = {"market", "conversion", "floor"};
    bool good = true;
    if (const Node* const ratio = take(row, "ratio")) {
        use_all(*ratio);
        good = read_collateral_slices(*ratio, path + ".ratio", rule);
    }
    if (const Node* const valuation = take(row, "valuation")) {
        const auto at = std::find(words.begin(), words.end(), valuation->text);
        if (at == words.end()) {
            problem(*valuation, "E204", fmt::format("{}.valuation: no such word", path)).allowed =
                "market, conversion, floor";
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

// [floor, cap, maintenance rate, top leverage, deduction] rows in exact terms.
MarginSchedule Compiler::schedule_of_rows(const Node& rows, const MarginRule& rule, double caps) {
    MarginSchedule schedule;
    apply_rule(rule, schedule);
    const auto bound = [&](double value) {  // contracts are counted whole, money in micro-dollars
        return rule.measure == TierMeasure::size ? Amount::from_raw(i128{std::llround(value)})
                                                 : micro(value * caps);
    };
    for (const Node& row : rows.items) {
        const Fraction least = initial_rate(row.items[3].real);
        Fraction rate = decimal(row.items[2].real);
        // Half of the initial rate, printed with few digits, is meant exactly.
        const Fraction half = make_fraction(least.num, 2 * least.den);
        if (std::fabs(to_double(half) - row.items[2].real) < 1e-9) {
            rate = half;
        }
        schedule.tiers.push_back({.floor = bound(row.items[0].real),
                                  .cap = bound(row.items[1].real),
                                  .maintenance = rate,
                                  .initial = least,
                                  .deduction = {}});
    }
    if (rule.style == MarginStyle::marginal) {
        fill_deductions(schedule);
    }
    return schedule;
}

// { maintenance, initial, ... }: the base rates and what makes them grow.
std::optional<MarginSchedule> Compiler::schedule_of_table(const Node& table,
                                                          const std::string& path,
                                                          const MarginRule& rule,
                                                          double caps) {
    bool good = true;
    const auto number = [&](std::string_view key, double otherwise) {
        const Node* const node = take(table, key);
        if (node == nullptr) {
            return otherwise;
        }
        if (!is_number(*node) || node->real < 0.0) {
            problem(*node, "E303", fmt::format("{}.{}: should be a number", path, key));
            good = false;
            return otherwise;
        }
        return node->real;
    };
    MarginSchedule schedule;
    apply_rule(rule, schedule);
    const double initial = number("initial", -1.0);
    const double maintenance = number("maintenance", 0.0);
    schedule.maintenance_share = decimal(number("share", 0.0));
    schedule.step_above = micro(number("step_above", 0.0) * caps);
    schedule.step_size = micro(number("step", 0.0) * caps);
    schedule.step_rate = decimal(number("step_rate", 0.0));
    schedule.slope = decimal(number("slope", 0.0));
    schedule.open_interest_lower = micro(number("open_interest_lower", 0.0));
    schedule.open_interest_upper = micro(number("open_interest_upper", 0.0));
    if (initial <= 0.0 || initial > 1.0 || maintenance > 1.0 ||
        (rule.style == MarginStyle::stepped && schedule.step_size <= Amount{})) {
        problem(table, "E303", fmt::format("{}: not a margin row", path)).hint =
            "{ maintenance = 0.005, initial = 0.01, step_above = 200, step = 150, step_rate = "
            "0.005 }";
        good = false;
    }
    schedule.tiers.push_back({.floor = {},
                              .cap = micro(1e15),
                              .maintenance = decimal(maintenance),
                              .initial = decimal(std::max(initial, 0.0)),
                              .deduction = {}});
    return good ? std::optional{schedule} : std::nullopt;
}

void Compiler::refuse_unready(std::size_t v) {
    const VenueRules& rules = venues_[v].plan.rules;
    if (const Node* const table = venue_nodes_[v]->find("collateral");
        table != nullptr && !rules.collateral.empty()) {
        warn(*table,
             "W402",
             fmt::format(
                 "venues.{}.collateral: the simulated accounts hold only the dollar coin, at "
                 "1; these ratios act in stress and vector_check",
                 venues_[v].plan.name),
             "leave it, or use a rules file without collateral");
    }
    const auto refuse = [&](bool unready, const std::string& key, std::string_view what) {
        if (!unready) {
            return;
        }
        const std::string path = fmt::format("venues.{}.{}", venues_[v].plan.name, key);
        const Node* const node = venue_nodes_[v]->find_path(key);
        const Node& at = node != nullptr ? *node : *venue_nodes_[v];
        problem(at, "E106", fmt::format("{}: not available yet in a simulation: {}", path, what))
            .hint = "the rule can be used by stress and by vector_check";
    };
    const MarginRule& margin = rules.margin;
    refuse(margin.style != MarginStyle::marginal, "margin.style", "only marginal tiers are");
    refuse(margin.measure != TierMeasure::value, "margin.measure", "tiers by size");
    refuse(
        margin.valuation != MarginValuation::mark, "margin.valuation", "margin at entry or oracle");
    refuse(margin.maintenance_from != MaintenanceFrom::own_rate,
           "margin.maintenance",
           "maintenance as a share of the initial margin");
    refuse(margin.close_fee_in != CloseFeeIn::none, "margin.close_fee_in", "the fee to close");
    refuse(rules.band.method != BandMethod::none, "band.method", "price bands");
    refuse(rules.funding.method != FundingMethod::impact_damper,
           "funding.method",
           "rates other than impact+damper");
    refuse(rules.funding.weights == FundingWeights::moving, "funding.weights", "a moving window");
    const LiquidationFirstStep step = rules.liquidation.first_step;
    refuse(step == LiquidationFirstStep::fillable_ioc ||
               step == LiquidationFirstStep::liquidator_share,
           "liquidation.style",
           "this first step");
    refuse(rules.liquidation.takeover == TakeoverMethod::fund_per_fill ||
               rules.liquidation.takeover == TakeoverMethod::socialise,
           "liquidation.takeover",
           "this taker of the rest");
    refuse(rules.fund.scope != FundScope::venue, "fund.scope", "several funds of one venue");
    refuse(rules.adl.trigger == AdlTrigger::average_fall ||
               rules.adl.trigger == AdlTrigger::fund_empty ||
               rules.adl.trigger == AdlTrigger::never,
           "adl.trigger",
           "this trigger");
}

}  // namespace margincall::inline scenario
