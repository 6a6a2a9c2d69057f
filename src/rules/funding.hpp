// Funding of one perp: samples over the interval, the rate at its end, and what a position pays.
// Doubles up to the rate, which is rounded once to parts per billion; payments are exact.
//   p = [max(0, impact bid - index) - max(0, index - impact ask)] / index      every `sample`
//   P = mean of p: flat, with weights 1..n, or flat over the last interval whenever it was settled
//   F = [P + clamp(I - P, -d, +d)] * interval / 8 h, then capped to +-cap      (impact+damper)
// and the other venues' rules, in FundingMethod's order: the clamped mean of the mid's gap to the
// index, the present premium with a dead zone paid all the time, medians of a block's votes, the
// gap of two time-weighted prices. Rules, sources and examples: docs/mark-and-funding.md.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

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

// Running mean of samples: flat, or with weights 1..n.
class WeightedMean {
  public:
    void add(double sample, FundingWeights weights) {
        ++count_;
        const double weight = weights == FundingWeights::linear ? static_cast<double>(count_) : 1.0;
        sum_ += weight * sample;
        weight_ += weight;
    }
    [[nodiscard]] double value() const { return weight_ > 0.0 ? sum_ / weight_ : 0.0; }
    [[nodiscard]] bool empty() const { return count_ == 0; }

  private:
    double sum_ = 0.0, weight_ = 0.0;
    std::int64_t count_ = 0;
};
// Mean of premium samples: flat, or with weights 1..n. A moving window is the flat mean of its last
// samples. 0 of none.
[[nodiscard]] double average_premium(std::span<const double> samples, FundingWeights weights);
// How many samples an interval, or a moving window as long, holds.
[[nodiscard]] std::int64_t samples_of_interval(const FundingRule& rule);
// Continuous funding per 8 h (Deribit): max(d, premium) + min(-d, premium), then the cap; cap <= 0
// = none.
[[nodiscard]] double continuous_funding(double premium, double damper, double cap);
// What a long of `value` pays over `elapsed` at a rate per 8 h; in the value's money.
[[nodiscard]] double continuous_payment(double rate_8h, double value, Duration elapsed);
// One premium sample as a share of the index (> 0):
//   [max(0, bid - index) - max(0, index - ask)] / index     a side <= 0 adds nothing
//   mean_clamp: (mid - index) / index                       0 without both sides
[[nodiscard]] double premium_sample(FundingMethod method, double bid, double ask, double index);

// Time between two samples and between two settlements. Votes are cast every block and a minute's
// median is the sample; what is paid all the time is added up every sample and moved every minute,
// so that a position that changed within the minute pays for the size it ends with.
[[nodiscard]] Duration funding_sample_step(const FundingRule& rule, Duration block);
[[nodiscard]] Duration funding_settle_step(const FundingRule& rule);

// What a sample sees, USD; <= 0 = not there.
struct FundingInput {
    double impact_bid = 0.0, impact_ask = 0.0;
    double index = 0.0;  // without it there is no sample
    double mid = 0.0, mark = 0.0;
    std::int64_t vote_ppm = 0;  // vote_median: premium_ppm of the book
    Duration elapsed{};         // since the sample before: continuous and votes
};

class FundingRate {
  public:
    FundingRate(const FundingRule& rule, const MarginTiers& tiers);

    // Size whose average fill price is the impact bid or ask.
    [[nodiscard]] Money impact_notional() const { return impact_notional_; }
    // vote_median: largest vote, 60 * (initial - maintenance rate).
    [[nodiscard]] std::int64_t vote_most_ppm() const {
        return 60 * (initial_ppm_ - maintenance_ppm_);
    }

    // One sample; call every funding_sample_step. impact_damper: a side without an impact price
    // adds nothing to the premium.
    void sample(const FundingInput& s);

    // Mean premium of the running interval, 0 before the first sample; continuous: the present one.
    [[nodiscard]] double premium() const;
    // What F would be if the interval ended now, to the nearest part per billion per interval.
    [[nodiscard]] std::int64_t rate_ppb() const;
    // Ends the interval (continuous: what has come together since the last call): returns the rate
    // to pay and starts the samples anew, except those of a moving window. An interval without a
    // sample settles at premium 0, that is at the interest.
    std::int64_t settle_ppb();

    // Last settled F per interval; 0 before the first settlement. Feeds MarkInput.
    [[nodiscard]] std::int64_t last_settled_ppb() const { return last_ppb_; }
    // Sets the rate carried into the run.
    void start_with(std::int64_t ppb) { last_ppb_ = ppb; }

  private:
    void add_premium(double premium);
    void add_vote(const FundingInput& s);
    [[nodiscard]] double present_rate_8h() const;
    [[nodiscard]] double share_of_8h() const {
        return to_seconds(rule_.interval) / to_seconds(hours(8));
    }
    [[nodiscard]] std::int64_t interval_seconds() const {
        return rule_.interval.raw() / seconds(1).raw();
    }

    FundingRule rule_;
    std::int64_t cap_ppb_;
    Money impact_notional_;
    std::int64_t initial_ppm_, maintenance_ppm_;  // of the first tier
    WeightedMean premiums_;
    std::vector<double> window_;     // moving: the samples of the last interval, oldest first
    std::size_t window_size_ = 0;    // ... and how many they are at most
    double present_ = 0.0;           // continuous: the last premium ...
    double due_ppb_ = 0.0;           // ... and what has not been paid yet
    WeightedMean prices_, oracles_;  // twap_gap
    std::vector<std::int64_t> votes_, medians_;  // vote_median: of this sample, of this interval
    Duration voting_{};
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
