// Prices between which a venue lets orders trade. Doubles: a band decides whether an order is
// accepted, it moves no money. Sources: docs/venues.md.
#pragma once

namespace margincall::inline rules {

struct PriceBand {
    double lower = 0.0, upper = 0.0;
};

// reference * (1 -+ share): around the mark (Deribit), the last price (Bybit), or the mark with
// shares of their own up and down (Binance).
[[nodiscard]] PriceBand band_around(double reference, double down_share, double up_share);

// Follows the contract's average premium over the index, inside an outer bound (OKX):
//   upper = min(max(index, index (1 + y) + premium), index (1 + z)), lower mirrored.
[[nodiscard]] PriceBand band_with_premium(double index, double premium, double y, double z);

}  // namespace margincall::inline rules
