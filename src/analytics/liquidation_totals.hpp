// Sums over the liquidation records, true and as the public feeds show them (model.md 10.1). The
// two are never mixed: whoever compares with a published figure takes `reported`.
//
// Every forced reduction of an account counts: filled in the book, taken over, or ended by
// auto-deleveraging of the losing side. Winners closed by auto-deleveraging are not liquidated;
// they are in the ADL records.
#pragma once

#include <cstdint>
#include <optional>

#include "analytics/market_view.hpp"

namespace margincall::inline analytics {

struct SideTotals {
    double long_usd = 0, short_usd = 0;
    std::int64_t accounts = 0;  // distinct rows, each counted with its weight
    [[nodiscard]] double usd() const { return long_usd + short_usd; }
    [[nodiscard]] std::optional<double> long_share() const {
        return usd() > 0 ? std::optional{long_usd / usd()} : std::nullopt;
    }
};

struct LiquidationTotals {
    SideTotals all;              // what happened
    SideTotals reported;         // what the feeds published
    SideTotals full_feed;        // published by the venues that publish everything
    double peak_minute_usd = 0;  // reported, over clock minutes
    double peak_hour_usd = 0;    // reported, over clock hours (UTC)
};

[[nodiscard]] LiquidationTotals liquidation_totals(const MarketView& view, Window window);

}  // namespace margincall::inline analytics
