// R on the page and on the terminal: the line, what each step of the page shows, the three looks at lower
// prices.
#include "report/reproduction_data.hpp"

#include <gtest/gtest.h>

#include "record/synthetic_run.hpp"
#include "report/report_data.hpp"

namespace margincall {
namespace {

using testing::add_reproduction;
using testing::synthetic_plan;

// A look at lower prices at one minute: R rises with the fall.
void add_curve(MemoryRecorder& recorder, std::int64_t at_min) {
    for (const double fall : {0.005, 0.01}) {
        add_reproduction(recorder, minutes(at_min), fall, 10.0 * fall, 20.0 * fall);
    }
}

class ReproductionPage : public ::testing::Test {
  protected:
    ReproductionPage() {
        plan_.day_from = Duration{};
        add_curve(recorder_, 1);
        add_reproduction(recorder_, minutes(1), 0.0, 0.01, 0.02);
        add_reproduction(recorder_, minutes(60), 0.0, 0.3, 0.1);
        add_curve(recorder_, 61);
        add_reproduction(recorder_, minutes(75), 0.0, 0.2, 0.62);
        add_reproduction(recorder_, minutes(120), 0.0, 0.1, 0.05);
        add_curve(recorder_, 121);
    }
    Plan plan_ = synthetic_plan();
    MemoryRecorder recorder_;
};

TEST_F(ReproductionPage, LineSaysWhenRWasHighestAndOfWhichCoin) {
    EXPECT_EQ(reproduction_line(MarketView(plan_, recorder_)),
              "R at its highest: 0.62 at 01:15 (ETH); BTC alone 0.30 at 01:00\n");
    const MemoryRecorder nothing;
    EXPECT_EQ(reproduction_line(MarketView(plan_, nothing)), "");
    EXPECT_EQ(reproduction_json(MarketView(plan_, nothing), TimeGrid{minutes(60).raw(), 3}),
              nullptr);
}

TEST_F(ReproductionPage, StepsHoldTheirLargestSampleAndCurvesTheirBar) {
    const auto json = reproduction_json(MarketView(plan_, recorder_), TimeGrid{hours(1).raw(), 3});
    EXPECT_EQ(json["max"], 0.62);
    EXPECT_EQ(json["max_coin"], "ETH");
    EXPECT_EQ(json["all"], encode_column(std::vector{0.3, 0.62, no_value}));
    ASSERT_EQ(json["coins"].size(), 2U);
    EXPECT_EQ(json["coins"][0]["name"], "BTC");
    EXPECT_EQ(json["coins"][0]["own"], encode_column(std::vector{0.3, 0.2, no_value}));
    // Before, the last look before R was highest, after; each begins with the bar that ended last.
    ASSERT_EQ(json["curves"].size(), 3U);
    EXPECT_EQ(json["curves"][1]["label"], "when R was highest");
    EXPECT_EQ(json["curves"][1]["at_s"], 61.0 * 60.0);
    EXPECT_EQ(json["curves"][1]["fall"], encode_column(std::vector{0.0, 0.005, 0.01}));
    EXPECT_EQ(json["curves"][1]["all"], encode_column(std::vector{0.3, 0.1, 0.2}));
    EXPECT_EQ(json["curves"][1]["coins"][0], encode_column(std::vector{0.3, 0.05, 0.1}));
    EXPECT_EQ(json["curves"][2]["all"], encode_column(std::vector{0.05 * 2, 0.1, 0.2}));
}

}  // namespace
}  // namespace margincall
