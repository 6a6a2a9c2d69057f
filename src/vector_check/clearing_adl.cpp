// Liquidation steps and fees, insurance funds, auto-deleveraging.
#include <algorithm>

#include "base/json_text.hpp"
#include "rules/adl_allocation.hpp"
#include "rules/insurance_fund.hpp"
#include "rules/liquidation.hpp"
#include "vector_check/clearing_evaluators.hpp"

namespace margincall::inline vector_check {
namespace {

double number(const nlohmann::json& row, const char* key) {
    return decimal_of(row.at(key)).value();
}

void fee(ClearingCase& c) {
    const Decimal value = c.decimal("liquidated_notional");
    const Contract contract{.unit = fraction_power(amount_places - value.places)};
    const Amount charged =
        fee_on(exact_value(contract, Lots::from_raw(1), Ticks::from_raw(narrow_i64(value.digits))),
               c.fraction("rate"));
    c.amount_result("fee", charged.raw(), amount_places);
}

void stage(ClearingCase& c) {
    const VenueRules& rules = venue_rules("hyperliquid");
    const Margin margin{
        .equity = Money::from_raw(narrow_i64(in_units(c.decimal("account_value"), 6))),
        .initial = {},
        .maintenance = Money::from_raw(narrow_i64(in_units(c.decimal("maintenance_margin"), 6)))};
    const char* name = "";
    switch (rest_of(rules, margin, true, false)) {
        case Rest::wait:
            name = margin.equity < margin.maintenance ? "market_orders" : "none";
            break;
        case Rest::take_over:
            name = "backstop";
            break;
        case Rest::queue_adl:
            name = "adl";
            break;
    }
    c.text_result("stage", name);
}

void partial(ClearingCase& c) {
    VenueRules rules = venue_rules("hyperliquid");
    LiquidationRule& row = rules.liquidation;
    if (c.has("threshold")) {
        row.partial_above = Money::from_raw(narrow_i64(in_units(c.decimal("threshold"), 6)));
    }
    // Lots of a micro-dollar.
    Instrument inst;
    inst.tick_value = Money::from_raw(1);
    PositionState state;
    state.qty = Lots::from_raw(narrow_i64(in_units(c.decimal("position_notional"), 6)));
    const Lots first =
        next_order({.inst = &inst}, rules, state, Ticks::from_raw(1), CaseProgress{}).lots;
    const Lots rest = state.qty - first;
    c.amount_result("first_order_notional", first.raw(), 6);
    c.amount_result("order_after_cooldown_notional", rest.raw(), 6);
    c.integer_result(
        "cooldown_seconds",
        rest > Lots{} ? div_round(row.cooldown.raw(), seconds(1).raw(), Round::down) : 0);
}

void fund_flows(ClearingCase& c) {
    Amount fund = money(c.decimal("fund_start"));
    nlohmann::json const want = c.wants("flows") ? c.expected().at("flows") : nlohmann::json{};
    std::size_t n = 0;
    for (const nlohmann::json& row : c.inputs().at("liquidations")) {
        const Decimal size = decimal_of(row.at("size"));
        const Decimal fill = decimal_of(row.at("fill_price"));
        const Decimal bankruptcy = decimal_of(row.at("bankruptcy_price"));
        const int ticks = std::max(fill.places, bankruptcy.places);
        const Contract contract{.unit = fraction_power(amount_places - ticks - size.places)};
        const auto at = [&](const Decimal& price) {
            return Ticks::from_raw(narrow_i64(in_units(price, ticks)));
        };
        // The fund takes the position at the bankruptcy price and sells it at the fill's.
        PortfolioPosition taken;
        taken.qty = Lots::from_raw(narrow_i64(size.digits));
        taken.qty = row.at("side") == "long" ? taken.qty : -taken.qty;
        taken.entry_value = value_at(contract, taken.qty, at(bankruptcy));
        const Amount flow = unrealised(contract, taken, at(fill));
        fund += flow;
        if (n < want.size()) {
            c.compare("flows[" + std::to_string(n) + "]",
                      want[n],
                      static_cast<long double>(flow.raw()) /
                          static_cast<long double>(power_of_ten(amount_places)));
        }
        ++n;
    }
    c.text_result("flows", n == want.size() ? want : nlohmann::json::array());
    c.amount_result("fund_end", fund.raw(), amount_places);
}

void pool_trigger(ClearingCase& c) {
    const AdlRule& row = venue_rules("bybit-uta").adl;
    PeakFallRule rule;
    rule.start = c.has("insurance_pnl_ratio") ? c.fraction("insurance_pnl_ratio")
                                              : from_ppm(-row.drawdown_ppm);
    rule.stop =
        c.has("adl_stop_ratio") ? c.fraction("adl_stop_ratio") : from_ppm(-row.drawdown_stop_ppm);
    rule.least_balance = money(c.decimal("adl_trigger_threshold"));
    const Fraction ratio = c.fraction_or("pnl_ratio", "0");
    const PoolState state = pool_state(rule, money(c.decimal("balance")), ratio);
    VenueRules rules = venue_rules("bybit-uta");
    rules.adl.drawdown_ppm = -to_ppm(rule.start, Round::down);
    rules.adl.drawdown_stop_ppm = -to_ppm(rule.stop, Round::down);
    rules.fund.least_balance =
        Money::from_raw(narrow_i64(in_units(c.decimal("adl_trigger_threshold"), 6)));
    FundHistory history;
    history.balance = Amount::from_raw(in_units(c.decimal("balance"), 6));
    history.peak = Amount::from_raw(ratio.den);
    history.fall = Amount::from_raw(ratio.num);
    c.text_result("triggered", deleverages_fund(rules, history));
    c.text_result("stopped", state == PoolState::stopped);
}

void average_trigger(ClearingCase& c) {
    const AdlRule& row = venue_rules("okx").adl;
    const AverageFallRule rule{
        .share = from_ppm(row.drawdown_ppm),
        .least = Amount::from_raw(row.fall_least.raw() * power_of_ten(amount_places - 6))};
    const Amount average = money(c.decimal("average_8h"));
    c.amount_result("threshold", fall_threshold(rule, average).raw(), amount_places);
    c.text_result("triggered", fallen_below(rule, money(c.decimal("fund_balance")), average));
}

// The ids of a queue whose rows are positions in the list of accounts.
nlohmann::json ids_of(const ClearingCase& c, const std::vector<AdlEntry>& queue) {
    nlohmann::json order = nlohmann::json::array();
    for (const AdlEntry& entry : queue) {
        order.push_back(c.inputs().at("accounts").at(entry.row).at("id"));
    }
    return order;
}
std::string key_of(const nlohmann::json& id) {
    return id.is_string() ? id.get<std::string>() : json_text(id);
}

void ranked(ClearingCase& c, AdlRank rank, const char* scores, std::vector<AdlAccount> accounts) {
    std::vector<AdlEntry> queue;
    for (AdlAccount& account : accounts) {
        account.row = static_cast<std::uint32_t>(queue.size());
        queue.push_back(adl_entry(rank, account));
        const std::string id = key_of(c.inputs().at("accounts").at(account.row).at("id"));
        if (c.wants(scores) && c.expected().at(scores).contains(id)) {
            c.compare(std::string{scores} + "." + id,
                      c.expected().at(scores).at(id),
                      static_cast<long double>(queue.back().score));
        }
    }
    if (c.wants(scores)) {
        c.text_result(scores, c.expected().at(scores));
    }
    std::sort(queue.begin(), queue.end(), ranks_before);
    c.text_result("order", ids_of(c, queue));
}

void rank_by_margin_ratio(ClearingCase& c) {
    std::vector<AdlAccount> accounts;
    for (const nlohmann::json& row : c.inputs().at("accounts")) {
        AdlAccount a;
        a.wallet = number(row, "wallet_balance");
        a.unrealised = number(row, "unrealised_profit");
        a.maintenance = number(row, "maintenance_margin");
        accounts.push_back(a);
    }
    ranked(c, venue_rules("binance-usdm").adl.rank, "scores", accounts);
}

// One account of which only the margin ratio is known; a ratio of 1 leaves the profit share alone.
void rank_of_one(ClearingCase& c) {
    AdlAccount a;
    a.wallet = c.number("wallet_balance");
    a.unrealised = c.number("unrealised_profit");
    const auto score = [&](double margin_ratio) {
        a.maintenance = margin_ratio * (a.wallet + a.unrealised);
        return adl_score(venue_rules("binance-usdm").adl.rank, a);
    };
    c.float_result("pnl_percent", score(1.0));
    c.float_result("leverage_pnl", score(c.number("margin_ratio")));
}

void rank_by_values(ClearingCase& c) {
    std::vector<AdlAccount> accounts;
    for (const nlohmann::json& row : c.inputs().at("accounts")) {
        const double mark = number(row, "mark_value");
        AdlAccount a;
        a.side = mark < 0.0 ? Side::sell : Side::buy;
        a.notional = std::abs(mark);
        a.unrealised = mark - number(row, "entry_value");
        a.wallet = mark - number(row, "bankrupt_value") - a.unrealised;
        accounts.push_back(a);
    }
    ranked(c, venue_rules("bitmex").adl.rank, "scores", accounts);
}

void rank_by_price(ClearingCase& c) {
    std::vector<AdlAccount> accounts;
    for (const nlohmann::json& row : c.inputs().at("accounts")) {
        AdlAccount a;
        a.side = row.at("side") == "long" ? Side::buy : Side::sell;
        a.entry = number(row, "entry_price");
        a.mark = c.number("mark_price");
        a.notional = number(row, "notional_position");
        a.wallet = number(row, "account_value");  // equity; profit is part of it
        accounts.push_back(a);
    }
    ranked(c, venue_rules("hyperliquid").adl.rank, "index", accounts);
}

// Whole positions by a printed ranking, lights by cumulated size.
void queue_fill(ClearingCase& c) {
    int size_places = c.decimal("liquidated_size").places;
    for (const nlohmann::json& row : c.inputs().at("accounts")) {
        size_places = std::max(size_places, decimal_of(row.at("quantity")).places);
    }
    std::vector<AdlCandidate> candidates;
    for (const nlohmann::json& row : c.inputs().at("accounts")) {
        AdlCandidate candidate;
        candidate.account.row = static_cast<std::uint32_t>(candidates.size());
        candidate.size =
            Lots::from_raw(narrow_i64(in_units(decimal_of(row.at("quantity")), size_places)));
        // The ranking is printed: an account whose leverage is that number.
        candidate.account.wallet = 1.0;
        candidate.account.notional = number(row, "pnl_ranking");
        candidates.push_back(candidate);
    }
    const AdlAllocation closing = allocate_adl(
        AdlRank::leverage_only,
        candidates,
        Lots::from_raw(narrow_i64(in_units(c.decimal("liquidated_size"), size_places))));
    c.text_result("order", ids_of(c, closing.ranked));
    const std::vector<std::uint32_t> lights = adl_lights(closing, candidates);
    for (std::size_t k = 0; k < closing.ranked.size(); ++k) {
        const std::uint32_t row = closing.ranked[k].row;
        const std::string id = key_of(c.inputs().at("accounts").at(row).at("id"));
        const auto taken = std::find_if(
            closing.from.begin(), closing.from.end(), [&](const auto& t) { return t.row == row; });
        const std::int64_t lots = taken == closing.from.end() ? 0 : taken->lots.raw();
        const auto part = [&](const char* key, i128 value, int digits) {
            if (c.wants(key)) {
                c.compare(std::string{key} + "." + id,
                          c.expected().at(key).at(id),
                          static_cast<long double>(value) /
                              static_cast<long double>(power_of_ten(digits)));
            }
        };
        part("percentile", i128{lights[k]} * 20, 0);
        part("closed", lots, size_places);
        part("remaining", candidates[row].size.raw() - lots, size_places);
    }
    for (const char* const key : {"percentile", "closed", "remaining"}) {
        if (c.wants(key)) {
            c.text_result(key, c.expected().at(key));  // compared one by one above
        }
    }
    // Closed at the bankruptcy price, as the row says.
    const Decimal bankruptcy = c.decimal("bankruptcy_price");
    AdlPrices prices;
    prices.bankruptcy = prices.mark = Ticks::from_raw(narrow_i64(bankruptcy.digits));
    c.ratio_result("price",
                   adl_price(venue_rules("bitmex").adl.price, Side::buy, prices).raw(),
                   power_of_ten(bankruptcy.places));
}

}  // namespace

void add_adl_evaluators(ClearingEvaluators& all) {
    all["liqfee"] = fee;
    all["hl_stage"] = stage;
    all["hl_partial"] = partial;
    all["insurance_flow"] = fund_flows;
    all["bybit_adl_trigger"] = pool_trigger;
    all["okx_adl_trigger"] = average_trigger;
    all["binance_adl_order"] = rank_by_margin_ratio;
    all["binance_adl"] = rank_of_one;
    all["bitmex_adl_order"] = rank_by_values;
    all["hyperliquid_adl_order"] = rank_by_price;
    all["adl_queue_fill"] = queue_fill;
}

}  // namespace margincall::inline vector_check
