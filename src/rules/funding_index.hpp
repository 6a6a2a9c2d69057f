// Funding by votes and an index, as a chain venue settles it (dYdX v4, docs/venues.md): a premium
// from the book per block, the median of a minute's votes, the mean of an hour's minutes, a clamp,
// and an index that positions are settled against. Parts per million and integers; divisions toward
// zero, as on the chain.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "base/fraction.hpp"
#include "base/strong.hpp"

namespace margincall::inline rules {

struct PriceLevel {
    Ticks price;
    Lots size;
};
// Average price of filling `notional` (ticks times lots) from the best level on, as the fraction
// notional / lots needed; the best price when it is 0; {0, 0} when the levels do not hold as much.
struct ImpactPrice {
    i128 num = 0;
    i128 den = 0;
    [[nodiscard]] bool exists() const { return den > 0; }
};
[[nodiscard]] ImpactPrice impact_price(std::span<const PriceLevel> levels, i128 notional);

// Impact bid / index - 1 if above, impact ask / index - 1 if below, else 0; ppm toward zero,
// clamped to +-`most_ppm`. Index in ticks.
[[nodiscard]] std::int64_t premium_ppm(const ImpactPrice& bid,
                                       const ImpactPrice& ask,
                                       Ticks index,
                                       std::int64_t most_ppm);

// Sorts and drops floor(n * 2 * rate) samples: half of them (rounded down) from the bottom, the
// rest from the top. When nothing or everything would go, the samples stay as they are.
[[nodiscard]] std::vector<std::int64_t> without_tails(std::vector<std::int64_t> samples,
                                                      Fraction rate);
// Median (of an even count the mean of the two in the middle, toward zero) of the votes, padded
// with zeros up to `least` of them; 0 without any.
[[nodiscard]] std::int64_t median_vote(std::vector<std::int64_t> votes, std::size_t least);

struct IndexFundingRule {
    std::int64_t expected_samples = 60;  // missing ones count 0
    std::int64_t default_ppm = 0;        // added to the mean, per 8 h
    Fraction clamp_factor{6, 1};         // |rate| <= factor * (initial - maintenance rate)
    Fraction tails{0, 1};                // dropped before the mean; the chain's is 0
};
// Rate per 8 h, ppm.
[[nodiscard]] std::int64_t index_funding_rate(const IndexFundingRule& rule,
                                              std::span<const std::int64_t> samples_ppm,
                                              std::int64_t initial_ppm,
                                              std::int64_t maintenance_ppm);

// Change of the funding index over `seconds`: rate * seconds / 8 h * price, in ppm of quote units
// per base unit. `price` = quote units per base unit. Two divisions, each toward zero.
[[nodiscard]] i128 funding_index_change(std::int64_t rate_8h_ppm,
                                        std::int64_t seconds,
                                        const Fraction& price);
// What a position receives (> 0) or pays, ppm of quote units: -(index now - index then) * size.
[[nodiscard]] i128 funding_settlement(i128 index_now, i128 index_then, i128 size);

}  // namespace margincall::inline rules
