#include "report/defi_data.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <map>
#include <nlohmann/json.hpp>
#include <utility>

#include "analytics/chain_totals.hpp"
#include "report/chain_words.hpp"
#include "report/json_values.hpp"
#include "report/report_data.hpp"

namespace margincall::inline report {
namespace {

using Json = nlohmann::ordered_json;

// --- who borrows what: shares of all borrowings, with where each share comes from ---

Json mix_json(const Plan& plan) {
    const LendingPlan& lending = plan.defi.lending;
    struct Part {
        const char* key;
        const char* name;
        double share;
    };
    const std::array parts = {
        Part{"eth_loops", "ether against staked ether (loops)", lending.eth_loops},
        Part{"dollar_loops", "dollars against synthetic dollars (loops)", lending.dollar_loops},
        Part{"eth_backed", "dollars against ether", lending.eth_backed},
        Part{"btc_backed", "dollars against bitcoin", lending.btc_backed}};
    double sum = 0;
    for (const Part& part : parts) {
        sum += part.share;
    }
    Json rows = Json::array();
    if (lending.borrowed <= 0 || sum <= 0) {
        return rows;
    }
    for (const Part& part : parts) {
        const std::string key = std::string{"defi.lending."} + part.key;
        const auto note = std::ranges::find(plan.inputs, key, &InputNote::key);
        const bool noted = note != plan.inputs.end();
        rows.push_back({{"name", part.name},
                        {"share", part.share / sum},
                        {"status", noted ? note->status : ""},
                        {"source", noted ? note->source : ""}});
    }
    return rows;
}

// --- debt by health factor ---

Json health_snapshot_json(const MarketView& view, std::int64_t time_ns, const char* label) {
    SeriesColumn low;
    SeriesColumn high;
    SeriesColumn debt;
    for (const HealthRecord& bin : view.recorder().health()) {
        if (bin.time_ns == time_ns) {
            low.push_back(bin.health_low);
            high.push_back(bin.health_high);
            debt.push_back(bin.debt_usd);
        }
    }
    return {{"label", label},
            {"time_s", seconds_of(time_ns)},
            {"low", encode_column(low)},
            {"high", encode_column(high)},
            {"debt", encode_column(debt)}};
}

// Before, at the snapshot nearest ether's low, and after.
Json health_json(const MarketView& view) {
    std::vector<std::int64_t> times;
    for (const HealthRecord& bin : view.recorder().health()) {
        if (times.empty() || times.back() != bin.time_ns) {
            times.push_back(bin.time_ns);
        }
    }
    Json out = Json::array();
    if (times.empty()) {
        return out;
    }
    out.push_back(health_snapshot_json(view, times.front(), "before"));
    const auto ether = view.asset("ETH");
    const auto low = ether ? low_time(view, *ether) : std::nullopt;
    if (low && times.size() > 2) {
        const auto nearest = std::ranges::min_element(
            times, {}, [low](std::int64_t t) { return std::abs(t - *low); });
        if (*nearest != times.front() && *nearest != times.back()) {
            out.push_back(health_snapshot_json(view, *nearest, "at ether's low"));
        }
    }
    if (times.size() > 1) {
        out.push_back(health_snapshot_json(view, times.back(), "after"));
    }
    return out;
}

// --- lending ---

Json peak_json(const ReservePeak& peak) {
    return {{"value", peak.value},
            {"token", chain_token_name(peak.token)},
            {"time_s", seconds_of(peak.time_ns)}};
}

Json markets_json(const ChainTotals& totals) {
    Json rows = Json::array();
    for (const LendingTotals& market : totals.markets) {
        const auto share = market.liquidated_share();
        rows.push_back({{"name", lending_market_name(market.market)},
                        {"borrowed_start_usd", market.borrowed_start_usd},
                        {"liquidated_usd", market.liquidated_usd},
                        {"liquidated_share", share ? Json(*share) : Json(nullptr)},
                        {"seized_usd", market.seized_usd},
                        {"calls", market.calls},
                        {"deficit_usd", market.deficit_usd},
                        {"utilisation_max", peak_json(market.utilisation)},
                        {"borrow_apr_max", peak_json(market.borrow_apr)}});
    }
    return rows;
}

struct ReserveSeries {
    SeriesColumn utilisation, borrow_apr;
    bool borrowed = false;
};

// Reserves that somebody borrowed from at any time.
Json reserves_json(const MarketView& view, const TimeGrid& grid) {
    std::map<std::pair<std::uint8_t, std::uint8_t>, ReserveSeries> reserves;
    const SeriesColumn empty(grid.count, no_value);
    for (const LendingRecord& record : view.recorder().lending()) {
        ReserveSeries& reserve =
            reserves.try_emplace({record.market, record.token}, ReserveSeries{empty, empty, false})
                .first->second;
        const std::size_t k = grid.slot(record.time_ns);
        reserve.utilisation[k] = record.utilisation;
        reserve.borrow_apr[k] = record.borrow_apr;
        reserve.borrowed = reserve.borrowed || record.borrowed_usd > 0;
    }
    Json rows = Json::array();
    for (const auto& [key, reserve] : reserves) {
        if (reserve.borrowed) {
            rows.push_back({{"market", lending_market_name(key.first)},
                            {"token", chain_token_name(key.second)},
                            {"utilisation", encode_column(reserve.utilisation)},
                            {"borrow_apr", encode_column(reserve.borrow_apr)}});
        }
    }
    return rows;
}

// Calls of keepers and debts written off, all markets, USD.
Json chain_liquidations_json(const MarketView& view, const TimeGrid& grid) {
    const SeriesColumn zero(grid.count, view.recorder().lending().empty() ? no_value : 0.0);
    SeriesColumn repaid = zero;
    SeriesColumn seized = zero;
    for (const ChainLiquidationRecord& call : view.recorder().chain_liquidations()) {
        const std::size_t k = grid.slot(call.time_ns);
        repaid[k] += call.debt_usd;
        seized[k] += call.seized_usd;
    }
    SeriesColumn deficit(grid.count, no_value);
    std::map<std::pair<std::uint8_t, std::uint8_t>, double> last;
    for (const LendingRecord& record : view.recorder().lending()) {
        last[{record.market, record.token}] = record.deficit_usd;
        double& sum = deficit[grid.slot(record.time_ns)];
        sum = 0;
        for (const auto& [reserve, usd] : last) {
            sum += usd;
        }
    }
    return {{"repaid", encode_column(repaid)},
            {"seized", encode_column(seized)},
            {"deficit", encode_column(deficit)}};
}

// --- the synthetic dollar ---

Json venues_json(const MarketView& view, const ChainTotals& totals, const TimeGrid& grid) {
    Json rows = Json::array();
    for (const PegTotals& venue : totals.venues) {
        SeriesColumn low(grid.count, no_value);
        SeriesColumn collateral(grid.count, no_value);
        SeriesColumn depth(grid.count, no_value);
        for (const PegRecord& record : view.recorder().peg()) {
            if (record.venue != venue.venue) {
                continue;
            }
            const std::size_t k = grid.slot(record.time_ns);
            low[k] = std::isfinite(low[k]) ? std::min(low[k], record.price_low) : record.price_low;
            collateral[k] = std::isfinite(collateral[k])
                                ? std::min(collateral[k], record.collateral_price)
                                : record.collateral_price;
            depth[k] = record.depth_usd;
        }
        rows.push_back({{"venue", view.plan().venues[venue.venue].name},
                        {"rule", collateral_rule_name(view.plan(), venue.venue)},
                        {"price_low", venue.price_low},
                        {"low_s", seconds_of(venue.low_ns)},
                        {"collateral_low", venue.collateral_low},
                        {"depth_start_usd", venue.depth_start_usd},
                        {"depth_low_usd", venue.depth_low_usd},
                        {"low", encode_column(low)},
                        {"collateral", encode_column(collateral)},
                        {"depth", encode_column(depth)}});
    }
    return rows;
}

Json peg_json(const MarketView& view, const ChainTotals& totals, const TimeGrid& grid) {
    if (totals.venues.empty()) {
        return nullptr;
    }
    const auto records = view.recorder().peg();
    return {{"asset", view.plan().defi.usde.asset},
            {"gap_max", totals.peg_gap ? Json(*totals.peg_gap) : Json(nullptr)},
            {"forced_sales_usd", records.back().sold_usd},
            {"venues", venues_json(view, totals, grid)}};
}

// --- pools ---

// Those of the synthetic dollar with their prices, all with their invariants.
Json pools_json(const MarketView& view, const ChainTotals& totals, const TimeGrid& grid) {
    Json rows = Json::array();
    for (const PoolTotals& pool : totals.pools) {
        SeriesColumn price(grid.count, no_value);
        SeriesColumn invariant(grid.count, no_value);
        for (const PoolRecord& record : view.recorder().pools()) {
            if (pool.name != record.pool) {
                continue;
            }
            const std::size_t k = grid.slot(record.time_ns);
            price[k] = std::isfinite(price[k]) ? std::min(price[k], record.price) : record.price;
            invariant[k] = record.invariant;
        }
        rows.push_back({{"name", pool.name},
                        {"of_dollar", pool.of_dollar},
                        {"price_low", pool.price_low},
                        {"low_s", seconds_of(pool.low_ns)},
                        {"traded_usd", pool.traded_usd},
                        {"invariant_last", pool.invariant_last},
                        {"price", encode_column(pool.of_dollar ? price : SeriesColumn{})},
                        {"invariant", encode_column(invariant)}});
    }
    return rows;
}

// --- the incident ---

Json attacked_pool_json(const MarketView& view, const PoolLoss& loss) {
    SeriesColumn stage;
    SeriesColumn invariant;
    SeriesColumn share;
    for (const IncidentRecord& step : view.recorder().incident()) {
        if (step.pool == loss.pool) {
            stage.push_back(step.stage);
            invariant.push_back(step.invariant);
            share.push_back(step.share_rate);
        }
    }
    return {{"name", incident_pool_name(loss.pool)},
            {"time_s", seconds_of(loss.time_ns)},
            {"stolen_eth", loss.stolen_eth},
            {"stolen_usd", number_or_null(loss.stolen_usd)},
            {"stage", encode_column(stage)},
            {"invariant", encode_column(invariant)},
            {"share", encode_column(share)}};
}

// null when no attacker acts in the scenario.
Json incident_json(const MarketView& view, const ChainTotals& totals) {
    const Plan& plan = view.plan();
    const auto hack = std::ranges::find(plan.events, EventType::hack, &EventPlan::type);
    if (hack == plan.events.end()) {
        return nullptr;
    }
    Json pools = Json::array();
    for (const PoolLoss& loss : totals.losses) {
        pools.push_back(attacked_pool_json(view, loss));
    }
    const double stolen = totals.stolen_usd();
    return {
        {"event", hack->name},
        {"rounding", plan.defi.balancer.rounding == PoolRounding::flawed ? "flawed" : "corrected"},
        {"paused", plan.defi.balancer.paused},
        {"stolen_usd", number_or_null(stolen)},
        {"reported_usd", hack->reported_usd},
        // Without a success of the batch nothing is sold, and there is no remainder either.
        {"remainder_usd",
         number_or_null(stolen > 0 ? std::max(hack->reported_usd - stolen, 0.0) : 0.0)},
        {"pools", std::move(pools)}};
}

}  // namespace

nlohmann::ordered_json defi_json(const MarketView& view, const TimeGrid& grid) {
    if (!view.plan().defi.enabled) {
        return nullptr;
    }
    const ChainTotals totals = chain_totals(view);
    Json out;
    out["mix"] = mix_json(view.plan());
    out["health"] = health_json(view);
    out["markets"] = markets_json(totals);
    out["reserves"] = reserves_json(view, grid);
    out["liquidations"] = chain_liquidations_json(view, grid);
    out["peg"] = peg_json(view, totals, grid);
    out["pools"] = pools_json(view, totals, grid);
    out["incident"] = incident_json(view, totals);
    return out;
}

}  // namespace margincall::inline report
