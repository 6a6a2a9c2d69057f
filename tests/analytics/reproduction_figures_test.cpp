// The largest R of a day among its samples: first of equals, without what has no bound, lies lower in price
// or outside the day.
#include "analytics/reproduction_figures.hpp"

#include <gtest/gtest.h>

#include <limits>

#include "analytics/summary.hpp"
#include "record/synthetic_run.hpp"

namespace margincall {
namespace {

using testing::add_reproduction;
using testing::synthetic_plan;

TEST(ReproductionFigures, AreTheLargestOfTheDayAsPricesStood) {
    const double unbounded = std::numeric_limits<double>::infinity();
    Plan plan = synthetic_plan();
    plan.day_from = hours(24);
    plan.day_to = hours(48);
    MemoryRecorder recorder(plan);
    add_reproduction(recorder, hours(20), 0.0, 0.9, 0.8);  // before the day
    add_reproduction(recorder, hours(26), 0.0, 0.3, 0.2);
    add_reproduction(recorder, hours(27), 0.1, 1.5, 1.6);  // at lower prices
    add_reproduction(recorder, hours(30), 0.0, 0.25, 0.5);
    add_reproduction(recorder, hours(31), 0.0, unbounded, 0.1);
    add_reproduction(recorder, hours(40), 0.0, 0.1, 0.5);
    const MarketView view(plan, recorder);

    const auto peak = reproduction_peak(view);
    ASSERT_TRUE(peak);
    EXPECT_EQ(peak->value, 0.5);
    EXPECT_EQ(peak->time_ns, hours(30).raw());
    EXPECT_EQ(peak->asset, 1U);
    const auto bitcoin = reproduction_peak(view, 0);
    ASSERT_TRUE(bitcoin);
    EXPECT_EQ(bitcoin->value, 0.3);
    EXPECT_EQ(bitcoin->time_ns, hours(26).raw());
    EXPECT_FALSE(reproduction_peak(view, 4)) << "no samples of that coin";

    const Summary summary = summarise(plan, {}, recorder);
    EXPECT_EQ(summary.metric("reproduction_max").value, 0.5);
    EXPECT_EQ(summary.metric("reproduction_max_at").value, 30.0);
    EXPECT_EQ(summary.metric("reproduction_btc_max").value, 0.3);
}

TEST(ReproductionFigures, OfARunWithoutSamplesAreNotKnown) {
    const Plan plan = synthetic_plan();
    const MemoryRecorder recorder(plan);
    EXPECT_FALSE(reproduction_peak(MarketView(plan, recorder)));
    EXPECT_FALSE(summarise(plan, {}, recorder).metric("reproduction_max").value);
}

}  // namespace
}  // namespace margincall
