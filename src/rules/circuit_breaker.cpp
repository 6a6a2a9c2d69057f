#include "rules/circuit_breaker.hpp"

#include "base/integer.hpp"

namespace margincall::inline rules {

bool BreakerWatch::moved(const BreakerRule& rule, SimTime now, Ticks price) {
    if (rule.on == BreakerOn::none || price.raw() <= 0) {
        return false;
    }
    const auto age = [&](std::deque<Seen>& seen) {
        while (!seen.empty() && seen.front().at + rule.window < now) {
            seen.pop_front();
        }
    };
    age(falling_);
    age(rising_);
    while (!falling_.empty() && falling_.back().price <= price) {
        falling_.pop_back();
    }
    falling_.push_back({now, price});
    while (!rising_.empty() && rising_.back().price >= price) {
        rising_.pop_back();
    }
    rising_.push_back({now, price});
    const i128 scaled = i128{price.raw()} * 1'000'000;
    const bool fell = rule.fall_ppm > 0 &&
                      scaled <= i128{falling_.front().price.raw()} * (1'000'000 - rule.fall_ppm);
    const bool rose = rule.rise_ppm > 0 &&
                      scaled >= i128{rising_.front().price.raw()} * (1'000'000 + rule.rise_ppm);
    return fell || rose;
}

}  // namespace margincall::inline rules
