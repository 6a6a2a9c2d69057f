#include "scenario/other_keys.hpp"

#include <array>

namespace margincall::inline scenario {
namespace {

constexpr std::array keys = {
    OtherKey{"extends", "a file to start from; anything here replaces the same key there"},
    OtherKey{"meta.tags", "words to find the scenario by"},
    OtherKey{"population.accounts",
             "number of account rows (each with a weight), or \"full\" for one row per account"},
    OtherKey{
        "population.book",
        "account book (CSV or CSV.gz) to start from instead of a drawn population; one position "
        "an account and venue"},
    OtherKey{"population.leverage_state",
             "\"rule\": leverage at the start from open interest, volatility and funding before it "
             "(model 5.2 step 6); a number only for tests of limits"},
    OtherKey{"population.burn_in", "file of prices before the start"},
    OtherKey{"market.season", "24 multipliers of calm depth, one per hour UTC"},
    OtherKey{"venues.*.like", "another venue's row to start from"},
    OtherKey{"venues.*.rules", "file or table of clearing rules"},
    OtherKey{"venues.*.tiers",
             "file or table of margin tiers: floor, cap, maintenance rate, top leverage, deduction "
             "per asset; the rules' own when absent"},
    OtherKey{
        "venues.*.tiers.measure",
        "what floors and caps of the table count: value (dollars) or size (contracts); must be "
        "the rules' own"},
    OtherKey{"venues.*.tiers.contract", "coins a contract, for tables that count contracts"},
    OtherKey{"venues.*.collateral",
             "what assets count for as margin: asset = ratio, or slices [[from, ratio], ...], or a "
             "table with ratio, valuation, liability, floor"},
    OtherKey{
        "venues.*.fund.groups",
        "lists of coins whose perps share a fund (scope \"group\"); all others share one more"},
    OtherKey{"venues.*.perps", "\"all\" or the assets whose perp is listed"},
    OtherKey{"venues.*.spots", "\"all\" or the assets with a spot book"},
    OtherKey{"venues.*.grid", "price and size steps of single perps of this venue"},
    OtherKey{"venues.*.grid.*.tick", "price step, USD"},
    OtherKey{"venues.*.grid.*.lot", "size step, coins"},
    OtherKey{"events.*.type", "factor, fair_value, flow or uncertainty"},
    OtherKey{"events.*.source", "where the row comes from: measured, reported, derived or assumed"},
    OtherKey{"events.*.sell", "flow: what is sold per asset, coins or USD"},
    OtherKey{"events.*.buy", "flow: what is bought per asset, coins or USD"},
    OtherKey{
        "events.*.profile",
        "flow: what is traded in equal parts of the window, relative to each other; evenly when "
        "absent"},
    OtherKey{"events.*.shift", "fair_value: change per asset"},
    OtherKey{"history.source", "where the prices before the start come from"},
    OtherKey{"history.price",
             "closes before the start per asset, oldest first, the last is the start price"},
    OtherKey{"history.low", "lowest price inside each step"},
    OtherKey{"history.high", "highest price inside each step"},
    OtherKey{"history.fear_greed",
             "daily prints of the sentiment index before the start, oldest first"},
    OtherKey{"observed_paths", "file of measured prices drawn beside the simulated ones"},
};

}  // namespace

std::span<const OtherKey> other_keys() {
    return keys;
}

}  // namespace margincall::inline scenario
