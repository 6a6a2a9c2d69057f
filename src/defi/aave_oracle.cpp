#include "defi/aave_oracle.hpp"

namespace margincall::aave {

LaggedFeed::LaggedFeed(const LaggedFeedRules& rules, const U256& price, std::uint64_t now_s)
    : rules_(rules), answer_(price), answered_at_s_(now_s) {}

void LaggedFeed::deliver(std::uint64_t now_s) {
    if (under_way_ && now_s >= under_way_->arrives_s) {
        answer_ = under_way_->price;
        answered_at_s_ = under_way_->arrives_s;
        under_way_.reset();
    }
}

void LaggedFeed::observe(const U256& market_price, std::uint64_t now_s) {
    deliver(now_s);
    const bool moved =
        distance(market_price, answer_) * percentage_factor >= answer_ * rules_.deviation_bps;
    const bool old = now_s >= answered_at_s_ + rules_.heartbeat_s;
    if (!under_way_ && (moved || old)) {
        under_way_ = UnderWay{market_price, now_s + rules_.delay_s};
        deliver(now_s);
    }
}

const U256& LaggedFeed::answer(std::uint64_t now_s) {
    deliver(now_s);
    return answer_;
}

U256 capped_stable_price(const U256& price, const U256& cap) {
    return min(price, cap);
}

U256 capped_ratio(const RateCap& cap, const U256& ratio, std::uint64_t now_s) {
    const std::uint64_t age_s = now_s > cap.snapshot_s ? now_s - cap.snapshot_s : 0;
    const U256 growth = cap.snapshot_ratio * cap.max_yearly_growth_bps * age_s /
                        (U256{percentage_factor} * seconds_per_year);
    return min(ratio, cap.snapshot_ratio + growth);
}

U256 ratio_price(const U256& ratio, const U256& ratio_unit, const U256& base_price) {
    return ratio * base_price / ratio_unit;
}

U256 discounted_price(const PrincipalDiscount& discount,
                      const U256& underlying_price,
                      std::uint64_t now_s) {
    const std::uint64_t left_s = discount.maturity_s > now_s ? discount.maturity_s - now_s : 0;
    const U256 off = underlying_price * discount.rate_bps * left_s /
                     (U256{percentage_factor} * seconds_per_year);
    return difference_or_zero(underlying_price, off);
}

}  // namespace margincall::aave
