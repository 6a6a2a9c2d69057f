// The headline metrics: the contract of summary.json and of [observed] in scenarios, with the unit
// and the counting rule of each. An observed name that is not here is an error. docs/metrics.md and
// `margincall schema` show this table; the code that computes them: src/analytics/summary.cpp.
// Falls are negative fractions, shares are fractions.
#pragma once

#include <array>
#include <cstddef>
#include <string_view>

namespace margincall::inline sim {

// What a metric is measured in; decides how people see it.
enum class MetricUnit : unsigned char {
    usd_price,
    usd,
    fraction,
    rate,
    bps,
    accounts,
    steps,
    fills,
    index,
    ratio,
    hours,
    minutes,
};

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
        case MetricUnit::accounts:
            return "accounts";
        case MetricUnit::steps:
            return "steps";
        case MetricUnit::fills:
            return "fills";
        case MetricUnit::index:
            return "0-100";
        case MetricUnit::ratio:
            return "ratio";
        case MetricUnit::hours:
            return "hours since the start";
        case MetricUnit::minutes:
            return "minutes";
    }
    return "";
}

// What a run must have for the metric to mean anything. A row of the chain is left out where people
// read the figures of a run without one; files keep it, without a value. A moment is a time that belongs to
// another figure, beside which people read it; it has no row of its own there.
enum class MetricScope : unsigned char { venues, chain, moment };

struct MetricName {
    std::string_view name;
    MetricUnit unit = MetricUnit::usd;
    std::string_view label;   // what people read
    std::string_view counts;  // what is counted and how
    std::string_view over;    // where; when
    MetricScope scope = MetricScope::venues;
};

