// The names of the headline metrics: the contract of summary.json and of [observed] in scenarios.
// An observed name that is not here is an error. Formulas and windows: docs/metrics.md; the code
// that computes them: src/analytics/summary.cpp. Falls are negative fractions, shares are
// fractions.
#pragma once

#include <array>
#include <cstddef>
#include <string_view>

namespace margincall::inline sim {

// What a metric is measured in; decides how people see it.
enum class MetricUnit : unsigned char { usd_price, usd, fraction, rate, bps, count, index };

[[nodiscard]] constexpr std::string_view unit_name(MetricUnit unit) {
    switch (unit) {
        case MetricUnit::usd_price:
            return "USD per coin";
        case MetricUnit::usd:
            return "USD";
        case MetricUnit::fraction:
            return "fraction";
        case MetricUnit::rate:
            return "fraction per interval";
        case MetricUnit::bps:
            return "bps";
        case MetricUnit::count:
            return "count";
        case MetricUnit::index:
            return "0-100";
    }
    return "";
}

// What a run must have for the metric to mean anything. A row of the chain is left out where people
// read the figures of a run without one; files keep it, without a value.
enum class MetricScope : unsigned char { venues, chain };

struct MetricName {
    std::string_view name;
    MetricUnit unit = MetricUnit::usd;
    std::string_view label;  // what people read
    MetricScope scope = MetricScope::venues;
};

inline constexpr std::array metric_names = {
    MetricName{"btc_open", MetricUnit::usd_price, "BTC open"},
    MetricName{"btc_low", MetricUnit::usd_price, "BTC low"},
    MetricName{"btc_close", MetricUnit::usd_price, "BTC close"},
    MetricName{"btc_fall_open_to_low", MetricUnit::fraction, "BTC fall from open to low"},
    MetricName{"btc_worst_hour", MetricUnit::fraction, "BTC worst hour"},
    MetricName{"btc_rebound_1h", MetricUnit::fraction, "BTC rebound one hour after the low"},
    MetricName{"eth_low", MetricUnit::usd_price, "ETH low"},
    MetricName{"eth_fall_open_to_low", MetricUnit::fraction, "ETH fall from open to low"},
    MetricName{"liquidated_true_usd", MetricUnit::usd, "liquidated (true)"},
    MetricName{"liquidated_reported_usd", MetricUnit::usd, "liquidated (reported)"},
    MetricName{"long_share_true", MetricUnit::fraction, "long share (true)"},
    MetricName{"long_share_reported", MetricUnit::fraction, "long share (reported)"},
    MetricName{"long_share_full_feed", MetricUnit::fraction, "long share (full-feed venues)"},
    MetricName{"accounts_true", MetricUnit::count, "accounts liquidated (true)"},
    MetricName{"accounts_reported", MetricUnit::count, "accounts liquidated (reported)"},
    MetricName{"peak_minute_usd", MetricUnit::usd, "liquidated in the worst minute (reported)"},
    MetricName{"peak_hour_usd", MetricUnit::usd, "liquidated in the worst hour (reported)"},
    MetricName{"depth_1pct_min_share", MetricUnit::fraction, "bids within 1 % at the thinnest"},
    MetricName{"depth_4pct_min_share", MetricUnit::fraction, "bids within 4 % at the thinnest"},
    MetricName{"spread_max_bps", MetricUnit::bps, "BTC spread at the widest"},
    MetricName{"funding_btc_min", MetricUnit::rate, "BTC funding at the lowest print"},
    MetricName{"funding_btc_last", MetricUnit::rate, "BTC funding at the last print"},
    MetricName{"oi_btc_change", MetricUnit::fraction, "BTC open interest change in coins"},
    MetricName{"oi_eth_change", MetricUnit::fraction, "ETH open interest change in coins"},
    MetricName{"venue_gap_max", MetricUnit::fraction, "largest gap between venues"},
    MetricName{"perp_spot_gap_min", MetricUnit::fraction, "deepest perp discount to spot"},
    MetricName{"adl_usd", MetricUnit::usd, "auto-deleveraged"},
    MetricName{"adl_events", MetricUnit::count, "auto-deleveraging steps"},
    MetricName{"fund_min_usd", MetricUnit::usd, "insurance fund at the lowest"},
    MetricName{"bad_debt_usd", MetricUnit::usd, "bad debt"},
    MetricName{"sentiment_last", MetricUnit::index, "sentiment index at the last print"},
    MetricName{
        "defi_liquidated_usd", MetricUnit::usd, "liquidated on chain (debt)", MetricScope::chain},
    MetricName{"defi_liquidated_share",
               MetricUnit::fraction,
               "share of borrowings liquidated on chain",
               MetricScope::chain},
    MetricName{"defi_bad_debt_usd", MetricUnit::usd, "bad debt on chain", MetricScope::chain},
    MetricName{"defi_utilisation_max",
               MetricUnit::fraction,
               "lending reserve at its fullest use",
               MetricScope::chain},
    MetricName{"usde_low_min",
               MetricUnit::usd_price,
               "synthetic dollar, lowest price",
               MetricScope::chain},
    MetricName{"usde_gap_max",
               MetricUnit::usd_price,
               "synthetic dollar, largest gap between venues",
               MetricScope::chain},
    MetricName{"incident_loss_usd", MetricUnit::usd, "drained from the pools", MetricScope::chain},
};

// Row of `metric_names`, or -1.
[[nodiscard]] constexpr int metric_index(std::string_view name) {
    for (std::size_t i = 0; i < metric_names.size(); ++i) {
        if (metric_names[i].name == name) {
            return static_cast<int>(i);
        }
    }
    return -1;
}

}  // namespace margincall::inline sim
