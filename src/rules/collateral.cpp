#include "rules/collateral.hpp"

#include <algorithm>

namespace margincall::inline rules {

Fraction collateral_price(const CollateralRule& rule, const AssetPrices& prices) {
    switch (rule.valuation) {
        case CollateralValuation::market:
            return prices.index;
        case CollateralValuation::conversion:
            return prices.conversion;
        case CollateralValuation::market_with_floor:
            return prices.index < rule.floor_price ? rule.floor_price : prices.index;
    }
    return prices.index;
}

Amount collateral_value(const CollateralRule& rule, Amount amount, Fraction price) {
    CHECK(!rule.tiers.empty());
    if (amount < Amount{}) {
        const i128 value = times(amount.raw(), price, Round::down);
        return Amount::from_raw(times(value, rule.liability, Round::down));
    }
    const bool by_value = rule.measure == CollateralMeasure::value;
    const i128 total = by_value ? times(amount.raw(), price, Round::down) : amount.raw();
    i128 counted = 0;
    i128 below = 0;
    for (std::size_t n = 0; n < rule.tiers.size() && below < total; ++n) {
        const bool last = n + 1 == rule.tiers.size();
        const i128 upto = last ? total : std::min<i128>(total, rule.tiers[n].cap.raw());
        const i128 slice = upto - below;
        const i128 value = by_value ? slice : times(slice, price, Round::down);
        counted += times(value, rule.tiers[n].ratio, Round::down);
        below = upto;
    }
    return Amount::from_raw(counted);
}

Amount auto_exchange_sale(Amount deficit, Fraction ratio) {
    CHECK(ratio.num > 0);
    return Amount::from_raw(times(deficit.raw(), Fraction{ratio.den, ratio.num}, Round::up));
}

Amount borrowable(Amount amount, Fraction price, Fraction loan_to_value) {
    return Amount::from_raw(
        times(times(amount.raw(), price, Round::down), loan_to_value, Round::down));
}

Fraction borrow_liquidation_share(Fraction loan_to_value) {
    return make_fraction(loan_to_value.den + loan_to_value.num, 2 * loan_to_value.den);
}

}  // namespace margincall::inline rules
