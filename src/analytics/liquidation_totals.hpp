// Sums over the liquidation records, true and as the public feeds show them (model.md 10.1). The
// two are never mixed: whoever compares with a published figure takes `reported`.
//
// Every forced reduction of an account counts: filled in the book, taken over, or ended by
// auto-deleveraging of the losing side. Winners closed by auto-deleveraging are not liquidated;
// they are in the ADL records.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "analytics/market_view.hpp"

namespace margincall::inline analytics {

struct SideTotals {
    double long_usd = 0, short_usd = 0;
    std::int64_t accounts = 0;  // distinct, each counted with its weight
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

// Which way the notional that left accounts by force went, at one venue in one coin. What a fund,
// engine or outside liquidator sells again of what it took is no liquidation: nothing counts twice.
struct ForcedRoutes {
    std::string venue, coin;
    double book_usd = 0, takeover_usd = 0, adl_usd = 0;
    [[nodiscard]] double usd() const { return book_usd + takeover_usd + adl_usd; }
};
[[nodiscard]] std::vector<ForcedRoutes> forced_routes(const MarketView& view, Window window);

// What auto-deleveraging closed at one venue. A step is the closing of one insolvent position, a
// fill that of one winner against it. Rows count with the weight of their like accounts: a step
// with the insolvent row's, a fill with the winning row's. Public records count fills.
struct AdlCount {
    std::string venue;
    double usd = 0, accounts = 0, steps = 0, fills = 0;  // whole numbers, but as means over paths
};
[[nodiscard]] std::vector<AdlCount> adl_counts(const MarketView& view, Window window);

// What a winner would have had more (negative: less) at the end of the run, had auto-deleveraging not closed this part:
// +-coins (long +, short -) x (last mark of the book - price of the closing), USD; no funding in it. Nothing without
// a mark.
[[nodiscard]] std::optional<double> forgone_usd(const MarketView& view, const AdlRecord& record);
// The same of all closings of a window together; 0 without any.
[[nodiscard]] std::optional<double> adl_forgone_usd(const MarketView& view, Window window);

}  // namespace margincall::inline analytics
