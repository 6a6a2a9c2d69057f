// What an account of the lending pool is worth and how far it is from liquidation. Pure functions
// over its rows. Prices and values in dollars with 8 decimals ("base"); health factors in wad.
// Source: aave-dao/aave-v3-origin, GenericLogic.sol.
#pragma once

#include <span>

#include "defi/aave_math.hpp"

namespace margincall::aave {

// One token's amount with its price; `unit` is 10^decimals.
struct Holding {
    U256 amount;
    U256 price;
    U256 unit;
};
struct CollateralRow {
    Holding holding;
    std::uint32_t ltv_bps = 0;        // how much may be borrowed against it
    std::uint32_t threshold_bps = 0;  // how much debt it carries before liquidation
};
using DebtRow = Holding;

[[nodiscard]] U256 value_floor(const Holding& holding);
[[nodiscard]] U256 value_ceil(const Holding& holding);
// Debt in base units: rounded up since v3.5 (any debt counts at least one unit), down before.
[[nodiscard]] U256 debt_value(Version version, const DebtRow& debt);

struct AccountData {
    U256 collateral_base;
    U256 debt_base;
    U256 average_ltv_bps;
    U256 average_threshold_bps;
    U256 health_factor;  // wad; all ones without debt
};

// Health from sums: `threshold_sum` is the sum of value x threshold in bps. Since v3.5 it is
// divided by the debt at once; before, through the average threshold.
[[nodiscard]] U256 health_factor(Version version,
                                 const U256& collateral_base,
                                 const U256& threshold_sum,
                                 const U256& debt_base);

[[nodiscard]] AccountData account_data(Version version,
                                       std::span<const CollateralRow> collateral,
                                       std::span<const DebtRow> debts);

// Room for new debt in base units.
[[nodiscard]] U256 available_borrows_base(const AccountData& data);

// Collateral that new total debt needs: debt / average LTV, rounded up since v3.5.
[[nodiscard]] U256 collateral_needed_base(Version version,
                                          const U256& debt_base,
                                          const U256& average_ltv_bps);

}  // namespace margincall::aave
