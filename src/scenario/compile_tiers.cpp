// Margin tables in every style: what a tier file says, and what a perp's plan takes from it.
#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "rules/margin_levers.hpp"
#include "scenario/compiler.hpp"

namespace margincall::inline scenario {
namespace {

constexpr double no_cap_usd = 100e9;  // cap of a table that has none

// The fourth column: the highest leverage, or below 1 the least initial rate itself.
Fraction initial_rate(double column) {
    const Fraction value = decimal(column);
    return column < 1.0 ? value : make_fraction(value.den, value.num);
}

// Keys of a table that are about the table, not rows of it.
bool is_about_table(std::string_view key) {
    return key == "source" || key == "as_of" || key == "note" || key == "columns" ||
           key == "measure" || key == "contract";
}

// Steps in dollars at the start price, for those who choose leverage by size (agents, the default
// cap of funding): the tiers themselves, or for rates that grow with size the sizes at which the
// highest leverage falls. The venue's own requirement is the schedule.
MarginTiers tiers_at_start(const MarginSchedule& schedule, double usd_per_lot) {
    MarginTiers out;
    const bool by_size = schedule.measure == TierMeasure::size;
    const auto usd = [&](Amount bound) {
        const double raw = static_cast<double>(bound.raw());
        return std::min(no_cap_usd, by_size ? raw * usd_per_lot : raw * 1e-6);
    };
    const double share = to_double(schedule.maintenance_share);
    const auto add = [&](double cap, double maintenance, double initial) {
        const Money floor = out.empty() ? Money{} : out.back().cap;
        const Money end = Money::from_raw(std::llround(cap * 1e6));
        if (end <= floor) {
            return;
        }
        MarginTier tier;
        tier.floor = floor;
        tier.cap = end;
        tier.mmr_ppm = std::llround((schedule.maintenance_from == MaintenanceFrom::own_rate
                                         ? maintenance
                                         : initial * share) *
                                    1e6);
        tier.leverage_max =
            std::max<std::int64_t>(1, static_cast<std::int64_t>(1.0 / initial + 1e-9));
        if (schedule.style == MarginStyle::marginal && !out.empty()) {
            tier.deduction =
                out.back().deduction +
                Money::from_raw(mul_div(
                    floor.raw(), tier.mmr_ppm - out.back().mmr_ppm, 1'000'000, Round::down));
        }
        out.push_back(tier);
    };
    const ScheduleTier& base = schedule.tiers.front();
    const double maintenance = to_double(base.maintenance);
    const double initial = to_double(base.initial);
    switch (schedule.style) {
        case MarginStyle::marginal:
        case MarginStyle::whole_tier:
            for (const ScheduleTier& tier : schedule.tiers) {
                add(usd(tier.cap), to_double(tier.maintenance), to_double(tier.initial));
            }
            break;
        case MarginStyle::stepped: {
            const double step = to_double(schedule.step_rate);
            const double above = usd(schedule.step_above);
            for (int k = 0; k == 0 || (step > 0.0 && initial + step * k <= 1.0); ++k) {
                add(above + k * usd(schedule.step_size),
                    maintenance + step * k,
                    initial + step * k);
            }
            break;
        }
        case MarginStyle::linear_in_size: {
            const double slope = to_double(schedule.slope);
            for (int leverage = static_cast<int>(1.0 / initial + 1e-9); leverage > 0; --leverage) {
                const double rise = 1.0 / leverage - initial;
                add(slope > 0.0 ? rise / slope * usd_per_lot : no_cap_usd,
                    maintenance + rise,
                    1.0 / leverage);
            }
            break;
        }
    }
    return out;
}

// The venue's cap on leverage: what accounts may choose, and the least initial margin.
void cap_leverage(std::int64_t most, InstrumentPlan& plan) {
    for (MarginTier& tier : plan.tiers) {
        tier.leverage_max = std::min(tier.leverage_max, most);
    }
    plan.schedule.initial_floor = {1, most};
}

}  // namespace

bool Compiler::read_tier_units(std::size_t v, const Node& tiers, const std::string& section) {
    static constexpr std::array<std::string_view, 2> words = {"value", "size"};
    const Node* const measure = tiers.find("measure");
    const std::string_view says = measure == nullptr ? words[0] : std::string_view{measure->text};
    const std::string_view rule =
        words[static_cast<std::size_t>(venues_[v].plan.rules.margin.measure)];
    if (says != rule) {
        problem(measure == nullptr ? tiers : *measure,
                "E303",
                fmt::format("{}: the table counts {}, but margin.measure is \"{}\"",
                            section,
                            says == "size" ? "contracts" : "dollars",
                            rule))
            .hint =
            "a rules file names the table that fits it: leave `tiers` out, or give one whose "
            "`measure` is that of the rules";
        return false;
    }
    bool good = true;
    if (const Node* const contract = tiers.find("contract")) {
        for (const auto& [coin, size] : contract->members) {
            if (!is_number(size) || !(size.real > 0.0)) {
                problem(size,
                        "E303",
                        fmt::format("{}.contract.{}: should be coins a contract", section, coin));
                good = false;
                continue;
            }
            contracts_[{v, coin}] = size.real;
        }
        resolved_.add(section, fmt::format("contract = {}", node_text(*contract)));
    }
    return good;
}

// Once a venue: the levers need a table of slices in dollars.
void Compiler::refuse_margin_levers(std::size_t v) {
    const VenueDraft& venue = venues_[v];
    if (!refused_levers_.insert(v).second) {
        return;
    }
    const Node* const node = venue_nodes_[v]->find("margin");
    Error& error = problem(node != nullptr ? *node : *venue_nodes_[v],
                           "E303",
                           fmt::format("venues.{}.margin: close_out, concentration and volatility "
                                       "change tables of marginal style in dollars",
                                       venue.plan.name));
    error.allowed = "margin.style = \"marginal\" with margin.measure = \"value\"";
    error.hint = "set them for the venues whose rules have such a table";
}

bool Compiler::give_tiers(std::size_t v, std::size_t a, InstrumentPlan& plan) {
    const AssetPlan& asset = assets_[a].plan;
    const MarginRule& rule = venues_[v].plan.rules.margin;
    // The row of a tail coin, and the contract of one, are the coin's own or the tail's.
    const auto row = [&](const auto& table) {
        const auto own = table.find({v, asset.name});
        return own != table.end() || !asset.tail ? own : table.find({v, "tail"});
    };
    const auto table = row(schedules_);
    if (table == schedules_.end()) {
        const std::string key = asset.tail ? "tail" : asset.name;
        if (!broken_tiers_.contains({v, key}) && !broken_tiers_.contains({v, "*"})) {
            missing_tiers_[v].insert(key);
        }
        return false;
    }
    if (rule.style == MarginStyle::marginal && rule.measure == TierMeasure::value &&
        tiers_.contains(table->first)) {
        plan.tiers = tiers_.at(table->first);
        if (has_margin_levers(rule)) {
            const VenuePlan& venue = venues_[v].plan;
            cap_leverage(venue.leverage_max, plan);
            plan.tiers =
                levered_tiers(rule,
                              plan.tiers,
                              Money::from_raw(std::llround(asset.open_interest * 1e6 *
                                                           venue.oi_share / venue.stands_for)));
        }
        plan.schedule = schedule_of(plan.tiers);
        apply_rule(rule, plan.schedule);
        cap_leverage(venues_[v].plan.leverage_max, plan);
        return true;
    }
    if (has_margin_levers(rule)) {
        refuse_margin_levers(v);
        return false;
    }
    plan.schedule = table->second;
    const auto contract = row(contracts_);
    if (contract == contracts_.end() && rule.measure == TierMeasure::size) {
        problem_at_key(
            *venue_nodes_[v],
            1,
            "E303",
            fmt::format("venues.{}.tiers.contract: no contract size for {}; the table counts "
                        "contracts",
                        venues_[v].plan.name,
                        asset.name))
            .hint = "contract = { BTC = 0.01, tail = 10 }   # coins a contract";
        return false;
    }
    const Instrument& inst = plan.instrument;
    const Fraction coins = decimal(contract == contracts_.end() ? 1.0 : contract->second);
    const Fraction lot = decimal(inst.lot_base);
    const Fraction left = make_fraction(coins.num, lot.num);
    const Fraction right = make_fraction(lot.den, coins.den);
    scale_sizes(plan.schedule,
                make_fraction(checked_mul(left.num, right.num), checked_mul(left.den, right.den)));
    plan.tiers = tiers_at_start(plan.schedule, asset.price * inst.lot_base);
    cap_leverage(venues_[v].plan.leverage_max, plan);
    return true;
}

void Compiler::read_tiers(std::size_t v) {
    const Node* const tiers = take(*venue_nodes_[v], "tiers");
    if (tiers != nullptr && tiers->members.empty()) {
        broken_tiers_.insert({v, "*"});  // the file could not be read, which has been said
    }
    if (tiers == nullptr || !tiers->is_table()) {
        return;
    }
    const std::string section = "venues." + venues_[v].plan.name + ".tiers";
    use_all(*tiers);
    if (!tiers->members.empty() && !read_tier_units(v, *tiers, section)) {
        broken_tiers_.insert({v, "*"});
        return;
    }
    for (const auto& [name, rows] : tiers->members) {
        if (is_about_table(name)) {
            if (rows.kind == NodeKind::text) {
                resolved_.add(section, fmt::format("{} = {}", name, quote_toml(rows.text)));
            }
            if (name == "source" && !starts_with_status(rows.text)) {
                problem(rows,
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
        const std::string path = fmt::format("{}.{}", section, name);
        const MarginRule& rule = venues_[v].plan.rules.margin;
        if (rows.kind == NodeKind::text) {
            continue;  // below, when all rows are known
        }
        if (rows.is_table()) {
            if (auto schedule = schedule_of_table(rows, path, rule, venues_[v].tier_caps)) {
                schedules_[{v, name}] = std::move(*schedule);
                resolved_.add(section, fmt::format("{} = {}", name, node_text(rows)));
            } else {
                broken_tiers_.insert({v, name});
            }
            continue;
        }
        if (rule.style == MarginStyle::stepped || rule.style == MarginStyle::linear_in_size ||
            rule.maintenance_from == MaintenanceFrom::initial_margin) {
            problem(rows, "E303", fmt::format("{}: this margin rule wants base rates", path)).hint =
                "{ maintenance = 0.005, initial = 0.01, ... }; lists of tiers are for the marginal "
                "and the whole-tier style with a maintenance rate of their own";
            broken_tiers_.insert({v, name});
            continue;
        }
        std::optional<MarginTiers> table =
            read_tier_rows(rows, path, venues_[v].tier_caps, rule.style);
        if (!table) {
            broken_tiers_.insert({v, name});
        } else {
            tiers_[{v, name}] = std::move(*table);
            schedules_[{v, name}] = schedule_of_rows(rows, rule, venues_[v].tier_caps);
            for (const ScheduleTier& tier : schedules_[{v, name}].tiers) {
                if (tier.cap <= tier.floor) {
                    problem(rows,
                            "E303",
                            fmt::format("{}: with tier_caps {} a tier has no room",
                                        path,
                                        number_text(venues_[v].tier_caps)))
                        .hint = "bounds are whole contracts, or at most 9,200 bn USD";
                    broken_tiers_.insert({v, name});
                    break;
                }
            }
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
    // SOL = "tail": the same row.
    for (const auto& [name, other] : tiers->members) {
        if (is_about_table(name) || other.kind != NodeKind::text) {
            continue;
        }
        if (const auto exact = schedules_.find({v, other.text}); exact != schedules_.end()) {
            schedules_[{v, name}] = exact->second;
            if (const auto rows = tiers_.find({v, other.text}); rows != tiers_.end()) {
                tiers_[{v, name}] = rows->second;
            }
            resolved_.add(section, fmt::format("{} = {}", name, quote_toml(other.text)));
        } else {
            broken_tiers_.insert({v, name});
            if (!broken_tiers_.contains({v, other.text})) {
                problem(other,
                        "E303",
                        fmt::format("{}.{}: there is no row \"{}\"", section, name, other.text));
            }
        }
    }
}

std::optional<MarginTiers> Compiler::read_tier_rows(const Node& rows,
                                                    const std::string& path,
                                                    double caps,
                                                    MarginStyle style) {
    if (rows.kind != NodeKind::array || rows.items.empty()) {
        problem(rows, "E303", fmt::format("{}: should be a list of tiers", path)).hint =
            "[floor, cap, maintenance rate, top leverage, deduction], notionals in USD";
        return std::nullopt;
    }
    MarginTiers tiers;
    double cap_before = 0.0;
    double leverage_before = 200.0;
    for (const Node& row : rows.items) {
        const bool numbers = row.kind == NodeKind::array &&
                             (row.items.size() == 4 || row.items.size() == 5) &&
                             std::all_of(row.items.begin(), row.items.end(), is_number);
        if (!numbers) {
            problem(row, "E303", fmt::format("{}: a tier is four or five numbers", path)).hint =
                "[floor, cap, maintenance rate, top leverage, deduction], notionals in USD";
            return std::nullopt;
        }
        const double floor = row.items[0].real;
        const double cap = row.items[1].real;
        const double rate = row.items[2].real;
        // Below 1 the column is the least initial rate itself.
        const double last = row.items[3].real;
        const double leverage = last > 0.0 && last < 1.0 ? std::floor(1.0 / last + 1e-9) : last;
        if (floor != cap_before || cap <= floor) {
            problem(row,
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
            leverage > leverage_before ||
            (!tiers.empty() && rate * 1e6 < static_cast<double>(tiers.back().mmr_ppm) - 0.5)) {
            problem(
                row,
                "E303",
                fmt::format("{}: maintenance rate {} and top leverage {} are not those of a tier",
                            path,
                            number_text(rate),
                            number_text(leverage)))
                .allowed = "rate rising within 0 … 1, leverage falling within 200 … 1";
            return std::nullopt;
        }
        MarginTier tier;
        tier.floor = Money::from_raw(bounded_round(floor * caps * 1e6));
        tier.cap = Money::from_raw(bounded_round(cap * caps * 1e6));
        tier.mmr_ppm = std::llround(rate * 1e6);
        tier.leverage_max = static_cast<std::int64_t>(leverage);
        const bool marginal = style == MarginStyle::marginal;
        if (!tiers.empty() && marginal) {
            const MarginTier& below = tiers.back();
            tier.deduction =
                below.deduction +
                Money::from_raw(mul_div(
                    tier.floor.raw(), tier.mmr_ppm - below.mmr_ppm, 1'000'000, Round::down));
        }
        // The published deduction must be the one that keeps maintenance continuous.
        if (row.items.size() == 5 && marginal &&
            std::fabs(row.items[4].real * caps - to_usd(tier.deduction)) >
                1.0 + 1e-3 * row.items[4].real * caps) {
            problem(
                row.items[4],
                "E303",
                fmt::format("{}: deduction {} does not continue the tier below; computed {:.0f}",
                            path,
                            number_text(row.items[4].real),
                            to_usd(tier.deduction) / caps));
            return std::nullopt;
        }
        cap_before = cap;
        leverage_before = leverage;
        tiers.push_back(tier);
    }
    return tiers;
}

// [floor, cap, maintenance rate, top leverage, deduction] rows in exact terms.
MarginSchedule Compiler::schedule_of_rows(const Node& rows, const MarginRule& rule, double caps) {
    MarginSchedule schedule;
    apply_rule(rule, schedule);
    const auto bound = [&](double value) {  // contracts are counted whole, money in micro-dollars
        return rule.measure == TierMeasure::size
                   ? Amount::from_raw(i128{bounded_round(value * caps)})
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
    // Half the caps: the rate grows twice as fast.
    schedule.slope = decimal(number("slope", 0.0) / caps);
    schedule.open_interest_lower = micro(number("open_interest_lower", 0.0) * caps);
    schedule.open_interest_upper = micro(number("open_interest_upper", 0.0) * caps);
    const auto given = [&](const char* key) { return table.find(key) != nullptr; };
    const bool stepped = rule.style == MarginStyle::stepped;
    const bool of_initial = rule.maintenance_from == MaintenanceFrom::initial_margin;
    // What the margin rule would not read must not stand there.
    if (initial <= 0.0 || initial > 1.0 || maintenance > initial ||
        (!of_initial && maintenance <= 0.0) || given("maintenance") == of_initial ||
        given("share") != of_initial ||
        schedule.maintenance_share.num > schedule.maintenance_share.den ||
        given("slope") != (rule.style == MarginStyle::linear_in_size) || given("step") != stepped ||
        given("step_above") != stepped || given("step_rate") != stepped ||
        (stepped && schedule.step_size <= Amount{}) ||
        schedule.open_interest_upper < schedule.open_interest_lower) {
        problem(table, "E303", fmt::format("{}: not a row of this margin rule", path)).hint =
            "{ maintenance = 0.005, initial = 0.01 }, for stepped with step_above, step and "
            "step_rate, for linear-in-size with slope; a share of the initial margin: { initial = "
            "0.02, share = 0.6 }";
        good = false;
    }
    schedule.tiers.push_back({.floor = {},
                              .cap = micro(no_cap_usd),
                              .maintenance = decimal(maintenance),
                              .initial = decimal(std::max(initial, 0.0)),
                              .deduction = {}});
    return good ? std::optional{schedule} : std::nullopt;
}

}  // namespace margincall::inline scenario
