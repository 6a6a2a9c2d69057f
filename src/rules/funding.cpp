#include "rules/funding.hpp"

#include <algorithm>
#include <cmath>

#include "rules/funding_index.hpp"
#include "rules/shortage.hpp"

namespace margincall::inline rules {

Money impact_notional(const FundingRule& rule, const MarginTiers& tiers) {
    if (rule.impact_notional > Money{}) {
        return rule.impact_notional;
    }
    return Money::from_raw(
        checked_mul<std::int64_t>(200 * micro_per_usd, tiers.front().leverage_max));
}

std::int64_t funding_cap_ppb(const FundingRule& rule, const MarginTiers& tiers) {
    return rule.cap_ppb > 0 ? rule.cap_ppb : tiers.front().mmr_ppm * 750;  // 0.75 * ppm * 1000
}

double funding_rate(const FundingRule& rule, double premium, std::int64_t cap_ppb) {
    const double interest = static_cast<double>(rule.interest_ppb) * 1e-9;  // per 8 h
    const double damper = static_cast<double>(rule.clamp_ppb) * 1e-9;
    const double cap = static_cast<double>(cap_ppb) * 1e-9;
    const double share =
        static_cast<double>(rule.interval.raw()) / static_cast<double>(hours(8).raw());
    if (rule.method == FundingMethod::mean_clamp) {
        return std::clamp(premium - interest * share, -cap, cap);
    }
    const double per_8h = premium + std::clamp(interest - premium, -damper, damper);
    return std::clamp(per_8h * share, -cap, cap);
}

double average_premium(std::span<const double> samples, FundingWeights weights) {
    WeightedMean mean;
    for (const double sample : samples) {
        mean.add(sample, weights);
    }
    return mean.value();
}

std::int64_t samples_of_interval(const FundingRule& rule) {
    return std::max<std::int64_t>(1, rule.interval.raw() / rule.sample.raw());
}

double continuous_funding(double premium, double damper, double cap) {
    const double rate = std::max(damper, premium) + std::min(-damper, premium);
    return cap > 0.0 ? std::clamp(rate, -cap, cap) : rate;
}

double continuous_payment(double rate_8h, double value, Duration elapsed) {
    return rate_8h * value * (to_seconds(elapsed) / to_seconds(hours(8)));
}

double premium_sample(FundingMethod method, double bid, double ask, double index) {
    if (method == FundingMethod::mean_clamp) {
        return bid > 0.0 && ask > 0.0 ? (0.5 * (bid + ask) - index) / index : 0.0;
    }
    const double above = bid > 0.0 ? std::max(0.0, bid - index) : 0.0;
    const double below = ask > 0.0 ? std::max(0.0, index - ask) : 0.0;
    return (above - below) / index;
}

Duration funding_sample_step(const FundingRule& rule, Duration block) {
    return rule.method == FundingMethod::vote_median
               ? std::min(rule.sample, std::max(block, seconds(1)))
               : rule.sample;
}

Duration funding_settle_step(const FundingRule& rule) {
    return rule.method == FundingMethod::continuous ? std::min(rule.interval, minutes(1))
                                                    : rule.interval;
}

FundingRate::FundingRate(const FundingRule& rule, const MarginTiers& tiers)
    : rule_{rule},
      cap_ppb_{funding_cap_ppb(rule, tiers)},
      impact_notional_{rules::impact_notional(rule, tiers)},
      initial_ppm_{1'000'000 / tiers.front().leverage_max},
      maintenance_ppm_{tiers.front().mmr_ppm},
      window_size_{static_cast<std::size_t>(samples_of_interval(rule))} {
    if (rule.weights == FundingWeights::moving) {
        window_.reserve(window_size_);
    }
    if (rule.method == FundingMethod::vote_median) {
        medians_.reserve(window_size_);
        votes_.reserve(static_cast<std::size_t>(rule.sample.raw() / seconds(1).raw()) + 1);
    }
}

void FundingRate::add_premium(double premium) {
    if (rule_.weights != FundingWeights::moving) {
        premiums_.add(premium, rule_.weights);
        return;
    }
    if (window_.size() == window_size_) {
        window_.erase(window_.begin());
    }
    window_.push_back(premium);
}

void FundingRate::add_vote(const FundingInput& s) {
    votes_.push_back(s.vote_ppm);
    voting_ = voting_ + s.elapsed;
    if (voting_ >= rule_.sample) {
        medians_.push_back(median_vote(votes_, static_cast<std::size_t>(rule_.least_votes)));
        votes_.clear();
        voting_ = {};
    }
}

// Per 8 h, whatever the interval.
double FundingRate::present_rate_8h() const {
    return continuous_funding(present_,
                              static_cast<double>(rule_.clamp_ppb) * 1e-9,
                              static_cast<double>(cap_ppb_) * 1e-9);
}

void FundingRate::sample(const FundingInput& s) {
    if (!(s.index > 0.0)) {
        return;
    }
    switch (rule_.method) {
        case FundingMethod::impact_damper:
            add_premium(premium_sample(rule_.method, s.impact_bid, s.impact_ask, s.index));
            break;
        case FundingMethod::mean_clamp:
            if (s.mid > 0.0) {
                add_premium(premium_sample(rule_.method, s.mid, s.mid, s.index));
            }
            break;
        case FundingMethod::continuous:
            if (s.mark > 0.0) {
                present_ = (s.mark - s.index) / s.index;
                due_ppb_ += continuous_payment(present_rate_8h(), 1e9, s.elapsed);
            }
            break;
        case FundingMethod::vote_median:
            add_vote(s);
            break;
        case FundingMethod::twap_gap:
            if (s.mid > 0.0) {
                prices_.add(s.mid, FundingWeights::flat);
                oracles_.add(s.index, FundingWeights::flat);
            }
            break;
    }
}

double FundingRate::premium() const {
    switch (rule_.method) {
        case FundingMethod::impact_damper:
        case FundingMethod::mean_clamp:
            return rule_.weights == FundingWeights::moving
                       ? average_premium(window_, FundingWeights::flat)
                       : premiums_.value();
        case FundingMethod::continuous:
            return present_;
        case FundingMethod::vote_median: {
            WeightedMean mean;
            for (const std::int64_t median : medians_) {
                mean.add(static_cast<double>(median) * 1e-6, FundingWeights::flat);
            }
            return mean.value();
        }
        case FundingMethod::twap_gap:
            return oracles_.empty() ? 0.0 : prices_.value() / oracles_.value() - 1.0;
    }
    return 0.0;
}

std::int64_t FundingRate::rate_ppb() const {
    switch (rule_.method) {
        case FundingMethod::impact_damper:
        case FundingMethod::mean_clamp:
            return std::llround(funding_rate(rule_, premium(), cap_ppb_) * 1e9);
        case FundingMethod::continuous:
            return std::llround(present_rate_8h() * share_of_8h() * 1e9);
        case FundingMethod::vote_median: {
            const IndexFundingRule rule{.expected_samples = samples_of_interval(rule_),
                                        .default_ppm = 0,
                                        .clamp_factor = from_ppm(rule_.clamp_factor_ppm)};
            const std::int64_t rate =
                index_funding_rate(rule, medians_, initial_ppm_, maintenance_ppm_);
            // The index moves by this share of the price, here in parts per billion.
            return narrow_i64(funding_index_change(
                checked_mul<std::int64_t>(rate, 1'000), interval_seconds(), Fraction{1, 1}));
        }
        case FundingMethod::twap_gap: {
            if (oracles_.empty()) {
                return 0;
            }
            // Of prices in millionths a rate in billionths of a dollar a coin.
            const i128 rate = twap_gap_funding(std::llround(prices_.value() * 1e6),
                                               std::llround(oracles_.value() * 1e6),
                                               interval_seconds());
            return std::llround(static_cast<double>(rate) / oracles_.value());
        }
    }
    return 0;
}

std::int64_t FundingRate::settle_ppb() {
    last_ppb_ = rate_ppb();
    if (rule_.method == FundingMethod::continuous) {
        const std::int64_t paid = std::llround(due_ppb_);
        due_ppb_ -= static_cast<double>(paid);
        return paid;
    }
    premiums_ = {};
    prices_ = {};
    oracles_ = {};
    medians_.clear();
    return last_ppb_;
}

Money funding_payment(const Instrument& inst, Lots qty, Ticks price, std::int64_t rate_ppb) {
    const Money signed_notional = notional(inst, price, qty);
    return Money::from_raw(mul_div(signed_notional.raw(), rate_ppb, 1'000'000'000, Round::up));
}

}  // namespace margincall::inline rules
