// Funding of one perp: premium samples over the interval, the rate at its end, and what a position
// pays. Doubles up to the rate, which is rounded once to parts per billion; payments are exact.
//   p = [max(0, impact bid - index) - max(0, index - impact ask)] / index      every `sample`
//   P = mean of p, flat or with weights 1..n
//   F = [P + clamp(I - P, -d, +d)] * interval / 8 h, then capped to +-cap
// Rules, sources and examples: docs/mark-and-funding.md.
#pragma once

#include <cstdint>
#include <span>

#include "base/strong.hpp"
#include "market/instrument.hpp"
#include "rules/rules.hpp"

namespace margincall::inline rules {

// The rule's own impact notional, or 200 USD / initial margin rate at the highest leverage.
[[nodiscard]] Money impact_notional(const FundingRule& rule, const MarginTiers& tiers);
// The rule's own cap on |F| per interval, or 0.75 * maintenance rate at the highest leverage; ppb.
[[nodiscard]] std::int64_t funding_cap_ppb(const FundingRule& rule, const MarginTiers& tiers);

// F of an average premium: interest, damper, division by the interval, cap; mean_clamp: the gap to
// the interest, capped. Fractions per interval.
[[nodiscard]] double funding_rate(const FundingRule& rule, double premium, std::int64_t cap_ppb);

// --- the variants beside it (doubles; a rate is rounded once where it is settled) ---

// Mean of premium samples: flat, or with weights 1..n. A moving window is the flat mean of its last
// samples. 0 of none.
[[nodiscard]] double average_premium(std::span<const double> samples, FundingWeights weights);
// The minutes of a moving window of one-minute samples that ends at minute `now` of the day: its
// first sample, as a minute of the day.
[[nodiscard]] std::int64_t window_start_minute(std::int64_t now, Duration window);
// Continuous funding per 8 h (Deribit): max(d, premium) + min(-d, premium), then the cap; cap <= 0
// = none.
[[nodiscard]] double continuous_funding(double premium, double damper, double cap);
// What a long of `value` pays over `elapsed` at a rate per 8 h; in the value's money.
[[nodiscard]] double continuous_payment(double rate_8h, double value, Duration elapsed);
// Interest of one interval from the daily rates of quote and base: (quote - base) * interval / day.
[[nodiscard]] double interest_rate(double quote_per_day, double base_per_day, Duration interval);
// One premium sample as a share of the index (> 0):
//   [max(0, bid - index) - max(0, index - ask)] / index     a side <= 0 adds nothing
//   mean_clamp: (mid - index) / index                       0 without both sides
[[nodiscard]] double premium_sample(FundingMethod method, double bid, double ask, double index);

class FundingRate {
  public:
    FundingRate(const FundingRule& rule, const MarginTiers& tiers);

    // Size whose average fill price is the impact bid or ask, USD.
    [[nodiscard]] double impact_notional_usd() const { return to_usd(impact_notional_); }

    // One premium sample; call every `rule.sample`. A side without an impact price (<= 0) adds
    // nothing to the premium; without an index there is no sample.
    void sample(double impact_bid_usd, double impact_ask_usd, double index_usd);

    // Mean premium of the running interval; 0 before the first sample.
    [[nodiscard]] double premium() const { return weight_ > 0.0 ? sum_ / weight_ : 0.0; }
    // What F would be if the interval ended now, to the nearest part per billion per interval.
    [[nodiscard]] std::int64_t rate_ppb() const;
    // Ends the interval: returns rate_ppb() and starts the samples anew. An interval without a
    // sample settles at premium 0, that is at the interest.
    std::int64_t settle_ppb();

    // Last settled F per interval; 0 before the first settlement. Feeds MarkInput.
    [[nodiscard]] std::int64_t last_settled_ppb() const { return last_ppb_; }
    // Sets the rate carried into the run.
    void start_with(std::int64_t ppb) { last_ppb_ = ppb; }

  private:
    FundingRule rule_;
    std::int64_t cap_ppb_;
    Money impact_notional_;
    double sum_ = 0.0, weight_ = 0.0;
    std::int64_t count_ = 0;
    std::int64_t last_ppb_ = 0;
};

// What the holder of `qty` (signed) pays, micro-USD: qty * price * tick_value * rate, rounded up as
// a signed number: who pays, pays the next micro-dollar, who receives, loses the fraction. So over
// all positions of an instrument (which net to zero) the payments sum to 0 or a little more, less
// than one micro-dollar a position; the caller posts that remainder to the venue's rounding
// account. `price` is the mark or the index as the rule's `price` says.
[[nodiscard]] Money funding_payment(const Instrument& inst,
                                    Lots qty,
                                    Ticks price,
                                    std::int64_t rate_ppb);

}  // namespace margincall::inline rules
