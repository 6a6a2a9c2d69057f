// Prices between which a venue lets its users' orders trade. Doubles: a band decides whether an
// order is accepted, it moves no money. Sources and who is bounded: docs/venues.md.
#pragma once

#include <array>

#include "base/time.hpp"
#include "market/instrument.hpp"
#include "market/order.hpp"
#include "rules/rules.hpp"

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

// What a band may be taken around, USD; <= 0 = not known, then there is no band.
struct BandReference {
    double mark = 0.0, last = 0.0, index = 0.0;
    double premium = 0.0;  // average gap of the contract to the index
};
// The band of a rule; from 0 to infinity without one.
[[nodiscard]] PriceBand band_of(const BandRule& rule, const BandReference& reference);

// Applies a band to a user's order (an amend with the side of its order): a limit to buy above it
// or to sell below it is rejected, a market order gets the edge as its worst price. Orders on the
// far side of the book cannot trade outside and stay as they are.
[[nodiscard]] Reject apply_band(const PriceBand& band, const Instrument& inst, Command& command);

// Average of the contract's gap to the index over the last whole minutes, each taken as the middle
// of its first and its last sample.
class BandPremium {
  public:
    void sample(SimTime now, double gap_usd);
    [[nodiscard]] double average() const;

  private:
    std::array<double, 2> minutes_{};  // the shortest of the published windows
    std::size_t ended_ = 0;
    std::int64_t minute_ = -1;
    double open_ = 0.0, close_ = 0.0;
};

}  // namespace margincall::inline rules
