// A small market for the population's tests: four coins, three perp venues with simplified tier
// tables (Binance BTCUSDT of 9 October 2025, first steps; Hyperliquid's BTC table).
#pragma once

#include <array>
#include <cmath>
#include <string>
#include <vector>

#include "agents/population.hpp"
#include "base/random.hpp"
#include "plan/plan.hpp"

namespace margincall::population_test {

inline Money usd(double value) {
    return Money::from_raw(std::llround(value * 1e6));
}

inline MarginTiers make_tiers(const std::vector<std::array<double, 4>>& rows) {
    MarginTiers out;
    double deduction = 0.0;
    double previous = 0.0;
    for (const auto& [floor, cap, rate, leverage] : rows) {
        deduction += floor * (rate - previous);
        previous = rate;
        out.push_back({.floor = usd(floor),
                       .cap = usd(cap),
                       .mmr_ppm = std::llround(rate * 1e6),
                       .leverage_max = std::llround(leverage),
                       .deduction = usd(deduction)});
    }
    return out;
}

inline MarginTiers central_tiers() {
    return make_tiers({{0, 300e3, 0.004, 150},
                       {300e3, 800e3, 0.005, 100},
                       {800e3, 3e6, 0.0065, 75},
                       {3e6, 12e6, 0.01, 50},
                       {12e6, 70e6, 0.02, 25},
                       {70e6, 230e6, 0.05, 10},
                       {230e6, 1.8e9, 0.1, 5}});
}
inline MarginTiers tail_tiers() {
    return make_tiers({{0, 50e3, 0.01, 50},
                       {50e3, 500e3, 0.02, 25},
                       {500e3, 5e6, 0.05, 10},
                       {5e6, 50e6, 0.125, 4}});
}
inline MarginTiers chain_tiers() {
    return make_tiers({{0, 150e6, 0.0125, 40}, {150e6, 1e9, 0.025, 20}});
}

struct Coin {
    std::string name;
    double price, open_interest, volatility, tick, lot;
    bool tail;
};
inline const std::vector<Coin>& november_coins() {
    static const std::vector<Coin> coins = {
        {"BTC", 110'495, 70.1e9, 0.022, 0.1, 0.001, false},
        {"ETH", 3'905, 45.8e9, 0.038, 0.01, 0.001, false},
        {"SOL", 187.6, 10.6e9, 0.045, 0.01, 0.01, false},
        {"TAIL", 0.2, 4.0e9, 0.055, 0.00001, 1.0, true},
    };
    return coins;
}

inline Plan make_market(const std::vector<Coin>& coins = november_coins()) {
    struct Venue {
        const char* name;
        double share;
        bool chain;
    };
    const std::vector<Venue> venues = {{"A", 0.5, false}, {"B", 0.4, false}, {"H", 0.1, true}};
    Plan plan;
    plan.seed = 7;
    for (const Venue& v : venues) {
        VenuePlan venue;
        venue.name = v.name;
        venue.oi_share = v.share;
        plan.venues.push_back(venue);
    }
    for (std::uint16_t asset = 0; asset < coins.size(); ++asset) {
        const Coin& coin = coins[asset];
        AssetPlan a;
        a.name = coin.name;
        a.price = coin.price;
        a.open_interest = coin.open_interest;
        a.volatility = coin.volatility;
        a.tail = coin.tail;
        plan.assets.push_back(a);
        for (std::uint16_t venue = 0; venue < venues.size(); ++venue) {
            InstrumentPlan ip;
            ip.name = std::string{venues[venue].name} + ":" + coin.name + "-PERP";
            ip.instrument = {
                .id = InstrumentId::from_raw(static_cast<std::uint32_t>(plan.instruments.size())),
                .venue = VenueId::from_raw(venue),
                .base = AssetId::from_raw(asset),
                .kind = InstrumentKind::linear_perp,
                .tick_value = usd(coin.tick * coin.lot),
                .tick_usd = coin.tick,
                .lot_base = coin.lot,
                .lot_amount = {},
                .price_max = Ticks::from_raw(100'000'000),
                .qty_max = Lots::from_raw(std::int64_t{1} << 40)};
            ip.tiers = venues[venue].chain ? chain_tiers()
                       : coin.tail         ? tail_tiers()
                                           : central_tiers();
            plan.instruments.push_back(ip);
        }
    }
    return plan;
}

// A month of half-hour prices: driftless, ending at the asset's price, the same shocks for all
// coins.
inline void add_history(Plan& plan, double drift_per_day = 0.0, std::size_t days = 35) {
    Rng rng{1, 2, Purpose::test};
    const std::size_t n = days * 48 + 1;
    std::vector<double> shock(n);
    for (double& z : shock) {
        z = rng.normal();
    }
    plan.history.price.clear();
    for (const AssetPlan& asset : plan.assets) {
        std::vector<double> price(n, asset.price);
        for (std::size_t k = n - 1; k-- > 0;) {
            price[k] = price[k + 1] * std::exp(-drift_per_day / 48.0 -
                                               asset.volatility / std::sqrt(48.0) * shock[k]);
        }
        plan.history.price.push_back(price);
    }
}

}  // namespace margincall::population_test
