#include "analytics/run_difference.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <vector>

namespace margincall {
namespace {

using Paths = std::vector<PathValue>;

// Tables of Student's t, 95 % one-sided.
TEST(StudentQuantile, MatchesThePrintedTables) {
    EXPECT_NEAR(student_quantile(0.95, 1), 6.313752, 1e-6);
    EXPECT_NEAR(student_quantile(0.95, 9), 1.833113, 1e-6);
    EXPECT_NEAR(student_quantile(0.95, 199), 1.652547, 1e-6);
}

TEST(RunDifference, OfSinglePathsHasNoInterval) {
    const auto found = run_difference(Paths{{7, 100.0}}, Paths{{7, 98.0}});
    ASSERT_TRUE(found);
    EXPECT_EQ(found->mean, -2.0);
    EXPECT_EQ(found->pairing, Pairing::single);
    EXPECT_FALSE(found->low);
    EXPECT_FALSE(found->resolvable());
    EXPECT_TRUE(found->distinct());
    EXPECT_FALSE(run_difference(Paths{{7, 1.0}}, Paths{{7, 1.0}})->distinct());
    EXPECT_FALSE(run_difference(Paths{}, Paths{{7, 98.0}}));
}

// Differences 1, 2, 3: mean 2, standard deviation 1, t(0.95, 2) = 2.919986.
TEST(RunDifference, OfEqualSeedsIsPaired) {
    const Paths first = {{1, 10.0}, {2, 500.0}, {3, -70.0}};
    const Paths second = {{3, -67.0}, {1, 11.0}, {2, 502.0}};
    const auto found = run_difference(first, second);
    EXPECT_EQ(found->pairing, Pairing::paired);
    EXPECT_EQ(found->first_paths, 3U);
    EXPECT_NEAR(found->mean, 2.0, 1e-12);
    EXPECT_NEAR(*found->resolvable(), 2.919986 / std::sqrt(3.0), 1e-6);
    EXPECT_NEAR(*found->low, 2.0 - 2.919986 / std::sqrt(3.0), 1e-6);
    EXPECT_TRUE(found->distinct());
}

TEST(RunDifference, OnlyTheCommonSeedsArePaired) {
    const Paths first = {{1, 1.0}, {2, 2.0}, {8, 1000.0}};
    const Paths second = {{1, 2.0}, {2, 3.0}, {9, -1000.0}};
    const auto found = run_difference(first, second);
    EXPECT_EQ(found->pairing, Pairing::paired);
    EXPECT_EQ(found->second_paths, 2U);
    EXPECT_EQ(found->mean, 1.0);
    EXPECT_EQ(*found->low, 1.0);
    EXPECT_EQ(*found->high, 1.0);
}

// Welch's example by hand: 1, 2, 3 against 10, 20, 30, 40: means 2 and 25, variances 1 and 500/3.
// Standard error sqrt(1/3 + 41.667) = 6.480741, degrees 42^2 / (0.3333^2 / 2 + 41.667^2 / 3) = 3.04790.
TEST(RunDifference, OfOtherSeedsIsWelchs) {
    const Paths first = {{1, 1.0}, {2, 2.0}, {3, 3.0}};
    const Paths second = {{4, 10.0}, {5, 20.0}, {6, 30.0}, {7, 40.0}};
    const auto found = run_difference(first, second);
    EXPECT_EQ(found->pairing, Pairing::unpaired);
    EXPECT_EQ(found->first_paths, 3U);
    EXPECT_EQ(found->second_paths, 4U);
    EXPECT_NEAR(found->mean, 23.0, 1e-12);
    EXPECT_NEAR(*found->resolvable(), student_quantile(0.95, 3.047900) * 6.480741, 1e-4);
    EXPECT_FALSE(run_difference(first, Paths{{9, 2.0}})->low) << "one path has no variance";
}

TEST(RunDifference, AnIntervalAroundZeroIsNoDifference) {
    const Paths first = {{1, 1.0}, {2, 2.0}, {3, 3.0}};
    const Paths second = {{1, 2.0}, {2, 1.0}, {3, 3.5}};
    const auto found = run_difference(first, second);
    EXPECT_GT(found->mean, 0.0);
    EXPECT_FALSE(found->distinct());
}

}  // namespace
}  // namespace margincall
