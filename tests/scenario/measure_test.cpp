// Values with units: what is read, what is refused, and that the canonical form reads back the
// same.
#include "scenario/measure.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <string>

namespace margincall {
namespace {

struct MeasuredRow {
    const char* text;
    double value;
    Dimension dimension;
};

TEST(Measure, ReadsUnits) {
    const MeasuredRow rows[] = {
        {"110,495 USD", 110'495.0, Dimension::usd},
        {"1.2 bn USD", 1.2e9, Dimension::usd},
        {"566.4 m USD", 566.4e6, Dimension::usd},
        {"20 k USD", 20e3, Dimension::usd},
        {"-1.5 tn USD", -1.5e12, Dimension::usd},
        {"60 bn USD/day", 60e9, Dimension::usd_per_day},
        {"2.2 m USD/s", 2.2e6, Dimension::usd_per_second},
        {"4 %", 0.04, Dimension::ratio},
        {"0.5 bp", 0.00005, Dimension::ratio},
        {"450 ppm", 0.00045, Dimension::ratio},
        {"2.2 %/day", 0.022, Dimension::ratio_per_day},
        {"250 ms", 0.25, Dimension::time},
        {"250ms", 0.25, Dimension::time},
        {"8 h", 28'800.0, Dimension::time},
        {"5 min", 300.0, Dimension::time},
        {"30 d", 2'592'000.0, Dimension::time},
        {"9,000 BTC", 9'000.0, Dimension::coins},
        {"1.5 m XRP", 1.5e6, Dimension::coins},
        {"1,000", 1'000.0, Dimension::none},
        {"\u22124 %", -0.04, Dimension::ratio},
        {"1e-3 %", 1e-5, Dimension::ratio},
    };
    for (const MeasuredRow& row : rows) {
        const MeasureResult result = parse_measure(row.text);
        ASSERT_TRUE(result.measure) << row.text << ": " << result.problem;
        EXPECT_DOUBLE_EQ(result.measure->value, row.value) << row.text;
        EXPECT_EQ(result.measure->dimension, row.dimension) << row.text;
    }
}

TEST(Measure, RefusesWhatIsNotAValue) {
    for (const char* const text : {"",
                                   "high",
                                   "%",
                                   "4 m",
                                   "60 billion USD",
                                   "3 m %",
                                   "4 % %",
                                   "5 hours",
                                   "1.2.3 USD",
                                   "0,05 %",
                                   "1,5 %",
                                   "1,1,0,4,9,4 USD",
                                   "1_000",
                                   "nan USD",
                                   "inf",
                                   "12 usd",
                                   "nan USD",
                                   "inf %"}) {
        const MeasureResult result = parse_measure(text);
        EXPECT_FALSE(result.measure) << text;
        EXPECT_FALSE(result.problem.empty()) << text;
    }
    EXPECT_EQ(parse_measure("30 m").hint, "minutes are \"min\"; millions are \"m USD\"");
}

TEST(Measure, CanonicalFormReadsBackAndIsStable) {
    const Unit units[] = {Unit::share,
                          Unit::per_day,
                          Unit::usd,
                          Unit::usd_per_day,
                          Unit::usd_per_second,
                          Unit::duration};
    for (const Unit unit : units) {
        // A spread of sizes; the form keeps twelve digits.
        for (double value = 1.7e-6; value < 1e11; value *= 3.7) {
            const std::string text = format_measure(value, unit);
            const MeasureResult once = parse_measure(text);
            ASSERT_TRUE(once.measure) << text << ": " << once.problem;
            if (unit != Unit::duration || value >= 1e-6) {
                EXPECT_NEAR(once.measure->value / value, 1.0, 1e-9) << text;
            }
            EXPECT_EQ(format_measure(once.measure->value, unit), text);
        }
    }
    EXPECT_EQ(format_measure(0.04, Unit::share), "4 %");
    EXPECT_EQ(format_measure(1.23e9, Unit::usd), "1.23 bn USD");
    EXPECT_EQ(format_measure(110'494.9, Unit::usd), "110,494.9 USD");
    EXPECT_EQ(format_measure(0.25, Unit::duration), "250 ms");
    EXPECT_EQ(format_measure(176'400.0, Unit::duration), "49 h");
}

TEST(Measure, WritesDatesOfTheCalendar) {
    EXPECT_EQ(iso_utc(0), "1970-01-01T00:00:00Z");
    EXPECT_EQ(iso_utc(1'762'128'000), "2025-11-03T00:00:00Z");
    EXPECT_EQ(iso_utc(951'782'399), "2000-02-28T23:59:59Z");
    EXPECT_EQ(iso_utc(951'868'800), "2000-03-01T00:00:00Z");
    EXPECT_EQ(iso_utc(-1), "1969-12-31T23:59:59Z");
}

}  // namespace
}  // namespace margincall
