// The chain venue with an oracle: integers as on the chain.
#include "rules/close_out.hpp"
#include "rules/funding_index.hpp"
#include "vector_check/clearing_desk.hpp"
#include "vector_check/clearing_evaluators.hpp"

namespace margincall::inline vector_check {
namespace {

constexpr int quote_places = 6;

std::int64_t integer(const nlohmann::json& row, const char* key) {
    return narrow_i64(in_units(decimal_of(row.at(key)), 0));
}
std::int64_t integer_or(const nlohmann::json& row, const char* key, std::int64_t otherwise) {
    return row.contains(key) ? integer(row, key) : otherwise;
}

// Quote units per base unit and price unit: 10^(atomic resolution + exponent + 6).
Contract contract_of(const nlohmann::json& row) {
    const std::int64_t power =
        integer(row, "atomic_resolution") + integer(row, "exponent") + quote_places;
    Contract contract;
    contract.rounding = ValueRounding::toward_zero;
    contract.unit = fraction_power(static_cast<int>(power));
    return contract;
}

MarginSchedule chain_schedule(const nlohmann::json& row) {
    MarginSchedule schedule;
    apply_rule(venue_rules("dydx-v4").margin, schedule);
    schedule.maintenance_share = from_ppm(integer(row, "maintenance_fraction_ppm"));
    schedule.open_interest_lower = Amount::from_raw(integer_or(row, "open_interest_lower_cap", 0));
    schedule.open_interest_upper = Amount::from_raw(integer_or(row, "open_interest_upper_cap", 0));
    schedule.tiers.push_back({.floor = {},
                              .cap = Amount::from_raw(power_of_ten(30)),
                              .maintenance = {},
                              .initial = from_ppm(integer(row, "initial_margin_ppm")),
                              .deduction = {}});
    return schedule;
}

struct Chain {
    PortfolioRules rules;
    PortfolioAccount account;
    PortfolioPrices prices;

