#include "clearing/funding.hpp"

#include <algorithm>
#include <cmath>

namespace margincall {

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
    const double per_8h = premium + std::clamp(interest - premium, -damper, damper);
    const double share =
        static_cast<double>(rule.interval.raw()) / static_cast<double>(hours(8).raw());
    return std::clamp(per_8h * share, -cap, cap);
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
    const double above = impact_bid_usd > 0.0 ? std::max(0.0, impact_bid_usd - index_usd) : 0.0;
    const double below = impact_ask_usd > 0.0 ? std::max(0.0, index_usd - impact_ask_usd) : 0.0;
    ++count_;
    const double weight =
        rule_.weights == FundingWeights::linear ? static_cast<double>(count_) : 1.0;
    sum_ += weight * (above - below) / index_usd;
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

}  // namespace margincall
