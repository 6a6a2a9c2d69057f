// Ends of the interval by their definition, and where they are known in closed form.
#include "analytics/binomial.hpp"

#include <gtest/gtest.h>

#include <cmath>

namespace margincall {
namespace {

double choose(int n, int k) {
    double out = 1.0;
    for (int i = 0; i < k; ++i) {
        out = out * (n - i) / (i + 1);
    }
    return out;
}
// Probability of `from` .. `to` of n.
double probability(int n, int from, int to, double p) {
    double out = 0.0;
    for (int k = from; k <= to; ++k) {
        out += choose(n, k) * std::pow(p, k) * std::pow(1.0 - p, n - k);
    }
    return out;
}

TEST(ShareInterval, EndsAreWhereTheTailIsFivePercent) {
    const ShareInterval of = share_interval(7, 12);
    EXPECT_NEAR(probability(12, 7, 12, of.low), 0.05, 1e-9);
    EXPECT_NEAR(probability(12, 0, 7, of.high), 0.05, 1e-9);
}

TEST(ShareInterval, AllOrNone) {
    EXPECT_EQ(share_interval(0, 20).low, 0.0);
    EXPECT_EQ(share_interval(20, 20).high, 1.0);
    EXPECT_NEAR(share_interval(20, 20).low, std::pow(0.05, 1.0 / 20), 1e-12);
    // 59 of 59 is the least that says "in 95 of 100 or more" at 95 %.
    EXPECT_GE(share_interval(59, 59).low, 0.95);
    EXPECT_LT(share_interval(58, 58).low, 0.95);
    EXPECT_EQ(share_interval(0, 0).low, 0.0);
    EXPECT_EQ(share_interval(0, 0).high, 1.0);
}

}  // namespace
}  // namespace margincall
