// Tier tables, requirements, collateral.
#include <algorithm>

#include "rules/reduction.hpp"
#include "vector_check/clearing_desk.hpp"
#include "vector_check/clearing_evaluators.hpp"

namespace margincall::inline vector_check {
namespace {

Amount money(const nlohmann::json& value) {
    return money(decimal_of(value));
}
MarginBase base_of(Amount value, Lots size = {}) {
    const ExactValue exact{.num = value.raw(), .den = 1};
    return {.value = exact,
            .value_at_mark = exact,
            .size = size,
            .leverage_e2 = 0,
            .open_interest = {}};
}

void bracket_amounts(ClearingCase& c) {
    const MarginSchedule table = bracket_table(c.inputs().at("brackets"), amount_places);
    const nlohmann::json& want = c.expected().at("maintenance_amounts");
    nlohmann::json got = nlohmann::json::array();
    for (std::size_t n = 0; n < table.tiers.size() && n < want.size(); ++n) {
        c.compare("maintenance_amounts[" + std::to_string(n) + "]",
                  want[n],
                  static_cast<long double>(table.tiers[n].deduction.raw()) /
                      static_cast<long double>(power_of_ten(amount_places)));
    }
    c.text_result("maintenance_amounts", table.tiers.size() == want.size() ? want : got);
}

void bracket_margin(ClearingCase& c) {
    const MarginSchedule table = bracket_table(c.inputs().at("brackets"), amount_places);
    const MarginBase base = base_of(money(c.decimal("notional")));
    const std::size_t tier = tier_index(table, base);
    c.integer_result("tier", static_cast<i128>(tier) + 1);
    c.fraction_result("maintenance_margin_rate", maintenance_rate(table, base));
    c.amount_result("maintenance_amount", table.tiers[tier].deduction.raw(), amount_places);
    c.amount_result(
        "maintenance_margin", maintenance_requirement(table, base).raw(), amount_places);
}

void marginal_margin(ClearingCase& c) {
    MarginSchedule table;
    for (const nlohmann::json& row : c.inputs().at("tiers")) {
        table.tiers.push_back({.floor = money(row.at(0)),
                               .cap = {},
                               .maintenance = to_fraction(decimal_of(row.at(2))),
                               .initial = {},
                               .deduction = {}});
    }
    close_tiers(table);
    fill_deductions(table);
    const Fraction leverage = c.fraction_or("leverage", "1");
    for (ScheduleTier& tier : table.tiers) {
        tier.initial = {leverage.den, leverage.num};
    }
    const MarginBase base = base_of(money(c.decimal("position_value")));
    c.amount_result(
        "maintenance_margin", maintenance_requirement(table, base).raw(), amount_places);
    c.amount_result("initial_margin", initial_requirement(table, base).raw(), amount_places);
    c.integer_result("tier", static_cast<i128>(tier_index(table, base)) + 1);
}

void hyperliquid_tiers(ClearingCase& c) {
    MarginSchedule table;
    for (const nlohmann::json& row : c.inputs().at("tiers")) {
        table.tiers.push_back(
            half_initial_tier(money(row.at(0)), {}, to_fraction(decimal_of(row.at(1)))));
    }
    close_tiers(table);
    fill_deductions(table);
    const auto list = [&](const char* key, auto&& value_of) {
        if (!c.wants(key)) {
            return;
        }
        const nlohmann::json& want = c.expected().at(key);
        for (std::size_t n = 0; n < table.tiers.size() && n < want.size(); ++n) {
            c.compare(key + std::to_string(n), want[n], value_of(table.tiers[n]));
        }
        c.text_result(key, want.size() == table.tiers.size() ? want : nlohmann::json::array());
    };
    list("maintenance_margin_rates", [](const ScheduleTier& tier) {
        return static_cast<long double>(tier.maintenance.num) /
               static_cast<long double>(tier.maintenance.den);
    });
    list("maintenance_deductions", [](const ScheduleTier& tier) {
        return static_cast<long double>(tier.deduction.raw()) /
               static_cast<long double>(power_of_ten(amount_places));
    });
    if (c.has("notional")) {
        const MarginBase base = base_of(money(c.decimal("notional")));
        c.amount_result(
            "maintenance_margin", maintenance_requirement(table, base).raw(), amount_places);
        c.amount_result("initial_margin", initial_requirement(table, base).raw(), amount_places);
        c.integer_result("tier", static_cast<i128>(tier_index(table, base)) + 1);
    }
}

// Contracts against a table of [cap, maintenance rate, least initial rate].
void whole_tier(ClearingCase& c) {
    MarginSchedule table;
    apply_rule(venue_rules(c.venue() == "gate" ? "gate" : "okx").margin, table);
    table.measure = TierMeasure::size;
    table.close_fee_in = CloseFeeIn::none;  // the example states the requirement without it
    Amount floor;
    for (const nlohmann::json& row : c.inputs().at("tiers")) {
        const Amount cap = Amount::from_raw(in_units(decimal_of(row.at(0)), 0));
        table.tiers.push_back({.floor = floor,
                               .cap = cap,
                               .maintenance = to_fraction(decimal_of(row.at(1))),
                               .initial = to_fraction(decimal_of(row.at(2))),
                               .deduction = {}});
        floor = cap;
    }
    // One contract is one lot; ticks and contract sizes as fine as the decimals.
    const Decimal mark = c.decimal("mark_price");
    const Decimal size = c.decimal("contract_size");
    const Fraction coin = to_fraction(size);
    const Fraction scale = fraction_power(amount_places - mark.places);
    const Contract contract{
        .unit = make_fraction(checked_mul(coin.num, scale.num), checked_mul(coin.den, scale.den))};
    const Lots lots = Lots::from_raw(narrow_i64(in_units(c.decimal("contracts"), 0)));
    const ExactValue value = exact_value(contract, lots, Ticks::from_raw(narrow_i64(mark.digits)));
    MarginBase base = base_of({}, lots);
    base.value = value;
    base.value_at_mark = value;
    c.integer_result("tier", static_cast<i128>(tier_index(table, base)) + 1);
    c.fraction_result("maintenance_margin_rate", maintenance_rate(table, base));
    c.fraction_result("minimum_initial_margin_rate", least_initial_rate(table, base));
    c.amount_result(
        "maintenance_margin", maintenance_requirement(table, base).raw(), amount_places);
    c.amount_result(
        "minimum_initial_margin", initial_requirement(table, base).raw(), amount_places);
}

void tiers_down(ClearingCase& c) {
    MarginSchedule table;
    apply_rule(venue_rules("okx").margin, table);
    table.measure = TierMeasure::size;
    Amount floor;
    for (const nlohmann::json& cap : c.inputs().at("tier_caps")) {
        const Amount bound = Amount::from_raw(in_units(decimal_of(cap), 0));
        table.tiers.push_back(
            {.floor = floor, .cap = bound, .maintenance = {}, .initial = {}, .deduction = {}});
        floor = bound;
    }
    const Lots size = Lots::from_raw(narrow_i64(in_units(c.decimal("contracts"), 0)));
    const auto down = static_cast<std::size_t>(venue_rules("okx").liquidation.tiers_down);
    const TierStep step = step_down(table, base_of({}, size), down);
    c.integer_result("tier", static_cast<i128>(step.tier) + 1);
    c.text_result("target_tier",
                  step.target ? nlohmann::json(*step.target + 1) : nlohmann::json(nullptr));
    c.integer_result("contracts_to_close", step.close.raw());
}

void risk_limit(ClearingCase& c) {
    MarginSchedule row;
    apply_rule(venue_rules("bitmex").margin, row);
    row.step_above = money(c.decimal("base_risk_limit"));
    row.step_size = money(c.decimal("risk_step"));
    row.step_rate = c.fraction("base_mm");
    row.tiers.push_back({.floor = {},
                         .cap = Amount::from_raw(power_of_ten(30)),
                         .maintenance = c.fraction("base_mm"),
                         .initial = c.fraction("base_im"),
                         .deduction = {}});
    const MarginBase base =
        base_of(money(c.decimal("position_value")) + money(c.decimal_or("order_value", "0")));
    const MarginBase held = base_of(money(c.decimal("position_value")));
    c.integer_result("steps", risk_steps(row, base));
    c.fraction_result("maintenance_margin_rate", maintenance_rate(row, base));
    c.fraction_result("initial_margin_rate", least_initial_rate(row, base));
    c.amount_result("maintenance_margin", maintenance_requirement(row, held).raw(), amount_places);
    c.amount_result("initial_margin", initial_requirement(row, held).raw(), amount_places);
}

void linear_in_size(ClearingCase& c) {
    const Decimal coins = c.decimal("size_coins");
    const Decimal index = c.decimal("index_price");
    MarginSchedule row;
    apply_rule(venue_rules("deribit").margin, row);
    row.tiers.push_back({.floor = {},
                         .cap = Amount::from_raw(power_of_ten(30)),
                         .maintenance = c.fraction_or("maintenance_base", "0"),
                         .initial = c.fraction_or("initial_base", "0"),
                         .deduction = {}});
    row.slope = c.fraction("slope_per_coin");
    scale_sizes(row, {narrow_i64(power_of_ten(coins.places)), 1});  // lots of the last decimal
    const Contract contract{.unit = fraction_power(amount_places - coins.places - index.places)};
    const i128 size = coins.digits < 0 ? -coins.digits : coins.digits;
    MarginBase base = base_of({}, Lots::from_raw(narrow_i64(size)));
    base.value = exact_value(contract, base.size, Ticks::from_raw(narrow_i64(index.digits)));
    base.value_at_mark = base.value;
    c.fraction_result("initial_margin_rate", least_initial_rate(row, base));
    c.fraction_result("maintenance_margin_rate", maintenance_rate(row, base));
    c.amount_result("initial_margin", initial_requirement(row, base).raw(), amount_places);
    c.amount_result("maintenance_margin", maintenance_requirement(row, base).raw(), amount_places);
}

// Assets with one ratio or with tiers [from, to or null, ratio].
void haircut(ClearingCase& c) {
    int unit = 8;  // places of the assets' amounts
    int price_places = 0;
    for (const nlohmann::json& asset : c.inputs().at("assets")) {
        unit = std::max(unit, decimal_of(asset.at("amount")).places);
        price_places = std::max(price_places, decimal_of(asset.at("price")).places);
    }
    Amount total;  // money in units of both places together
    for (const nlohmann::json& asset : c.inputs().at("assets")) {
        CollateralRule rule;
        if (asset.contains("tiers")) {
            rule.tiers.clear();
            for (const nlohmann::json& row : asset.at("tiers")) {
                rule.tiers.push_back(
                    {.cap = row.at(1).is_null()
                                ? Amount::from_raw(power_of_ten(30))
                                : Amount::from_raw(in_units(decimal_of(row.at(1)), unit)),
                     .ratio = to_fraction(decimal_of(row.at(2)))});
            }
        } else {
            rule.tiers = {{.cap = {}, .ratio = to_fraction(decimal_of(asset.at("ratio")))}};
        }
        const i128 price = in_units(decimal_of(asset.at("price")), price_places);
        total += collateral_value(
            rule,
            Amount::from_raw(in_units(decimal_of(asset.at("amount")), unit)),
            collateral_price(rule, {.index = {narrow_i64(price), 1}, .conversion = {}}));
    }
    c.amount_result("collateral_value", total.raw(), unit + price_places);
}

void auto_exchange(ClearingCase& c) {
    c.amount_result(
        "collateral_sold_value",
        auto_exchange_sale(money(c.decimal("deficit")), c.fraction("auto_exchange_ratio")).raw(),
        amount_places);
}

void transfer_margin(ClearingCase& c) {
    const Fraction floor = from_ppm(venue_rules("hyperliquid").margin.transfer_floor_ppm);
    c.amount_result("transfer_margin_required",
                    transfer_requirement(money(c.decimal("initial_margin_required")),
                                         money(c.decimal("total_position_value")),
                                         floor)
                        .raw(),
                    amount_places);
}

void borrow_limit(ClearingCase& c) {
    const Decimal price = c.decimal("price");
    const Amount balance = money(c.decimal("token_balance"));
    const Fraction ltv = c.fraction("ltv");
    c.amount_result(
        "borrowable", borrowable(balance, to_fraction(price), ltv).raw(), amount_places);
    c.fraction_result("liquidation_threshold", borrow_liquidation_share(ltv));
}

void borrower_ratio(ClearingCase& c) {
    const TokenBorrower account{.offset = money(c.decimal("min_borrow_offset")),
                                .cross_maintenance = money(c.decimal("cross_maintenance_margin")),
                                .borrowed = money(c.decimal("borrowed_usdc")),
                                .balance = money(c.decimal("usdc_balance")),
                                .tokens = money(c.decimal("token_balance")),
                                .supply_cap = money(c.decimal("supply_cap")),
                                .borrow_cap = money(c.decimal("borrow_cap")),
                                .price = c.fraction("borrow_oracle_price"),
                                .loan_to_value = c.fraction("ltv")};
    const PortfolioMargin margin = borrower_margin(account);
    c.fraction_result("liquidation_threshold", borrow_liquidation_share(account.loan_to_value));
    c.amount_result("maintenance_requirement", margin.maintenance.raw(), amount_places);
    c.amount_result("liquidation_value", margin.equity.raw(), amount_places);
    c.float_result("ratio", margin_ratio(margin));
    c.text_result("liquidatable", borrower_liquidatable(margin));
}

void yearly_borrow_rate(ClearingCase& c) {
    c.float_result("apy", borrow_rate(c.number("utilisation")));
}

// Tiers of [from, to, multiplier] on the basic module.
void modules(ClearingCase& c) {
    MarginSchedule slices;
    for (const nlohmann::json& row : c.inputs().at("tiers")) {
        slices.tiers.push_back({.floor = money(row.at(0)),
                                .cap = money(row.at(1)),
                                .maintenance = to_fraction(decimal_of(row.at(2))),
                                .initial = {},
                                .deduction = {}});
    }
    fill_deductions(slices);
    const ModuleMargin margin =
        module_requirement(slices, money(c.decimal("mr7_raw")), money(c.decimal("mr_other")));
    c.amount_result("mr7_adjusted", margin.basic.raw(), amount_places);
    c.amount_result("maintenance_margin", margin.required.raw(), amount_places);
}

void profit(ClearingCase& c) {
    const Decimal size = c.decimal("size");
    const Decimal entry = c.decimal("entry_price");
    const Decimal exit = c.decimal("exit_price");
    const int ticks = std::max(entry.places, exit.places);
    PortfolioPosition position;
    position.qty = Lots::from_raw(narrow_i64(size.digits));
    const Contract contract;
    position.entry_value =
        value_at(contract, position.qty, Ticks::from_raw(narrow_i64(in_units(entry, ticks))));
    c.amount_result(
        "pnl",
        unrealised(contract, position, Ticks::from_raw(narrow_i64(in_units(exit, ticks)))).raw(),
        ticks + size.places);
}

}  // namespace

void add_margin_evaluators(ClearingEvaluators& all) {
    all["bracket_maintenance_amount"] = bracket_amounts;
    all["bracket_margin"] = bracket_margin;
    all["marginal_margin"] = marginal_margin;
    all["hl_tiers"] = hyperliquid_tiers;
    all["flat_tier_margin"] = whole_tier;
    all["okx_partial"] = tiers_down;
    all["bitmex_risk_limit"] = risk_limit;
    all["deribit_margin"] = linear_in_size;
    all["haircut"] = haircut;
    all["auto_exchange"] = auto_exchange;
    all["hl_transfer"] = transfer_margin;
    all["hl_pm_borrow"] = borrow_limit;
    all["hl_pm_ratio"] = borrower_ratio;
    all["hl_borrow_rate"] = yearly_borrow_rate;
    all["okx_pm_scaling"] = modules;
    all["linear_pnl"] = profit;
}

}  // namespace margincall::inline vector_check
