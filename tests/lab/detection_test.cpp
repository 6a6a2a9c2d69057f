// Tests for informed trading (docs/detection.md): what they compute, and how power and false positives
// are counted.
#include "lab/detection.hpp"

#include <gtest/gtest.h>

#include "lab/vpin.hpp"
#include "scenario/compile.hpp"

namespace margincall {
namespace {

TEST(Vpin, IsTheMeanImbalanceOfTheLastBuckets) {
    // Buckets of 10: the first all buys, the second half and half, the third all sells.
    const std::vector<MinuteFlow> flow = {{10, 10}, {5, 5}, {5, -5}, {10, -10}};
    EXPECT_NEAR(*vpin(flow, 10.0, 3), 2.0 / 3.0, 1e-12);
    EXPECT_NEAR(*vpin(flow, 10.0, 1), 1.0, 1e-12);
    EXPECT_NEAR(*vpin(flow, 10.0, 2), 0.5, 1e-12);
    EXPECT_FALSE(vpin(flow, 10.0, 4).has_value());
    // A minute that fills more than a bucket is shared out.
    const std::vector<MinuteFlow> lump = {{25, 5}};
    EXPECT_NEAR(*vpin(lump, 10.0, 2), 0.2, 1e-12);
}

TEST(WorldShare, HasTheIntervalOfEveryOtherShare) {
    // Clopper and Pearson (1934), 5 % on each side: 10 of 20: 0.3020 to 0.6980; 0 of 10: 0 to 0.2589.
    const auto half = WorldShare{.hits = 10, .n = 20}.interval();
    EXPECT_NEAR(half[0], 0.3020, 1e-4);
    EXPECT_NEAR(half[1], 0.6980, 1e-4);
    const auto none = WorldShare{.hits = 0, .n = 10}.interval();
    EXPECT_NEAR(none[0], 0.0, 1e-12);
    EXPECT_NEAR(none[1], 0.2589, 1e-4);
    EXPECT_EQ((WorldShare{}.interval()), (std::array<double, 2>{0.0, 1.0}));
}

DetectedSeed seed_of(double without, double with) {
    DetectedSeed out;
    out.without.value[0] = without;
    out.with.value[0] = with;
    return out;
}

TEST(DetectorPower, HoldsEveryWorldToTheOtherHalf) {
    std::vector<DetectedSeed> seeds;
    for (int k = 0; k < 10; ++k) {
        seeds.push_back(seed_of(k, k < 5 ? 100.0 : 0.0));
    }
    // Seeds 0, 2, .. have 0 .. 8 without, seeds 1, 3, .. have 1 .. 9: percentiles 7.6 and 8.6.
    const DetectorPower power = detector_power(seeds, Detector::size);
    EXPECT_NEAR(power.critical[0], 8.6, 1e-9);
    EXPECT_NEAR(power.critical[1], 7.6, 1e-9);
    EXPECT_EQ(power.power.hits, 5);
    EXPECT_EQ(power.power.n, 10);
    EXPECT_EQ(power.false_positives.hits, 1);  // 9, by the even ones
    EXPECT_EQ(power.false_positives.n, 10);
    // A world of which a test says nothing is no world.
    seeds[0].with.value[0].reset();
    EXPECT_EQ(detector_power(seeds, Detector::size).power.n, 9);
    EXPECT_EQ(detector_power(seeds, Detector::vpin).power.n, 0);
}

TEST(Detection, AnswersAreKeptAsLines) {
    DetectedSeed seed = seed_of(0.25, 0.5);
    seed.seed = 12;
    const auto back = parse_detected(detected_json("key", seed));
    ASSERT_TRUE(back.has_value());
    EXPECT_EQ(back->seed, 12U);
    EXPECT_EQ(back->with.value, seed.with.value);
    EXPECT_EQ(back->without.value, seed.without.value);
    EXPECT_FALSE(parse_detected("{}").has_value());
}

// A few minutes of a small market in which a short is opened that is large against everybody's.
TEST(Detection, ALargeShortMovesWhatTheTestsLookAt) {
    const std::string text = R"(
extends = "builtin/blank.toml"
[world]
size = "preview"
[clock]
length = "20 min"
day_to = "20 min"
[assets.T]
copies = 2
[[events]]
name = "News"
at = 2025-11-03T00:12:00Z
until = 2025-11-03T00:14:00Z
type = "factor"
cause = "macro"
change = { equities = "-1 %" }
[[events]]
at = 2025-11-03T00:01:00Z
until = 2025-11-03T00:11:00Z
type = "information"
cause = "informed"
about = "News"
sell = { BTC = "400 m USD" }
traders = 3
participation = "100 %"
)";
    auto compiled = compile_text(text, "informed.toml", ".");
    ASSERT_TRUE(compiled.has_value());
    const auto event = detection_event(compiled->plan);
    ASSERT_TRUE(event.has_value());
    EXPECT_EQ(event->at, SimTime{} + minutes(12));
    EXPECT_EQ(event->before, minutes(12));
    ASSERT_EQ(event->coins.size(), 1U);
    const DetectedSeed seed = detect(std::make_shared<Compiled>(std::move(*compiled)), nullptr);
    const auto of = [](const DetectedWorld& world, Detector d) {
        return world.value[static_cast<std::size_t>(d)].value_or(0.0);
    };
    EXPECT_GT(of(seed.with, Detector::size), of(seed.without, Detector::size));
    EXPECT_GT(of(seed.with, Detector::new_shorts), of(seed.without, Detector::new_shorts));
    EXPECT_GT(of(seed.with, Detector::gain), of(seed.without, Detector::gain));
    // Spread over the venues none of the accounts is among the five largest shorts.
    EXPECT_NEAR(of(seed.with, Detector::top), of(seed.without, Detector::top), 0.002);
}

TEST(Detection, NobodyInformedIsNothingToDetect) {
    const auto compiled = compile_text("extends = \"builtin/blank.toml\"\n", "blank.toml", ".");
    ASSERT_TRUE(compiled.has_value());
    EXPECT_FALSE(detection_event(compiled->plan).has_value());
}

}  // namespace
}  // namespace margincall
