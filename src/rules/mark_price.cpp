#include "rules/mark_price.hpp"

#include <algorithm>
#include <array>
#include <cmath>

namespace margincall::inline rules {
namespace {

constexpr double tick_parts = 1e6;  // the ring counts millionths of a tick

double mid_of(const MarkInput& s, double tick_usd) {
    if (s.bid.raw() <= 0 || s.ask.raw() <= 0) {
        return 0.0;
    }
    return 0.5 * static_cast<double>(s.bid.raw() + s.ask.raw()) * tick_usd;
}

// index * (1 + F * share of the interval left)
double with_funding(const MarkInput& s) {
    const double rate = static_cast<double>(s.funding_rate_ppb) * 1e-9;
    const double left = to_seconds(s.to_funding) / to_seconds(s.funding_interval);
    return s.index_usd * (1.0 + rate * left);
}

}  // namespace

double median_of_available(double a, double b, double c) {
    std::array<double, 3> found{};
    std::size_t count = 0;
    for (const double candidate : {a, b, c}) {
        if (candidate > 0.0) {
            found[count++] = candidate;
        }
    }
    switch (count) {
        case 3:
            return std::max(std::min(a, b), std::min(std::max(a, b), c));
        case 2:
            return 0.5 * (found[0] + found[1]);
        case 1:
            return found[0];
        default:
            return 0.0;
    }
}

void DecayingMean::add(double sample, double elapsed_s) {
    const double keep = std::exp(-elapsed_s / time_constant_s_);
    numerator_ = numerator_ * keep + sample * elapsed_s;
    denominator_ = denominator_ * keep + elapsed_s;
}

MarkPrice::MarkPrice(const MarkRule& rule, const Instrument& inst)
    : rule_{rule},
      tick_usd_{inst.tick_usd},
      price_max_{inst.price_max.raw()},
      basis_ema_{to_seconds(rule.average)} {
    CHECK(rule.sample.raw() > 0);
    CHECK(rule.update.raw() > 0);
    if (uses_ring()) {
        const std::int64_t step = std::max(rule.sample, rule.update).raw();
        ring_.resize(
            static_cast<std::size_t>(std::max<std::int64_t>(1, rule.average.raw() / step)));
    }
}

void MarkPrice::add_basis(double basis_usd) {
    const std::int64_t basis = std::llround(basis_usd / tick_usd_ * tick_parts);
    if (ring_used_ < ring_.size()) {
        ++ring_used_;
    } else {
        ring_sum_ -= ring_[ring_next_];
    }
    ring_[ring_next_] = basis;
    ring_sum_ += basis;
    ring_next_ = ring_next_ + 1 == ring_.size() ? 0 : ring_next_ + 1;
}

double MarkPrice::median_of_book(const MarkInput& s) const {
    return median_of_available(static_cast<double>(s.bid.raw()) * tick_usd_,
                               static_cast<double>(s.ask.raw()) * tick_usd_,
                               static_cast<double>(s.last.raw()) * tick_usd_);
}

double MarkPrice::candidates_funding_basis_last(const MarkInput& s) {
    const double mid = mid_of(s, tick_usd_);
    candidates_ = {};
    if (s.index_usd > 0.0) {
        candidates_.first = with_funding(s);
        if (ring_used_ > 0) {
            const double mean = static_cast<double>(ring_sum_) / (tick_parts * ring_used_);
            candidates_.second = s.index_usd + mean * tick_usd_;
        }
    }
    candidates_.third = s.last.raw() > 0 ? static_cast<double>(s.last.raw()) * tick_usd_ : mid;
    return median_of_available(candidates_.first, candidates_.second, candidates_.third);
}

double MarkPrice::candidates_oracle_ema(const MarkInput& s) {
    candidates_ = {};
    if (s.index_usd > 0.0) {
        candidates_.first = s.index_usd + basis_ema_.value();
    }
    candidates_.second = median_of_book(s);
    candidates_.third = weighted_median(s.perp_mids);
    const int available = (candidates_.first > 0.0 ? 1 : 0) + (candidates_.second > 0.0 ? 1 : 0) +
                          (candidates_.third > 0.0 ? 1 : 0);
    if (available == 2 && !book_ema_.empty()) {
        candidates_.extra = book_ema_.value();
        // Exactly one of the three is missing: the average takes its place.
        const double first = candidates_.first > 0.0 ? candidates_.first : candidates_.extra;
        const double second = candidates_.second > 0.0 ? candidates_.second : candidates_.extra;
        const double third = candidates_.third > 0.0 ? candidates_.third : candidates_.extra;
        return median_of_available(first, second, third);
    }
    return median_of_available(candidates_.first, candidates_.second, candidates_.third);
}

double MarkPrice::last_in_book(const MarkInput& s) const {
    double price = static_cast<double>(s.last.raw()) * tick_usd_;
    if (s.ask.raw() > 0) {
        price = std::min(price, static_cast<double>(s.ask.raw()) * tick_usd_);
    }
    return std::max(price, static_cast<double>(s.bid.raw()) * tick_usd_);
}

// Of the methods with one candidate.
double MarkPrice::candidate_of_index(const MarkInput& s) {
    candidates_ = {};
    double price = 0.0;
    if (rule_.method == MarkMethod::last_in_book) {
        price = last_in_book(s);
    } else if (s.index_usd > 0.0) {
        price = s.index_usd;
        if (rule_.method == MarkMethod::index_funding) {
            price = with_funding(s);
        } else if (rule_.method == MarkMethod::index_average && ring_used_ > 0) {
            price += static_cast<double>(ring_sum_) / (tick_parts * ring_used_) * tick_usd_;
        } else if (rule_.method == MarkMethod::index_ema) {
            price += basis_ema_.value();
        }
    }
    candidates_.first = price;
    return price;
}

Ticks MarkPrice::update(const MarkInput& s) {
    const Duration elapsed = started_ ? s.now - called_at_ : rule_.update;
    CHECK(elapsed >= Duration{});
    const double mid = mid_of(s, tick_usd_);
    const bool has_basis = mid > 0.0 && s.index_usd > 0.0;
    const bool ring = uses_ring();
    if (ring && has_basis && (!started_ || s.now - sampled_at_ >= rule_.sample)) {
        add_basis(mid - s.index_usd);
        sampled_at_ = s.now;
    }
    if (!ring && has_basis) {
        basis_ema_.add(mid - s.index_usd, to_seconds(elapsed));
    }
    double mark = 0.0;
    if (rule_.method == MarkMethod::median_funding_basis_last) {
        mark = candidates_funding_basis_last(s);
    } else if (rule_.method == MarkMethod::median_oracle_ema) {
        if (const double book = median_of_book(s); book > 0.0) {
            book_ema_.add(book, to_seconds(elapsed));
        }
        mark = candidates_oracle_ema(s);
    } else {
        mark = candidate_of_index(s);
    }
    if (rule_.band_ppm > 0 && s.index_usd > 0.0 && mark > 0.0) {
        const double reach = s.index_usd * (static_cast<double>(rule_.band_ppm) * 1e-6);
        mark = std::clamp(mark, s.index_usd - reach, s.index_usd + reach);
    }
    started_ = true;
    called_at_ = s.now;
    if (mark > 0.0) {
        usd_ = mark;
        const double ticks = std::floor(mark / tick_usd_ + 0.5);  // to the nearest tick
        const double top = static_cast<double>(price_max_);
        value_ = Ticks::from_raw(static_cast<std::int64_t>(std::clamp(ticks, 1.0, top)));
    }
    return value_;
}

}  // namespace margincall::inline rules
