#include "analytics/quantiles.hpp"

#include <gtest/gtest.h>

#include <array>
#include <cmath>
#include <vector>

#include "analytics/path_series.hpp"

namespace margincall {
namespace {

TEST(Quantiles, TheMediansErrorOfThreeIsThatOfAllTwentySevenDraws) {
    // Of 27 equally likely draws of three from {0, 1, 3} the median is 0 in 7, 1 in 13 and 3 in 7.
    const std::array<double, 3> values = {0, 1, 3};
    const double mean = (7 * 0 + 13 * 1 + 7 * 3) / 27.0;
    const double square = (7 * 0 + 13 * 1 + 7 * 9) / 27.0;
    ASSERT_TRUE(median_error(values));
    EXPECT_NEAR(*median_error(values), std::sqrt(square - mean * mean), 1e-12);
}

TEST(Quantiles, TheMediansErrorFallsWithTheSampleAndNeedsTwo) {
    EXPECT_FALSE(median_error({}));
    EXPECT_FALSE(median_error(std::array{1.0}));
    EXPECT_EQ(*median_error(std::array{2.0, 2.0}), 0.0);
    // Evenly spread values: 1 / (2 f sqrt(n)) with density 1.
    std::vector<double> even;
    for (int k = 0; k < 401; ++k) {
        even.push_back((k + 0.5) / 401.0);
    }
    EXPECT_NEAR(*median_error(even), 0.5 / std::sqrt(401.0), 0.0003);
}

TEST(Quantiles, InterpolateBetweenOrderStatistics) {
    const std::array<double, 4> values = {1, 2, 4, 8};
    EXPECT_EQ(quantile(values, 0.0), 1.0);
    EXPECT_EQ(quantile(values, 1.0), 8.0);
    EXPECT_EQ(quantile(values, 0.5), 3.0);
    EXPECT_FALSE(quantile({}, 0.5));
}

TEST(SeriesBand, QuantilesAtEveryPointOfThePathsThatHaveAValue) {
    const float none = std::nanf("");
    const std::vector<float> a = {1, none, none};
    const std::vector<float> b = {3, 5, none};
    const SeriesBand band = series_band({&a, &b});
    EXPECT_EQ(band.p50[0], 2.0F);
    EXPECT_EQ(band.p25[0], 1.5F);
    EXPECT_EQ(band.p05[1], 5.0F);
    EXPECT_EQ(band.p95[1], 5.0F);
    EXPECT_TRUE(std::isnan(band.p50[2]));
}

}  // namespace
}  // namespace margincall
