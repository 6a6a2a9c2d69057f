// What happened on the chain of a run, added up from its recorded columns: lending by market, the
// synthetic dollar by venue and pool, what the pools of the incident lost. Definitions:
// docs/metrics.md. Everything covers the whole run, not its day: debts and loans are compared with
// the start.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "analytics/market_view.hpp"

namespace margincall::inline analytics {

// The highest value of a series and where it stood.
struct ReservePeak {
    double value = 0;
    std::int64_t time_ns = 0;
    std::uint8_t token = 0;
};

// One lending market; USD at its oracle's prices.
struct LendingTotals {
    std::uint8_t market = 0;
    double borrowed_start_usd = 0;  // all reserves in the first record
    double liquidated_usd = 0;      // debt that keepers repaid
    double seized_usd = 0;          // collateral they got for it
    std::int64_t calls = 0;
    double deficit_usd = 0;  // written off and not covered, at the end
    ReservePeak utilisation, borrow_apr;

    // Of the borrowings at the start; nothing when nothing was borrowed.
    [[nodiscard]] std::optional<double> liquidated_share() const;
};

// The synthetic dollar on one venue, USD.
struct PegTotals {
    std::uint32_t venue = 0;
    double price_low = 0;
    std::int64_t low_ns = 0;
    double collateral_low = 0;   // least that the venue took it for as margin
    double depth_start_usd = 0;  // resting within 4 %, both sides, first record
    double depth_low_usd = 0;
};

// One pool that an attacker got through.
struct PoolLoss {
    std::uint32_t pool = 0;
    std::int64_t time_ns = 0;
    double stolen_eth = 0;
    double stolen_usd = 0;  // at the reference venue's ether spot price then; NaN without one
};

// One pool over the run, as recorded.
struct PoolTotals {
    std::string name;
    bool of_dollar = false;  // trades the synthetic dollar; the pools of the incident do not
    double price_low = 0;    // USD, or ether per share
    std::int64_t low_ns = 0;
    double traded_usd = 0;
    double invariant_last = 1;  // over its value at the start
};

struct ChainTotals {
    std::vector<LendingTotals> markets;  // in order of their number
    std::vector<PegTotals> venues;       // in order of their number
    std::optional<double> peg_gap;  // largest difference of two venues' prices at one time, USD
    std::vector<PoolLoss> losses;   // of the incident, in order of the pools' number
    std::vector<PoolTotals> pools;  // in the order in which they were recorded

    // Over all lending markets; nothing without one.
    [[nodiscard]] std::optional<double> liquidated_usd() const;
    [[nodiscard]] std::optional<double> liquidated_share() const;
    [[nodiscard]] std::optional<double> deficit_usd() const;
    [[nodiscard]] std::optional<double> utilisation_max() const;
    // Lowest price of the synthetic dollar on any venue, USD.
    [[nodiscard]] std::optional<double> price_low() const;
    // Sum over the pools; zero when no batch earned anything.
    [[nodiscard]] double stolen_usd() const;
};

[[nodiscard]] ChainTotals chain_totals(const MarketView& view);

}  // namespace margincall::inline analytics
