// What a balance counts for as margin: haircuts in slices, negative balances in full or more, the
// price at which an asset is valued, and the forced exchange into a negative asset. Pure functions
// over rule rows. Sources: docs/venues.md; worked examples: docs/margin.md.
#pragma once

#include <cstdint>
#include <vector>

#include "base/fraction.hpp"
#include "base/strong.hpp"

namespace margincall::inline rules {

// What the bounds of the slices count: units of the asset (Bybit) or their value (OKX).
enum class CollateralMeasure : std::uint8_t { amount, value };

// The price of the asset when it serves as collateral. After 10 October 2025 one venue moved
// wrapped and staked assets from the market to their conversion ratio, and gave a stable asset a
// floor.
enum class CollateralValuation : std::uint8_t {
    market,             // the asset's own index
    conversion,         // price of the underlying times the conversion ratio, whatever the market
    market_with_floor,  // the index, but not below a set price
};

// Slices up to `cap` (the one before it is its floor) count at `ratio`; the last has no cap.
struct CollateralTier {
    Amount cap;
    Fraction ratio{1, 1};
};

struct CollateralRule {
    CollateralMeasure measure = CollateralMeasure::amount;
    CollateralValuation valuation = CollateralValuation::market;
    std::vector<CollateralTier> tiers{CollateralTier{}};  // at least one
    Fraction liability{1, 1};                             // weight of a negative balance, >= 1
    Fraction floor_price;  // market_with_floor: money units per unit of the asset
};

// Prices of one asset, money units per unit of the asset; a missing one is 0.
struct AssetPrices {
    Fraction index{1, 1};
    Fraction conversion;  // underlying's index times the conversion ratio
};
[[nodiscard]] Fraction collateral_price(const CollateralRule& rule, const AssetPrices& prices);

// Money units that `amount` (units of the asset, signed) counts for at `price`. Rounded down, that
// is against the account, once per slice.
[[nodiscard]] Amount collateral_value(const CollateralRule& rule, Amount amount, Fraction price);

// Value of collateral that a forced exchange sells to fill `deficit` (> 0, money units) when the
// sale counts at `ratio` (> 0); rounded up.
[[nodiscard]] Amount auto_exchange_sale(Amount deficit, Fraction ratio);

// Money that `amount` of a token lets its owner borrow, and the share of the token's value at which
// such an account is liquidated: half of the way from the loan-to-value to 1 (Hyperliquid).
[[nodiscard]] Amount borrowable(Amount amount, Fraction price, Fraction loan_to_value);
[[nodiscard]] Fraction borrow_liquidation_share(Fraction loan_to_value);

}  // namespace margincall::inline rules
