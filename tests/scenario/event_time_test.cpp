// Moments of events, read back from the resolved text.
#include <gtest/gtest.h>

#include "scenario/compile.hpp"

namespace margincall {
namespace {

// --set writes a source beside the moment; it was read back as the start of the run.
TEST(EventTime, AMomentThatWasSetIsTheSameInTheResolvedText) {
    const auto set = compile_scenario(
        MC_SOURCE_DIR "/scenarios/flash.toml",
        {"events.0.at=2025-11-03T01:02:00Z", "events.0.until=2025-11-03T01:08:00Z"});
    ASSERT_TRUE(set) << set.error().front().message;
    ASSERT_EQ(set->plan.events.at(0).at, SimTime{} + minutes(62));
    const auto again = compile_text(set->resolved, "resolved.toml", ".");
    ASSERT_TRUE(again) << again.error().front().message;
    EXPECT_EQ(again->plan.events.at(0).at, SimTime{} + minutes(62));
    EXPECT_EQ(again->plan.events.at(0).until, SimTime{} + minutes(68));
    EXPECT_EQ(again->plan.scenario_hash, set->plan.scenario_hash);
}

TEST(EventTime, AMomentWithItsSourceMustLieInTheRun) {
    const auto late = compile_scenario(MC_SOURCE_DIR "/scenarios/flash.toml",
                                       {"events.0.at={ value = 2026-11-03T01:02:00Z, source = "
                                        "\"assumed: a test\" }"});
    ASSERT_FALSE(late);
    EXPECT_EQ(late.error().front().code, "E301");
}

}  // namespace
}  // namespace margincall
