// Prices as lending markets see them: the latest answer of one feed per asset, dollars with 8
// decimals, between the market and the answer whatever cap and lag the feed has. Sources:
// bgd-labs/aave-capo (growth-capped rates, capped stables); Chainlink's deviation and heartbeat.
#pragma once

#include <cstdint>
#include <optional>

#include "defi/aave_math.hpp"

namespace margincall::aave {

// A feed that publishes when the market has moved by `deviation_bps` since the last answer or after
// `heartbeat_s` seconds, and whose answers arrive `delay_s` later.
struct LaggedFeedRules {
    std::uint32_t deviation_bps = 50;
    std::uint64_t heartbeat_s = 3'600;
    std::uint64_t delay_s = 0;
};
class LaggedFeed {
  public:
    LaggedFeed() = default;
    LaggedFeed(const LaggedFeedRules& rules, const U256& price, std::uint64_t now_s);
    // The market's price at a time; times do not run backwards.
    void observe(const U256& market_price, std::uint64_t now_s);
    // The answer that contracts read at this time.
    [[nodiscard]] const U256& answer(std::uint64_t now_s);
    [[nodiscard]] std::uint64_t answered_at() const { return answered_at_s_; }

  private:
    struct UnderWay {
        U256 price;
        std::uint64_t arrives_s = 0;
    };
    void deliver(std::uint64_t now_s);

    LaggedFeedRules rules_;
    U256 answer_;  // last price that arrived
    std::uint64_t answered_at_s_ = 0;
    std::optional<UnderWay> under_way_;  // one at a time; the next waits for it
};

// min(price, cap): stables are capped a few percent above one dollar.
[[nodiscard]] U256 capped_stable_price(const U256& price, const U256& cap);

// CAPO: the exchange rate of a growing token may not exceed a snapshot that grows by at most
// `max_yearly_growth_bps` (linear), so that a donation or a bad rate cannot lift its price.
struct RateCap {
    U256 snapshot_ratio;  // any fixed scale
    std::uint64_t snapshot_s = 0;
    std::uint32_t max_yearly_growth_bps = 0;
};
[[nodiscard]] U256 capped_ratio(const RateCap& cap, const U256& ratio, std::uint64_t now_s);

// Price of a growing token: capped ratio (of `ratio_unit`) times the base asset's price.
[[nodiscard]] U256 ratio_price(const U256& ratio, const U256& ratio_unit, const U256& base_price);

// Price of a principal token: the underlying less a linear discount until maturity.
struct PrincipalDiscount {
    std::uint32_t rate_bps = 0;  // per year
    std::uint64_t maturity_s = 0;
};
[[nodiscard]] U256 discounted_price(const PrincipalDiscount& discount,
                                    const U256& underlying_price,
                                    std::uint64_t now_s);

}  // namespace margincall::aave