// clang-format off
inline constexpr std::array metric_names = {
    MetricName{"btc_open", MetricUnit::usd_price, "BTC open", "open of the first bar with a price", "BTC spot, reference venue; day"},
    MetricName{"btc_low", MetricUnit::usd_price, "BTC low", "lowest trade", "BTC spot, reference venue; day"},
    MetricName{"btc_close", MetricUnit::usd_price, "BTC close", "last trade at the end of the window; no data if the run ends before", "BTC spot, reference venue; day"},
    MetricName{"btc_fall_open_to_low", MetricUnit::fraction, "BTC fall from open to low", "btc_low / btc_open - 1", "BTC spot, reference venue; day"},
    MetricName{"btc_worst_hour", MetricUnit::fraction, "BTC worst hour", "smallest over clock hours (UTC) of lowest trade so far / open of the hour - 1", "BTC spot, reference venue; day"},
    MetricName{"btc_rebound_1h", MetricUnit::fraction, "BTC rebound one hour after the low", "close one hour after the end of the bar with the low / btc_low - 1; may lie after the day; no data if the run ends before", "BTC spot, reference venue; from the low"},
    MetricName{"eth_low", MetricUnit::usd_price, "ETH low", "lowest trade", "ETH spot, reference venue; day"},
    MetricName{"eth_fall_open_to_low", MetricUnit::fraction, "ETH fall from open to low", "lowest trade / open - 1", "ETH spot, reference venue; day"},
    MetricName{"liquidated_true_usd", MetricUnit::usd, "liquidated (true)", "all liquidations: notional of every forced reduction, filled in the book, taken over by fund, engine or vault, or ended by auto-deleveraging of the loser; the sale of what was taken over is not one, nor are winners closed", "all perps; day"},
    MetricName{"liquidated_reported_usd", MetricUnit::usd, "liquidated (reported)", "reported feed: notional of the published forced reductions; a throttled venue publishes the last order per second and symbol", "all perps; day"},
    MetricName{"long_share_true", MetricUnit::fraction, "long share (true)", "all liquidations: notional of longs / notional of all", "all perps; day"},
    MetricName{"long_share_reported", MetricUnit::fraction, "long share (reported)", "reported feed: notional of longs / notional of all", "all perps; day"},
    MetricName{"long_share_full_feed", MetricUnit::fraction, "long share (full-feed venues)", "reported feed of the venues that publish everything: notional of longs / notional of all", "perps of those venues; day"},
    MetricName{"accounts_true", MetricUnit::accounts, "accounts liquidated (true)", "weighted accounts with at least one forced reduction: a row counts once, with its weight", "all perps; day"},
    MetricName{"accounts_reported", MetricUnit::accounts, "accounts liquidated (reported)", "reported feed: weighted accounts with at least one published reduction", "all perps; day"},
    MetricName{"peak_minute_usd", MetricUnit::usd, "liquidated in the worst minute (reported)", "reported feed: largest notional of a clock minute", "all perps; day"},
    MetricName{"peak_hour_usd", MetricUnit::usd, "liquidated in the worst hour (reported)", "reported feed: largest notional of a clock hour (UTC)", "all perps; day"},
    MetricName{"volume_usd", MetricUnit::usd, "traded", "notional of all trades, forced ones among them, each once", "all books; day"},
    MetricName{"depth_1pct_min_usd", MetricUnit::usd, "bids within 1 % at the thinnest, USD", "smallest sample of the USD bid within 1 % of mid", "BTC perp, reference venue, bids; day"},
    MetricName{"depth_1pct_min_share", MetricUnit::fraction, "bids within 1 % at the thinnest", "smallest sample of the USD bid within 1 % of mid / mean of the samples of the first two hours of the run", "BTC perp, reference venue, bids; day"},
    MetricName{"depth_4pct_min_share", MetricUnit::fraction, "bids within 4 % at the thinnest", "smallest sample of the USD bid within 4 % of mid / mean of the samples of the first two hours of the run", "BTC perp, reference venue, bids; day"},
    MetricName{"depth_1pct_thin_minutes", MetricUnit::minutes, "time with thin bids within 1 %", "length of the bars that end with a USD bid within 1 % of mid below half of its mean over the first two hours of the run", "BTC perp, reference venue, bids; day"},
    MetricName{"depth_1pct_recovery_minutes", MetricUnit::minutes, "thinnest bids within 1 % until half back", "from the end of the bar with depth_1pct_min_usd to the end of the first, itself or later, that ends with half of the mean over the first two hours of the run or more; may lie after the day; no data if the run ends before", "BTC perp, reference venue, bids; from the thinnest"},
    MetricName{"spread_mean_bps", MetricUnit::bps, "BTC spread, mean", "(ask - bid) / mid at the end of a bar, mean over the bars that have both", "BTC perp, reference venue; day"},
    MetricName{"spread_max_bps", MetricUnit::bps, "BTC spread at the widest", "largest sampled (ask - bid) / mid", "BTC perp, reference venue; day"},
    MetricName{"funding_btc_min", MetricUnit::rate, "BTC funding at the lowest print", "smallest settled rate", "BTC perp, reference venue; day"},
    MetricName{"funding_btc_last", MetricUnit::rate, "BTC funding at the last print", "last settled rate of the run", "BTC perp, reference venue; run"},
    MetricName{"oi_btc_change", MetricUnit::fraction, "BTC open interest change in coins", "open interest at the end / at the beginning - 1, in coins, one side", "BTC perps, all venues; day"},
    MetricName{"oi_eth_change", MetricUnit::fraction, "ETH open interest change in coins", "open interest at the end / at the beginning - 1, in coins, one side", "ETH perps, all venues; day"},
    MetricName{"venue_gap_max", MetricUnit::fraction, "largest gap between venues", "largest over bars of highest / lowest close - 1, among the venues that traded in the bar (two or more)", "BTC perps; day"},
    MetricName{"perp_spot_gap_min", MetricUnit::fraction, "deepest perp discount to spot", "smallest over bars of the perp's low / the spot's low - 1", "BTC perp and spot, reference venue; day"},
    MetricName{"adl_usd", MetricUnit::usd, "auto-deleveraged", "notional of winning positions closed by auto-deleveraging", "all perps; day"},
    MetricName{"adl_accounts", MetricUnit::accounts, "auto-deleveraged winners", "weighted accounts with at least one closing: a row counts once, with its weight", "all perps; day"},
    MetricName{"adl_steps", MetricUnit::steps, "auto-deleveraging steps", "closings of one insolvent position: a row stands for as many as its weight, a fund for one", "all perps; day"},
    MetricName{"adl_fills", MetricUnit::fills, "auto-deleveraging fills", "closings of one winner against one insolvent position: a winning row stands for as many as its weight", "all perps; day"},
    MetricName{"adl_forgone_usd", MetricUnit::usd, "profit forgone by auto-deleveraged winners", "coins closed x (last mark of the run - price of the closing), of longs; of shorts the opposite; negative: they would have had less; no funding", "all perps; closings of the day, mark at the end of the run"},
    MetricName{"fund_min_usd", MetricUnit::usd, "insurance fund at the lowest", "lowest cash balance of the insurance fund; positions it has taken over are not marked in it", "reference venue; run"},
    MetricName{"fund_draw_usd", MetricUnit::usd, "insurance funds, most that they were down", "cash at the start less the lowest cash balance, summed over the venues' funds; positions they have taken over are not marked in it", "all venues; run"},
    MetricName{"bad_debt_usd", MetricUnit::usd, "bad debt", "losses that no margin and no fund covered, cumulative to the end", "all venues; run"},
    MetricName{"sentiment_last", MetricUnit::index, "sentiment index at the last print", "last printed sentiment index", "market; run"},
    MetricName{"reproduction_max", MetricUnit::ratio, "R of forced selling at its highest", "largest sample, once a bar, of the local reproduction number of liquidations (spectral radius over the coins); samples where something would be closed and nothing bids are left out", "all venues; day"},
    MetricName{"reproduction_max_at", MetricUnit::hours, "R of forced selling at its highest, when", "time of reproduction_max", "all venues; day", MetricScope::moment},
    MetricName{"reproduction_btc_max", MetricUnit::ratio, "R of forced selling in BTC alone at its highest", "largest sample, once a bar, of what the next half percent of BTC sets off in BTC over what bids there", "BTC, all venues; day"},
    MetricName{"defi_liquidated_usd", MetricUnit::usd, "liquidated on chain (debt)", "debt that keepers repaid", "all lending markets; run", MetricScope::chain},
    MetricName{"defi_liquidated_share", MetricUnit::fraction, "share of borrowings liquidated on chain", "debt that keepers repaid / what was borrowed in the first bar", "all lending markets; run", MetricScope::chain},
    MetricName{"defi_bad_debt_usd", MetricUnit::usd, "bad debt on chain", "debt written off and not covered, at the end; a shortfall that nobody has written off is not in it", "all lending markets; run", MetricScope::chain},
    MetricName{"defi_utilisation_max", MetricUnit::fraction, "lending reserve at its fullest use", "largest borrowed / supplied at the end of a bar", "every reserve; run", MetricScope::chain},
    MetricName{"usde_low_min", MetricUnit::usd_price, "synthetic dollar, lowest price", "lowest price in a block: mid of the venue's book, or its last trade when a side is empty", "synthetic dollar, all venues; run", MetricScope::chain},
    MetricName{"usde_gap_max", MetricUnit::usd_price, "synthetic dollar, largest gap between venues", "largest over bars of highest - lowest price at the end of the bar, with two venues or more", "synthetic dollar; run", MetricScope::chain},
    MetricName{"incident_loss_usd", MetricUnit::usd, "drained from the pools", "ether worth of what the attacker took from the two pools x last trade of ETH spot on the reference venue before; 0 when they held; the rest of a reported sum is not in it", "pools of the incident; run", MetricScope::chain},
};
// clang-format on

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
