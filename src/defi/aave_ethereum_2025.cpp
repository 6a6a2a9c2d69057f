#include "defi/aave_ethereum_2025.hpp"

namespace margincall::aave {

// Sources: configuration words in the governance diffs of bgd-labs/aave-proposals-v3 (diffs/) and
// listings on governance.aave.com. Marks behind a row: (a) decoded from an on-chain word or a
// governance diff, (b) commonly reported, not confirmed by a second source, (c) uncertain.
// slope1: the first number is in force from the date given, the last one before it.
std::span<const ReserveParameters> ethereum_reserves_2025() {
    static const std::vector<ReserveParameters> rows = {
        // WETH: ltv, threshold, slope1 (a); bonus, optimal (b); slope2 (c). 270 until mid
        // September.
        {"WETH", 18, 8050, 8300, 10500, 1000, 1500, {9200, 0, 250, 8000}, 270},
        // wstETH: word of 21 July 2025, all (a).
        {"wstETH",
         18,
         7850,
         8100,
         10600,
         1000,
         3500,
         {8000, 0, 100, 4000},
         100,
         1'760'000,
         480'000},
        // WBTC: reserve factor, optimal (a); ltv, threshold, bonus (b); slopes (c).
        {"WBTC", 8, 7300, 7800, 10500, 1000, 5000, {8000, 0, 400, 30000}, 400},
        // USDC and USDT: slope1 (a), 650 until 25 October; ltv, threshold, bonus (b); optimal,
        // slope2 (c).
        {"USDC", 6, 7500, 7800, 10450, 1000, 1000, {9200, 0, 600, 3500}, 650},
        {"USDT", 6, 7500, 7800, 10450, 1000, 1000, {9200, 0, 600, 3500}, 650},
        // USDe: word of 5 May 2025, optimal of August (a); slope2 (b). Priced as capped USDT/USD.
        {"USDe", 18, 7200, 7500, 10850, 1000, 2500, {8500, 0, 600, 5000}, 650},
        // sUSDe: ltv, threshold, bonus (b); priced as its exchange rate times USDT/USD.
        {"sUSDe", 18, 7200, 7500, 10850, 1000, 2000, {}, 0, 0, 0, Borrowable::no},
    };
    return rows;
}

// All (a), from the same diffs. Where a diff does not name the assets the list is empty. The PT
// categories of November 2025 are those at listing; a risk oracle moved them afterwards.
std::span<const EModeParameters> ethereum_e_modes_2025() {
    static const std::vector<EModeParameters> rows = {
        {"ETH correlated", 9300, 9500, 10100, {"wstETH"}, {"WETH"}},
        {"sUSDe Stablecoins", 9000, 9200, 10400, {"USDe", "sUSDe"}, {"USDC", "USDT"}},
        {"USDe Stablecoin", 9000, 9300, 10200, {"USDe"}, {"USDC", "USDT"}},
        {"PT-sUSDe Stablecoins Nov 2025", 8610, 8810, 10540, {}, {}},
        {"PT-sUSDe USDe Nov 2025", 8780, 8980, 10340, {}, {}},
        {"PT-USDe Stablecoins Nov 2025", 9100, 0, 0, {}, {}},
        {"PTUSDe5FEB/Stablecoins", 8850, 9050, 10410, {}, {}},
        {"PTUSDe5FEB/USDe", 8930, 9130, 10310, {}, {}},
        {"PTsUSDe5FEB/Stablecoins", 8760, 8960, 10510, {}, {}},
        {"PTsUSDe5FEB/USDe", 8850, 9050, 10410, {}, {}},
    };
    return rows;
}

const ReserveParameters* find_reserve(std::string_view asset) {
    for (const ReserveParameters& row : ethereum_reserves_2025()) {
        if (row.asset == asset) {
            return &row;
        }
    }
    return nullptr;
}

const EModeParameters* find_e_mode(std::string_view label) {
    for (const EModeParameters& row : ethereum_e_modes_2025()) {
        if (row.label == label) {
            return &row;
        }
    }
    return nullptr;
}

}  // namespace margincall::aave
