// Liquidation and bankruptcy prices.
#include "vector_check/clearing_desk.hpp"
#include "vector_check/clearing_evaluators.hpp"

namespace margincall::inline vector_check {
namespace {

Trigger trigger_of(const VenueRules& rules) {
    return rules.trigger_at_equality ? Trigger::at_or_below : Trigger::below;
}

// Rule row of an example's venue; the book of the text that the example follows.
const VenueRules& rules_of(const ClearingCase& c) {
    if (c.venue() == "binance") {
        return venue_rules("binance-usdm");
    }
    if (c.venue() == "bybit") {
        return venue_rules("bybit-uta-2024-09-10");
    }
    return venue_rules(c.venue() == "dydx" ? "dydx-v4" : c.venue());
}

MarginMode mode_of(const ClearingCase& c) {
    return c.inputs().value("margin_mode", "isolated") == "cross" ? MarginMode::cross
                                                                  : MarginMode::isolated;
}

DeskPosition position_of(const nlohmann::json& row) {
    DeskPosition p;
    p.is_long = row.at("side") == "long";
    p.size = decimal_of(row.at("size"));
    p.entry = decimal_of(row.at("entry_price"));
    if (row.contains("mark_price")) {
        p.mark = decimal_of(row.at("mark_price"));
    }
    return p;
}

// The bracket that the example names, or the whole table.
MarginSchedule bracket_of(const Desk& desk, const nlohmann::json& row) {
    if (row.contains("brackets")) {
        return bracket_table(row.at("brackets"), desk.money_places());
    }
    const Decimal zero;
    return one_tier(
        to_fraction(decimal_of(row.at("maintenance_margin_rate"))),
        {0, 1},
        desk.money(row.contains("maintenance_amount") ? decimal_of(row.at("maintenance_amount"))
                                                      : zero));
}

void report_price(ClearingCase& c, const Desk& desk, const char* key, std::optional<Ticks> price) {
    c.amount_result(key, price ? price->raw() : 0, desk.tick_places(0));
}

// Cross or isolated, alone or beside other contracts given as positions or as sums.
void binance_liquidation(ClearingCase& c) {
    const MarginMode mode = mode_of(c);
    std::vector<nlohmann::json> rows{c.inputs()};
    std::vector<DeskPosition> positions{position_of(c.inputs())};
    positions[0].mode = mode;
    for (const char* const key : {"other_positions", "hedge_positions"}) {
        if (!c.has(key)) {
            continue;
        }
        for (const nlohmann::json& row : c.inputs().at(key)) {
            rows.push_back(row);
            positions.push_back(position_of(row));
            positions.back().in_first = std::string_view{key} == "hedge_positions";
        }
    }
    Desk desk{positions};
    for (std::size_t k = 0; k < rows.size(); ++k) {
        positions[k].schedule = bracket_of(desk, rows[k]);
    }
    desk.open(positions);
    desk.rules.trigger = trigger_of(rules_of(c));
    const Amount wallet = desk.money(c.decimal("wallet_balance"));
    if (mode == MarginMode::isolated) {
        desk.account.positions[0].margin = wallet;
    } else {
        desk.deposit(wallet);
        desk.deposit(desk.money(c.decimal_or("other_unrealised_pnl", "0")));
        desk.account.frozen = desk.money(c.decimal_or("other_maintenance_margin", "0"));
    }
    report_price(c, desk, "liquidation_price", liquidation_price(desk.point()));
    report_price(c, desk, "bankruptcy_price", bankruptcy_price(desk.point()));
}

// One isolated position opened at a leverage: margin = initial margin + what was added.
Desk isolated_at_leverage(const ClearingCase& c, MarginSchedule schedule) {
    DeskPosition p = position_of(c.inputs());
    p.mode = MarginMode::isolated;
    p.leverage = c.fraction("leverage");
    std::vector<DeskPosition> positions{p};
    Desk desk{positions};
    schedule.tiers[0].deduction = desk.money(c.decimal_or("deduction", "0"));
    // The leverage is the initial rate; a chosen one would be cut to two decimals.
    schedule.tiers[0].initial = {p.leverage.den, p.leverage.num};
    positions[0].schedule = schedule;
    positions[0].leverage = {0, 1};
    desk.open(positions);
    desk.rules.trigger = trigger_of(rules_of(c));
    PortfolioPosition& held = desk.account.positions[0];
    MarginBase base = margin_base(desk.rules, held, desk.prices);
    MarginSchedule without_fee = schedule;
    without_fee.close_fee_in = CloseFeeIn::none;
    held.margin =
        initial_requirement(without_fee, base) + desk.money(c.decimal_or("extra_margin", "0"));
    return desk;
}

void bybit_isolated(ClearingCase& c) {
    MarginSchedule schedule = one_tier(c.fraction("maintenance_margin_rate"), {0, 1});
    apply_rule(rules_of(c).margin, schedule);
    const Desk desk = isolated_at_leverage(c, schedule);
    report_price(c, desk, "liquidation_price", liquidation_price(desk.point()));
    report_price(c, desk, "bankruptcy_price", bankruptcy_price(desk.point()));
}

// The taker fee to close is part of the requirement (OKX, Gate).
void isolated_with_fee(ClearingCase& c) {
    MarginSchedule schedule = one_tier(c.fraction("maintenance_margin_rate"), {0, 1});
    apply_rule(rules_of(c).margin, schedule);
    schedule.close_fee = c.fraction("taker_fee_rate");
    const Desk desk = isolated_at_leverage(c, schedule);
    report_price(c, desk, "liquidation_price", liquidation_price(desk.point()));
    report_price(c, desk, "bankruptcy_price", bankruptcy_price(desk.point()));
}

void hyperliquid_position(ClearingCase& c) {
    DeskPosition p = position_of(c.inputs());
    p.mode = MarginMode::isolated;
    std::vector<DeskPosition> positions{p};
    Desk desk{positions};
    positions[0].schedule.tiers = {
        half_initial_tier({}, Amount::from_raw(power_of_ten(30)), c.fraction("max_leverage"))};
    desk.open(positions);
    desk.rules.trigger = trigger_of(rules_of(c));
    desk.account.positions[0].margin = desk.money(c.decimal("margin"));
    report_price(c, desk, "liquidation_price", liquidation_price(desk.point()));
}

void bankruptcy_linear(ClearingCase& c) {
    nlohmann::json row = c.inputs();
    row["size"] = row.value("size", "1");
    ClearingCase sized{{{"id", ""}, {"venue", c.venue()}, {"inputs", row}, {"expected", {}}}};
    const Desk desk = isolated_at_leverage(sized, one_tier({0, 1}, {0, 1}));
    const std::optional<Ticks> price = bankruptcy_price(desk.point());
    report_price(c, desk, "bankruptcy_price", price);
    if (price && c.has("tick")) {
        const Decimal tick = c.decimal("tick");
        c.amount_result("bankruptcy_price_rounded",
                        desk.on_grid(0, *price, tick, c.is_long() ? Round::up : Round::down),
                        tick.places);
    }
}

void bankruptcy_inverse(ClearingCase& c) {
    DeskPosition p;
    p.is_long = c.is_long();
    p.entry = c.decimal("entry_price");
    p.size = c.has("contracts") ? c.decimal("contracts") : many_contracts(p.entry);
    p.kind = ContractKind::inverse;
    p.mode = MarginMode::isolated;
    const Fraction leverage = c.fraction("leverage");
    p.schedule = one_tier({0, 1}, {leverage.den, leverage.num});
    Desk desk{{p}};
    desk.open({p});
    PortfolioPosition& held = desk.account.positions[0];
    held.margin = initial_requirement(p.schedule, margin_base(desk.rules, held, desk.prices));
    const std::optional<Ticks> price = bankruptcy_price(desk.point());
    report_price(c, desk, "bankruptcy_price", price);
    if (price && c.has("tick")) {
        const Decimal tick = c.decimal("tick");
        c.amount_result("bankruptcy_price_rounded",
                        desk.on_grid(0, *price, tick, c.is_long() ? Round::up : Round::down),
                        tick.places);
    }
}

// Both sides of an isolated inverse position; its margin is the initial margin.
void inverse_isolated(ClearingCase& c) {
    for (const bool is_long : {true, false}) {
        DeskPosition p;
        p.is_long = is_long;
        p.entry = c.decimal("entry_price");
        p.size = c.decimal("contracts_usd");
        p.kind = ContractKind::inverse;
        p.mode = MarginMode::isolated;
        const Fraction leverage = c.fraction("leverage");
        p.schedule = one_tier(c.fraction("maintenance_margin_rate"), {leverage.den, leverage.num});
        apply_rule(rules_of(c).margin, p.schedule);
        Desk desk{{p}};
        desk.open({p});
        PortfolioPosition& held = desk.account.positions[0];
        const MarginBase base = margin_base(desk.rules, held, desk.prices);
        held.margin = initial_requirement(p.schedule, base);
        const int places = desk.money_places();
        c.ratio_result(
            "position_value", base.value.num, checked_mul(base.value.den, power_of_ten(places)));
        c.amount_result("initial_margin", held.margin.raw(), places);
        c.amount_result(
            "maintenance_margin", maintenance_requirement(p.schedule, base).raw(), places);
        report_price(c,
                     desk,
                     is_long ? "liquidation_price_long" : "liquidation_price_short",
                     liquidation_price(desk.point()));
    }
}

// Old inverse cross: maintenance at entry, and the fee for closing at the bankruptcy price
// reserved.
void inverse_cross(ClearingCase& c) {
    DeskPosition p;
    p.is_long = c.inputs().value("side", "long") == "long";
    p.size = c.decimal("contracts");
    p.entry = c.decimal("entry_price");
    p.kind = ContractKind::inverse;
    p.close_fee = c.fraction("taker_fee_rate");
    p.schedule = one_tier(c.fraction("maintenance_margin_rate"), {0, 1});
    apply_rule(rules_of(c).margin, p.schedule);
    Desk desk{{p}};
    desk.open({p});
    desk.deposit(desk.money(c.decimal("account_balance")));
    desk.account.frozen = desk.money(c.decimal_or("order_margin", "0"));
    const std::optional<Ticks> bankruptcy = bankruptcy_price(desk.point());
    report_price(c, desk, "bankruptcy_price", bankruptcy);
    if (!bankruptcy) {
        return;
    }
    desk.account.frozen += fee_on(
        exact_value(desk.rules.contracts[0], magnitude(desk.account.positions[0].qty), *bankruptcy),
        p.close_fee);
    const std::optional<Ticks> price = liquidation_price(desk.point());
    report_price(c, desk, "liquidation_price", price);
    if (price && c.has("tick")) {
        const Decimal tick = c.decimal("tick");
        c.amount_result(
            p.is_long ? "liquidation_price_rounded_up" : "liquidation_price_rounded_down",
            desk.on_grid(0, *price, tick, p.is_long ? Round::up : Round::down),
            tick.places);
    }
}

// A loan against coins, with the pledge and both debts in one unit.
void quick_margin(ClearingCase& c) {
    constexpr int places = 12;
    const auto amount = [&](const char* key) {
        return Amount::from_raw(in_units(c.decimal(key), places));
    };
    const auto price = loan_liquidation_price({.quote = amount("quote_asset"),
                                               .quote_debt = amount("quote_liability"),
                                               .coins = amount("base_asset"),
                                               .coin_debt = amount("base_liability")},
                                              c.fraction("mmr"),
                                              c.fraction("taker_fee"));
    if (price) {
        c.ratio_result("liquidation_price", price->num, price->den);
    }
}

// One cross position, maintenance at entry (BitMEX).
void linear_cross(ClearingCase& c) {
    std::vector<DeskPosition> positions{position_of(c.inputs())};
    Desk desk{positions};
    positions[0].schedule =
        one_tier(c.fraction("maintenance_margin_rate"), c.fraction("initial_margin_rate"));
    positions[0].schedule.valuation = rules_of(c).margin.valuation;
    desk.open(positions);
    desk.rules.trigger = trigger_of(rules_of(c));
    const Amount wallet = desk.money(c.decimal("wallet_balance"));
    desk.deposit(wallet);
    const PortfolioMargin margin = cross_margin(desk.rules, desk.account, desk.prices);
    const int places = desk.money_places();
    c.amount_result("initial_margin", margin.initial.raw(), places);
    c.amount_result("maintenance_margin", margin.maintenance.raw(), places);
    c.amount_result("available_balance", (margin.equity - margin.initial).raw(), places);
    report_price(c, desk, "bankruptcy_price", bankruptcy_price(desk.point()));
    report_price(c, desk, "liquidation_price", liquidation_price(desk.point()));
}

}  // namespace

void add_price_evaluators(ClearingEvaluators& all) {
    all["binance_liq_price"] = binance_liquidation;
    all["simple_isolated_liq"] = bybit_isolated;
    all["okx_isolated_liq"] = isolated_with_fee;
    all["hl_liq"] = hyperliquid_position;
    all["bankruptcy_linear_isolated"] = bankruptcy_linear;
    all["bankruptcy_inverse_isolated"] = bankruptcy_inverse;
    all["inverse_isolated"] = inverse_isolated;
    all["inverse_cross_long"] = inverse_cross;
    all["okx_quick_liq"] = quick_margin;
    all["linear_cross_single"] = linear_cross;
}

}  // namespace margincall::inline vector_check
