#include "defi/aave_account.hpp"

namespace margincall::aave {

U256 value_floor(const Holding& holding) {
    return holding.amount * holding.price / holding.unit;
}
U256 value_ceil(const Holding& holding) {
    return mul_div_ceil(holding.amount, holding.price, holding.unit);
}
U256 debt_value(Version version, const DebtRow& debt) {
    return rounds_for_protocol(version) ? value_ceil(debt) : value_floor(debt);
}

U256 health_factor(Version version,
                   const U256& collateral_base,
                   const U256& threshold_sum,
                   const U256& debt_base) {
    if (debt_base.is_zero()) {
        return U256::max();
    }
    if (rounds_for_protocol(version)) {
        return wad_div_half_up(threshold_sum, debt_base) / percentage_factor;
    }
    if (collateral_base.is_zero()) {
        return U256{};
    }
    const U256 average = threshold_sum / collateral_base;
    return wad_div_half_up(percent_mul_half_up(collateral_base, average), debt_base);
}

AccountData account_data(Version version,
                         std::span<const CollateralRow> collateral,
                         std::span<const DebtRow> debts) {
    AccountData data;
    U256 threshold_sum;
    U256 ltv_sum;
    for (const CollateralRow& row : collateral) {
        const U256 value = value_floor(row.holding);
        data.collateral_base += value;
        threshold_sum += value * row.threshold_bps;
        ltv_sum += value * row.ltv_bps;
    }
    for (const DebtRow& row : debts) {
        data.debt_base += debt_value(version, row);
    }
    if (!data.collateral_base.is_zero()) {
        data.average_ltv_bps = ltv_sum / data.collateral_base;
        data.average_threshold_bps = threshold_sum / data.collateral_base;
    }
    data.health_factor =
        health_factor(version, data.collateral_base, threshold_sum, data.debt_base);
    return data;
}

U256 available_borrows_base(const AccountData& data) {
    return difference_or_zero(percent_mul_floor(data.collateral_base, data.average_ltv_bps),
                              data.debt_base);
}

U256 collateral_needed_base(Version version, const U256& debt_base, const U256& average_ltv_bps) {
    return rounds_for_protocol(version) ? percent_div_ceil(debt_base, average_ltv_bps)
                                        : percent_div_half_up(debt_base, average_ltv_bps);
}

}  // namespace margincall::aave
