#include "defi/aave_liquidation.hpp"

namespace margincall::aave {

namespace {

[[nodiscard]] U256 percent_mul_seize(Version v, const U256& a, const U256& bps) {
    return v >= Version::v3_7 ? percent_mul_floor(a, bps) : percent_mul_half_up(a, bps);
}
[[nodiscard]] U256 percent_div_seize(Version v, const U256& a, const U256& bps) {
    return v >= Version::v3_7 ? percent_div_floor(a, bps) : percent_div_half_up(a, bps);
}
[[nodiscard]] U256 percent_mul_fee(Version v, const U256& a, const U256& bps) {
    return v >= Version::v3_7 ? percent_mul_ceil(a, bps) : percent_mul_half_up(a, bps);
}

// Half of the whole position (or what a lever says instead) while it is only a little under water and not small; else all.
[[nodiscard]] U256 debt_max(const LiquidationRequest& r) {
    const U256 debt_base = value_ceil(r.debt);
    const bool close_factor = value_floor(r.collateral) >= min_base_for_close_factor &&
                              debt_base >= min_base_for_close_factor &&
                              r.health_factor > close_factor_health;
    if (!close_factor) {
        return r.debt.amount;
    }
    const U256 half = percent_mul_half_up(r.debt_base, U256{r.close_bps});
    return debt_base > half ? half * r.debt.unit / r.debt.price : r.debt.amount;
}

}  // namespace

Liquidation liquidation_amounts(const LiquidationRequest& r) {
    require(r.health_factor < liquidation_health, Revert::health_factor_not_below_threshold);
    const U256 bonus{r.bonus_bps};
    const Holding& c = r.collateral;
    const Holding& d = r.debt;
    Liquidation out;
    out.debt_max = debt_max(r);
    const U256 offered = min(r.debt_to_cover, out.debt_max);
    const U256 base_collateral = d.price * offered * c.unit / (c.price * d.unit);
    out.collateral_seized = percent_mul_seize(r.version, base_collateral, bonus);
    out.debt_repaid = offered;
    if (out.collateral_seized > c.amount) {
        out.collateral_seized = c.amount;
        out.debt_repaid = percent_div_ceil(c.price * c.amount * d.unit / (d.price * c.unit), bonus);
    }
    const U256 bonus_part =
        out.collateral_seized - percent_div_seize(r.version, out.collateral_seized, bonus);
    out.protocol_fee = percent_mul_fee(r.version, bonus_part, U256{r.protocol_fee_bps});
    out.collateral_to_liquidator = out.collateral_seized - out.protocol_fee;
    if (value_floor({out.collateral_seized, c.price, c.unit}) == r.collateral_base) {
        out.collateral_left = Liquidation::Remainder::none;
        out.deficit_created = d.amount - out.debt_repaid;
    }
    return out;
}

void require_no_dust(const LiquidationRequest& r, const Liquidation& amounts) {
    if (amounts.debt_repaid >= r.debt.amount || amounts.collateral_seized >= r.collateral.amount) {
        return;
    }
    const U256 debt_left =
        value_ceil({r.debt.amount - amounts.debt_repaid, r.debt.price, r.debt.unit});
    const U256 collateral_left = value_floor(
        {r.collateral.amount - amounts.collateral_seized, r.collateral.price, r.collateral.unit});
    require(debt_left >= min_leftover_base && collateral_left >= min_leftover_base,
            Revert::must_not_leave_dust);
}

}  // namespace margincall::aave