    Chain() {
        rules.collateral.emplace_back();
        prices.assets.emplace_back();
    }
    void add(const nlohmann::json& row) {
        PortfolioPosition p;
        p.instrument = static_cast<std::uint32_t>(rules.contracts.size());
        p.qty = Lots::from_raw(integer(row, "base_quantums"));
        rules.contracts.push_back(contract_of(row));
        rules.schedules.push_back(chain_schedule(row));
        prices.mark.push_back(Ticks::from_raw(integer(row, "price")));
        account.positions.push_back(p);
    }
};

Chain account_of(const ClearingCase& c, std::size_t& asked) {
    Chain chain;
    const std::int64_t id = c.integer("perpetual_id");
    for (const nlohmann::json& row : c.inputs().at("positions")) {
        if (integer(row, "perpetual_id") == id) {
            asked = chain.account.positions.size();
        }
        chain.add(row);
    }
    chain.account.collateral.push_back(
        {.asset = 0, .balance = Amount::from_raw(in_units(c.decimal("quote_balance"), 0))});
    return chain;
}

CloseOut close_of(const Chain& chain, std::size_t position, std::int64_t lots) {
    return close_out(chain.rules,
                     chain.account,
                     chain.prices,
                     position,
                     Lots::from_raw(lots < 0 ? -lots : lots));
}

void margin(ClearingCase& c) {
    Chain chain;
    chain.add(c.inputs());
    const Contract& contract = chain.rules.contracts[0];
    if (c.has("open_interest")) {
        chain.prices.open_interest.push_back(
            value_at(contract, Lots::from_raw(c.integer("open_interest")), chain.prices.mark[0]));
    }
    PortfolioPosition& position = chain.account.positions[0];
    const MarginBase base = margin_base(chain.rules, position, chain.prices);
    const MarginSchedule& schedule = chain.rules.schedules[0];
    Amount initial = initial_requirement(schedule, base);
    // The account's own setting may ask for more; it does not rise with open interest.
    if (c.has("custom_initial_margin_ppm")) {
        const Fraction custom = from_ppm(c.integer("custom_initial_margin_ppm"));
        initial = std::max(initial, initial_requirement(one_tier({0, 1}, custom), base));
    }
    c.integer_result("initial_margin", initial.raw());
    c.integer_result("maintenance_margin", maintenance_requirement(schedule, base).raw());
    c.integer_result("net_notional", value_at(contract, position.qty, chain.prices.mark[0]).raw());
}

void bankruptcy(ClearingCase& c) {
    std::size_t asked = 0;
    const Chain chain = account_of(c, asked);
    const CloseOut close = close_of(chain, asked, c.integer("delta_quantums"));
    c.integer_result("bankruptcy_price_quote_quantums", bankruptcy_proceeds(close).raw());
}

void fillable(ClearingCase& c) {
    std::size_t asked = 0;
    const Chain chain = account_of(c, asked);
    const PortfolioPosition& p = chain.account.positions[asked];
    const CloseOut whole = close_of(chain, asked, p.qty.raw());
    const LiquidationRule& row = venue_rules("dydx-v4").liquidation;
    FillableRule rule{.adjustment = from_ppm(row.adjustment_ppm),
                      .spread = from_ppm(row.spread_ppm)};
    if (c.has("bankruptcy_adjustment_ppm")) {
        rule.adjustment = from_ppm(c.integer("bankruptcy_adjustment_ppm"));
    }
    if (c.has("spread_to_maintenance_margin_ratio_ppm")) {
        rule.spread = from_ppm(c.integer("spread_to_maintenance_margin_ratio_ppm"));
    }
    const SignedFraction price =
        fillable_price(rule,
                       whole,
                       p.qty,
                       value_at(chain.rules.contracts[asked], p.qty, chain.prices.mark[asked]),
                       -whole.maintenance_change);
    c.ratio_result("fillable_price_quote_quantums_per_base_quantum", price.num, price.den);
}

void insurance(ClearingCase& c) {
    std::size_t asked = 0;
    const Chain chain = account_of(c, asked);
    const std::int64_t fill = c.integer("fill_quantums");
    const CloseOut close = close_of(chain, asked, fill);
    // Quote units of the fill: subticks * base * 10^exponent, cut.
    const std::int64_t power = c.integer("quantum_conversion_exponent");
    Contract trade;
    trade.rounding = ValueRounding::toward_zero;
    trade.unit = fraction_power(static_cast<int>(power));
    const Amount quote =
        value_at(trade, Lots::from_raw(fill), Ticks::from_raw(c.integer("subticks")));
    const bool is_buy = c.inputs().at("is_buy").get<bool>();
    c.integer_result(
        "insurance_fund_delta",
        fund_change(
            is_buy ? -quote : quote,
            bankruptcy_proceeds(close),
            from_ppm(narrow_i64(c.integer_or("max_liquidation_fee_ppm",
                                             venue_rules("dydx-v4").liquidation.fund_fee_cap_ppm))))
            .raw());
    c.integer_result("bankruptcy_price_quote_quantums", bankruptcy_proceeds(close).raw());
}

void notional_limits(ClearingCase& c) {
    const Contract contract = contract_of(c.inputs());
    const std::int64_t base = c.integer("base_quantums");
    const Amount whole = value_at(
        contract, Lots::from_raw(base < 0 ? -base : base), Ticks::from_raw(c.integer("price")));
    const StepLimits limits = step_limits(whole,
                                          Amount::from_raw(c.integer("min_position_notional")),
                                          from_ppm(c.integer("max_position_portion_ppm")));
    c.integer_result("min_notional", limits.least.raw());
    c.integer_result("max_notional", limits.most.raw());
}

void deleverage(ClearingCase& c) {
    const nlohmann::json& row = c.inputs().at("liquidated");
    const Contract contract = contract_of(row);
    Counterparty insolvent{.qty = Lots::from_raw(integer(row, "base_quantums")),
                           .cash = Amount::from_raw(integer(row, "quote_balance"))};
    std::vector<Counterparty> others;
    std::vector<std::string> names;
    for (const nlohmann::json& other : c.inputs().at("offsetting_in_order")) {
        names.push_back(other.at("id").get<std::string>());
        others.push_back({.qty = Lots::from_raw(integer(other, "base_quantums")),
                          .cash = Amount::from_raw(integer(other, "quote_balance"))});
    }
    const std::vector<DirectClose> closes =
        close_directly(contract, Ticks::from_raw(integer(row, "price")), insolvent, others);
    nlohmann::json fills = nlohmann::json::object();
    nlohmann::json balances = nlohmann::json::object();
    for (const DirectClose& close : closes) {
        fills[names[close.counterparty]] = close.lots.raw();
        balances[names[close.counterparty]] = narrow_i64(others[close.counterparty].cash.raw());
    }
    // An example may list those that were passed over, too.
    for (std::size_t k = 0; k < names.size(); ++k) {
        if (c.wants("fills") && c.expected().at("fills").contains(names[k]) &&
            !fills.contains(names[k])) {
            fills[names[k]] = 0;
        }
        if (c.wants("quote_balance_after") &&
            c.expected().at("quote_balance_after").contains(names[k])) {
            balances[names[k]] = narrow_i64(others[k].cash.raw());
        }
    }
    c.text_result("fills", fills);
    c.text_result("quote_balance_after", balances);
    const std::int64_t left = insolvent.qty.raw();
    c.integer_result("remaining", left < 0 ? -left : left);
}

void premium(ClearingCase& c) {
    int price_places = c.decimal("index_price").places;
    int size_places = 0;
    for (const char* const side : {"bids", "asks"}) {
        for (const nlohmann::json& level : c.inputs().at(side)) {
            price_places = std::max(price_places, decimal_of(level.at(0)).places);
            size_places = std::max(size_places, decimal_of(level.at(1)).places);
        }
    }
    const i128 notional = in_units(c.decimal("impact_notional"), price_places + size_places);
    const auto impact = [&](const char* side) {
        std::vector<PriceLevel> levels;
        for (const nlohmann::json& level : c.inputs().at(side)) {
            levels.push_back(
                {Ticks::from_raw(narrow_i64(in_units(decimal_of(level.at(0)), price_places))),
                 Lots::from_raw(narrow_i64(in_units(decimal_of(level.at(1)), size_places)))});
        }
        return impact_price(levels, notional);
    };
    c.integer_result(
        "premium_ppm",
        premium_ppm(impact("bids"),
                    impact("asks"),
                    Ticks::from_raw(narrow_i64(in_units(c.decimal("index_price"), price_places))),
                    c.integer("max_abs_premium_ppm")));
}

void tails(ClearingCase& c) {
    c.text_result("kept",
                  without_tails(c.inputs().at("samples").get<std::vector<std::int64_t>>(),
                                from_ppm(c.integer("removal_rate_ppm"))));
}

Fraction quote_per_base(const ClearingCase& c) {
    const Contract contract = contract_of(c.inputs());
    return make_fraction(narrow_i64(checked_mul<i128>(c.integer("price"), contract.unit.num)),
                         contract.unit.den);
}

void index_change(ClearingCase& c) {
    c.integer_result(
        "funding_index_delta",
        funding_index_change(
            c.integer("funding_rate_8h_ppm"), c.integer("seconds"), quote_per_base(c)));
}

void settlement(ClearingCase& c) {
    c.integer_result("settlement_ppm",
                     funding_settlement(in_units(c.decimal("index_now"), 0),
                                        in_units(c.decimal("index_position"), 0),
                                        in_units(c.decimal("quantums"), 0)));
}

void funding_tick(ClearingCase& c) {
    const FundingRule& row = venue_rules("dydx-v4").funding;
    IndexFundingRule rule;
    rule.expected_samples = c.integer("expected_samples");
    rule.default_ppm = narrow_i64(c.integer_or("default_funding_ppm", 0));
    rule.clamp_factor =
        from_ppm(narrow_i64(c.integer_or("clamp_factor_ppm", row.clamp_factor_ppm)));
    const std::vector<std::int64_t> samples(static_cast<std::size_t>(c.integer("samples")),
                                            c.integer("premium_ppm"));
    const std::int64_t initial = c.integer("initial_margin_ppm");
    const std::int64_t maintenance =
        narrow_i64(times(initial, from_ppm(c.integer("maintenance_fraction_ppm")), Round::down));
    const std::int64_t rate = index_funding_rate(rule, samples, initial, maintenance);
    c.integer_result("funding_rate_8h_ppm", rate);
    c.integer_result(
        "funding_index_delta",
        funding_index_change(
            rate,
            narrow_i64(c.integer_or("seconds",
                                    div_round(row.interval.raw(), seconds(1).raw(), Round::down))),
            quote_per_base(c)));
}

}  // namespace

void add_dydx_evaluators(ClearingEvaluators& all) {
    all["dydx_margin"] = margin;
    all["dydx_bankruptcy"] = bankruptcy;
    all["dydx_fillable"] = fillable;
    all["dydx_insurance"] = insurance;
    all["dydx_notional_limits"] = notional_limits;
    all["dydx_deleverage"] = deleverage;
    all["dydx_premium"] = premium;
    all["dydx_tails"] = tails;
    all["dydx_funding_index"] = index_change;
    all["dydx_settlement"] = settlement;
    all["dydx_funding_tick"] = funding_tick;
}

}  // namespace margincall::inline vector_check
