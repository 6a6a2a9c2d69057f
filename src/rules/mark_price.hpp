// Mark price of one perp: the price at which margins are measured. The two methods that
// most venues use are medians of three candidates, so that no single book moves it. Doubles decide,
// one rounding to ticks.
//   median_funding_basis_last  P1 = index * (1 + last funding * share of interval left)
//                              P2 = index + mean(mid - index) over the window
//                              mark = median(P1, P2, last)                      (Binance, Bybit)
//   median_oracle_ema          1 = oracle + EMA150s(mid - oracle), 2 = median(bid, ask, last),
//                              3 = weighted median of other venues' perp mids; with exactly two of
//                              them the 30 s EMA of 2 joins                     (Hyperliquid)
// and the simpler rules of other venues, in MarkMethod's order: index with funding, index with a
// moving or exponential average of the basis, the last price clamped into the book, the oracle; all
// kept within index * (1 -+ band) where the rule has a band.
// Rules, sources and examples: docs/mark-and-funding.md.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "base/time.hpp"
#include "market/instrument.hpp"
#include "rules/index_price.hpp"
#include "rules/rules.hpp"

namespace margincall::inline rules {

// What the venue sees when it computes the mark. Prices of the book in ticks, 0 = none.
struct MarkInput {
    SimTime now{};
    Ticks bid{}, ask{}, last{};
    double index_usd = 0.0;  // index, or oracle on H; <= 0 = none, its candidates are missing
    std::int64_t funding_rate_ppb = 0;              // last settled, per interval
    Duration to_funding{};                          // until the next settlement
    Duration funding_interval = hours(8);           // > 0
    std::span<const WeightedPrice> perp_mids = {};  // mids of other venues' perps, USD (H only)
};

// The candidates of the last computation, USD; 0 = missing. For reports and tests.
struct MarkCandidates {
    double first = 0.0, second = 0.0, third = 0.0;
    double extra = 0.0;  // H: the 30 s EMA, when it took part
};

// Exponential average by a pair of decaying sums: num <- num * exp(-t/T) + sample * t, den likewise
// with 1. Uneven steps are weighted by their length.
class DecayingMean {
  public:
    explicit DecayingMean(double time_constant_s) : time_constant_s_{time_constant_s} {}
    void add(double sample, double elapsed_s);
    [[nodiscard]] bool empty() const { return !(denominator_ > 0.0); }
    [[nodiscard]] double value() const { return empty() ? 0.0 : numerator_ / denominator_; }

  private:
    double time_constant_s_;
    double numerator_ = 0.0, denominator_ = 0.0;
};

class MarkPrice {
  public:
    MarkPrice(const MarkRule& rule, const Instrument& inst);

    // Call every `rule.update`: takes a sample into the average when `rule.sample` has passed,
    // computes the mark and returns it. A missing input drops its candidate: of two left their mean
    // counts, one counts itself, with none the mark stays.
    Ticks update(const MarkInput& s);

    [[nodiscard]] Ticks value() const { return value_; }  // 0 before the first usable sample
    [[nodiscard]] double usd() const { return usd_; }     // the same before rounding
    [[nodiscard]] const MarkCandidates& candidates() const { return candidates_; }

  private:
    void add_basis(double basis_usd);
    [[nodiscard]] double median_of_book(const MarkInput& s) const;
    [[nodiscard]] double candidates_funding_basis_last(const MarkInput& s);
    [[nodiscard]] double candidates_oracle_ema(const MarkInput& s);
    [[nodiscard]] double candidate_of_index(const MarkInput& s);
    [[nodiscard]] double last_in_book(const MarkInput& s) const;
    [[nodiscard]] bool uses_ring() const {
        return rule_.method == MarkMethod::median_funding_basis_last ||
               rule_.method == MarkMethod::index_average;
    }

    MarkRule rule_;
    double tick_usd_;
    std::int64_t price_max_;
    Ticks value_;
    double usd_ = 0.0;
    MarkCandidates candidates_;
    bool started_ = false;
    SimTime called_at_, sampled_at_;

    // Moving average of mid - index: a ring of samples in millionths of a tick, so that the running
    // sum is exact and does not drift over a run.
    std::vector<std::int64_t> ring_;
    std::uint32_t ring_used_ = 0, ring_next_ = 0;
    std::int64_t ring_sum_ = 0;
    DecayingMean basis_ema_;
    DecayingMean book_ema_{30.0};
};

// Median of the candidates that are there (> 0); mean of two; 0 of none.
[[nodiscard]] double median_of_available(double a, double b, double c);

}  // namespace margincall::inline rules
