// Which drawn value moves a figure, where it is known which one does.
#include "lab/sensitivity.hpp"

#include <gtest/gtest.h>

#include <cmath>

#include "lab/draws.hpp"

namespace margincall {
namespace {

const std::vector<RangePlan> ranges = {{"up", 1.0, 2.0, "", {}, ""},
                                       {"down", 1.0, 1000.0, " s", {}, ""},
                                       {"nothing", 0.0, 1.0, "", {}, ""},
                                       {"word", 0.0, 0.0, "", {"a", "b", "c"}, ""}};

struct Drawn {
    std::vector<std::uint64_t> seeds;
    std::vector<double> figures;
};
Drawn worlds(std::uint64_t n) {
    Drawn out;
    for (std::uint64_t seed = 1; seed <= n; ++seed) {
        out.seeds.push_back(seed);
        out.figures.push_back(std::exp(2.0 * draw_place(ranges[0], seed)) -
                              6.0 * draw_place(ranges[1], seed));
    }
    return out;
}

TEST(Sensitivities, FindWhatMovesTheFigureAndWhichWay) {
    const Drawn drawn = worlds(60);
    const auto found = sensitivities(ranges, drawn.seeds, drawn.figures);
    ASSERT_EQ(found.size(), 4U);
    EXPECT_GT(found[0].rank_correlation.value(), 0.6);
    EXPECT_TRUE(found[0].clear);
    EXPECT_LT(found[1].rank_correlation.value(), -0.3);
    EXPECT_TRUE(found[1].clear);
    EXPECT_FALSE(found[2].clear);
    EXPECT_FALSE(found[3].clear);
    EXPECT_GT(found[0].high_third.value(), found[0].low_third.value());
    EXPECT_LT(found[1].high_third.value(), found[1].low_third.value());
}

TEST(Sensitivities, SayNothingOfFewWorlds) {
    const Drawn five = worlds(5);
    const auto found = sensitivities(ranges, five.seeds, five.figures);
    EXPECT_FALSE(found[0].low_third.has_value());
    EXPECT_TRUE(found[0].rank_correlation.has_value());
    EXPECT_FALSE(found[0].clear);
    // Nine worlds in perfect order are not clear, ten are.
    for (const std::uint64_t n : {std::uint64_t{9}, std::uint64_t{10}}) {
        Drawn drawn = worlds(n);
        for (std::size_t k = 0; k < drawn.seeds.size(); ++k) {
            drawn.figures[k] = draw_place(ranges[0], drawn.seeds[k]);
        }
        const auto one = sensitivities(ranges, drawn.seeds, drawn.figures);
        EXPECT_DOUBLE_EQ(one[0].rank_correlation.value(), 1.0);
        EXPECT_EQ(one[0].clear, n == 10);
    }
    const std::vector<double> constant(5, 7.0);
    EXPECT_FALSE(sensitivities(ranges, five.seeds, constant)[0].rank_correlation.has_value());
}

TEST(MeanRanks, TiesShareTheirPlaces) {
    const std::vector<double> values = {5.0, 1.0, 5.0, 9.0, 5.0};
    EXPECT_EQ(mean_ranks(values), (std::vector<double>{3.0, 1.0, 3.0, 5.0, 3.0}));
}

TEST(Draws, APlaceIsWhatTheDrawnValueIsMadeOf) {
    for (std::uint64_t seed = 1; seed <= 20; ++seed) {
        const auto draw = draw_of(ranges, seed);
        EXPECT_EQ(draw[1], "down=" + range_value(ranges[1], draw_place(ranges[1], seed)));
        const double choice = draw_place(ranges[3], seed);
        EXPECT_EQ(draw[3], "word=" + ranges[3].one_of[static_cast<std::size_t>(choice)]);
    }
}

}  // namespace
}  // namespace margincall
