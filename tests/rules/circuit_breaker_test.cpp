// When a breaker trips: at the tick, at the nanosecond, and against a search over all that was seen.
#include "rules/circuit_breaker.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <utility>
#include <vector>

#include "base/random.hpp"

namespace margincall {
namespace {

BreakerRule rule_of(std::int64_t fall_ppm, std::int64_t rise_ppm, Duration window) {
    BreakerRule rule;
    rule.on = BreakerOn::mark;
    rule.fall_ppm = fall_ppm;
    rule.rise_ppm = rise_ppm;
    rule.window = window;
    return rule;
}
SimTime at(std::int64_t s) {
    return SimTime{} + seconds(s);
}

TEST(CircuitBreaker, AFallOfExactlyTheShareTrips) {
    const BreakerRule rule = rule_of(50'000, 0, minutes(5));
    BreakerWatch watch;

    EXPECT_FALSE(watch.moved(rule, at(0), Ticks::from_raw(100'000)));
    EXPECT_FALSE(watch.moved(rule, at(1), Ticks::from_raw(95'001)));
    EXPECT_TRUE(watch.moved(rule, at(2), Ticks::from_raw(95'000)));
}

TEST(CircuitBreaker, ARiseTripsOnlyWhereItIsWatched) {
    BreakerWatch watch;
    const BreakerRule down_only = rule_of(50'000, 0, minutes(5));
    EXPECT_FALSE(watch.moved(down_only, at(0), Ticks::from_raw(100'000)));
    EXPECT_FALSE(watch.moved(down_only, at(1), Ticks::from_raw(200'000)));
    BreakerWatch both;
    const BreakerRule up = rule_of(0, 100'000, minutes(5));
    EXPECT_FALSE(both.moved(up, at(0), Ticks::from_raw(100'000)));
    EXPECT_FALSE(both.moved(up, at(1), Ticks::from_raw(109'999)));
    EXPECT_TRUE(both.moved(up, at(2), Ticks::from_raw(110'000)));
    EXPECT_FALSE(both.moved(up, at(3), Ticks::from_raw(1)));
}

TEST(CircuitBreaker, WhatIsOlderThanTheWindowDoesNotCount) {
    const BreakerRule rule = rule_of(50'000, 0, seconds(10));
    BreakerWatch watch;
    EXPECT_FALSE(watch.moved(rule, at(0), Ticks::from_raw(100'000)));
    EXPECT_FALSE(watch.moved(rule, at(5), Ticks::from_raw(97'000)));
    BreakerWatch in_time = watch;

    EXPECT_TRUE(in_time.moved(rule, at(10), Ticks::from_raw(95'000)));  // ten seconds back is in
    EXPECT_FALSE(
        watch.moved(rule, at(10) + nanoseconds(1), Ticks::from_raw(95'000)));  // from 97,000: 2 %
}

TEST(CircuitBreaker, AfterAHaltItBeginsAnew) {
    const BreakerRule rule = rule_of(50'000, 0, minutes(5));
    BreakerWatch watch;
    (void)watch.moved(rule, at(0), Ticks::from_raw(100'000));
    EXPECT_TRUE(watch.moved(rule, at(1), Ticks::from_raw(90'000)));
    watch.forget();

    EXPECT_FALSE(watch.moved(rule, at(2), Ticks::from_raw(89'000)));
    EXPECT_TRUE(watch.moved(rule, at(3), Ticks::from_raw(84'000)));
}

TEST(CircuitBreaker, OffOrWithoutAPriceItDoesNothing) {
    BreakerRule rule = rule_of(1, 1, minutes(5));
    BreakerWatch watch;
    EXPECT_FALSE(watch.moved(rule, at(0), Ticks::from_raw(100)));
    EXPECT_FALSE(watch.moved(rule, at(1), Ticks{}));
    rule.on = BreakerOn::none;
    EXPECT_FALSE(watch.moved(rule, at(2), Ticks::from_raw(1)));
}

TEST(CircuitBreaker, RandomPathsAgainstAllThatWasSeen) {
    std::size_t tripped = 0;
    for (std::uint64_t seed = 1; seed <= 40; ++seed) {
        Rng rng(seed, 7, Purpose::size);
        const BreakerRule rule = rule_of(30'000, 40'000, seconds(20));
        BreakerWatch watch;
        std::vector<std::pair<std::int64_t, std::int64_t>> seen;
        std::int64_t price = 10'000;
        for (std::int64_t t = 0; t < 300; t += 1 + static_cast<std::int64_t>(rng.below(4))) {
            price += static_cast<std::int64_t>(rng.below(201)) - 100;
            seen.emplace_back(t, price);
            std::int64_t high = 0;
            std::int64_t low = 1'000'000;
            for (const auto& [when, what] : seen) {
                if (when >= t - 20) {
                    high = std::max(high, what);
                    low = std::min(low, what);
                }
            }
            const bool expected =
                price * 1'000'000 <= high * 970'000 || price * 1'000'000 >= low * 1'040'000;
            ASSERT_EQ(watch.moved(rule, at(t), Ticks::from_raw(price)), expected);
            tripped += expected ? 1U : 0U;
        }
    }
    EXPECT_GT(tripped, 100U);
}

}  // namespace
}  // namespace margincall
