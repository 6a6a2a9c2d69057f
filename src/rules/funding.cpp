#include "rules/funding.hpp"

#include <algorithm>
#include <cmath>

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
    const double interest = static_cast<double>(rule.interest_ppb) * 1e-9;
    const double damper = static_cast<double>(rule.clamp_ppb) * 1e-9;
    const double cap = static_cast<double>(cap_ppb) * 1e-9;
    if (rule.method == FundingMethod::mean_clamp) {
        return std::clamp(premium - interest, -cap, cap);
    }
    const double per_8h = premium + std::clamp(interest - premium, -damper, damper);
    const double share =
        static_cast<double>(rule.interval.raw()) / static_cast<double>(hours(8).raw());
    return std::clamp(per_8h * share, -cap, cap);
}

double average_premium(std::span<const double> samples, FundingWeights weights) {
    double sum = 0.0;
    double weight = 0.0;
    for (std::size_t k = 0; k < samples.size(); ++k) {
        const double w = weights == FundingWeights::linear ? static_cast<double>(k + 1) : 1.0;
        sum += w * samples[k];
        weight += w;
    }
    return weight > 0.0 ? sum / weight : 0.0;
}

std::int64_t window_start_minute(std::int64_t now, Duration window) {
    constexpr std::int64_t day = 24 * 60;
    const std::int64_t samples = window.raw() / minutes(1).raw();
    return (((now - samples + 1) % day) + day) % day;
}

double continuous_funding(double premium, double damper, double cap) {
    const double rate = std::max(damper, premium) + std::min(-damper, premium);
    return cap > 0.0 ? std::clamp(rate, -cap, cap) : rate;
}

double continuous_payment(double rate_8h, double value, Duration elapsed) {
    return rate_8h * value * (to_seconds(elapsed) / to_seconds(hours(8)));
}

double interest_rate(double quote_per_day, double base_per_day, Duration interval) {
    return (quote_per_day - base_per_day) * (to_seconds(interval) / to_seconds(hours(24)));
}

double premium_sample(FundingMethod method, double bid, double ask, double index) {
    if (method == FundingMethod::mean_clamp) {
        return bid > 0.0 && ask > 0.0 ? (0.5 * (bid + ask) - index) / index : 0.0;
    }
    const double above = bid > 0.0 ? std::max(0.0, bid - index) : 0.0;
    const double below = ask > 0.0 ? std::max(0.0, index - ask) : 0.0;
    return (above - below) / index;
}

FundingRate::FundingRate(const FundingRule& rule, const MarginTiers& tiers)
    : rule_{rule},
      cap_ppb_{funding_cap_ppb(rule, tiers)},
      impact_notional_{impact_notional(rule, tiers)} {}

std::int64_t FundingRate::rate_ppb() const {
    return std::llround(funding_rate(rule_, premium(), cap_ppb_) * 1e9);
}

void FundingRate::sample(double impact_bid_usd, double impact_ask_usd, double index_usd) {
    if (!(index_usd > 0.0)) {
        return;
    }
    ++count_;
    const double weight =
        rule_.weights == FundingWeights::linear ? static_cast<double>(count_) : 1.0;
    sum_ += weight * premium_sample(rule_.method, impact_bid_usd, impact_ask_usd, index_usd);
    weight_ += weight;
}

std::int64_t FundingRate::settle_ppb() {
    last_ppb_ = rate_ppb();
    sum_ = 0.0;
    weight_ = 0.0;
    count_ = 0;
    return last_ppb_;
}

Money funding_payment(const Instrument& inst, Lots qty, Ticks price, std::int64_t rate_ppb) {
    const Money signed_notional = notional(inst, price, qty);
    return Money::from_raw(mul_div(signed_notional.raw(), rate_ppb, 1'000'000'000, Round::up));
}

}  // namespace margincall::inline rules
