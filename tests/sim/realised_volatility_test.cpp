#include <gtest/gtest.h>

#include <cmath>

#include "base/random.hpp"
#include "sim/market_data.hpp"

namespace margincall {
namespace {

constexpr double sigma = 0.022;

TEST(RealisedVolatility, StartsAtTheOrdinaryOneAndStaysNearItOnARandomWalk) {
    RealisedVolatility v{sigma};
    EXPECT_NEAR(v.per_day(), sigma, 1e-12);
    Rng rng{1, 2, Purpose::test};
    double m = 11.0;
    double sum = 0.0;
    for (int s = 0; s < 86'400; ++s) {
        m += sigma / std::sqrt(86'400.0) * rng.normal();
        v.push(m);
        sum += v.per_day();
    }
    // The largest of four estimates of the same: a little above.
    EXPECT_GT(sum / 86'400.0, 1.0 * sigma);
    EXPECT_LT(sum / 86'400.0, 1.4 * sigma);
}

TEST(RealisedVolatility, ASteadyFallIsSeenThoughNoSecondStandsOut) {
    // 1 % a minute for five minutes: no second moves by more than half of what an ordinary one does
    // fifty times over, and a minute's return says 17 ordinary volatilities.
    RealisedVolatility v{sigma};
    double m = 11.0;
    for (int s = 0; s < 600; ++s) {
        v.push(m);
    }
    for (int s = 0; s < 300; ++s) {
        m -= 0.01 / 60.0;
        v.push(m);
    }
    const double by_second = 0.01 / 60.0 * std::sqrt(86'400.0) / sigma;
    EXPECT_LT(by_second, 2.5);
    EXPECT_GT(v.per_day() / sigma, 10.0);
}

TEST(RealisedVolatility, BounceOfTheTouchDoesNotGrowWithTheScale) {
    // A quote that jumps to and fro by one spread: only the shortest scale sees it.
    RealisedVolatility v{1e-9};
    for (int s = 0; s < 3'600; ++s) {
        v.push(11.0 + (s % 2 == 0 ? 0.0 : 1e-5));
    }
    EXPECT_NEAR(v.per_day(), 1e-5 * std::sqrt(86'400.0), 1e-6);
}

}  // namespace
}  // namespace margincall
