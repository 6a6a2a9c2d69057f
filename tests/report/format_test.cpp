#include "report/format.hpp"

#include <gtest/gtest.h>

namespace margincall {
namespace {

TEST(Format, MoneyIsShortAndSigned) {
    EXPECT_EQ(format_money(1.93e9), "$1.93 bn");
    EXPECT_EQ(format_money(-1.2e6), "−$1.2 m");
    EXPECT_EQ(format_money(999'499), "$999,499");
    EXPECT_EQ(format_money(999'500), "$1.0 m");
    EXPECT_EQ(format_money(999.96e6), "$1.00 bn");
    EXPECT_EQ(format_money(0), "$0");
    EXPECT_EQ(format_money(-0.2), "$0");
}

TEST(Format, PricesKeepTheDigitsThatMatter) {
    EXPECT_EQ(format_price(98'944.36), "$98,944");
    EXPECT_EQ(format_price(187.6), "$187.60");
    EXPECT_EQ(format_price(2.525), "$2.5250");
}

TEST(Format, PercentAndRates) {
    EXPECT_EQ(format_percent(-0.0717), "−7.2 %");
    EXPECT_EQ(format_percent(0.803), "80.3 %");
    EXPECT_EQ(format_percent(-0.0006), "−0.06 %");
    EXPECT_EQ(format_percent(0), "0.0 %");
    EXPECT_EQ(format_rate(0.000028), "+0.0028 %");
    EXPECT_EQ(format_rate(-0.0001), "−0.0100 %");
    EXPECT_EQ(format_rate(0), "0.0000 %");
}

TEST(Format, NothingKnownIsADash) {
    EXPECT_EQ(format_metric(metric_names[0], std::nullopt), "—");
    EXPECT_EQ(format_money(std::numeric_limits<double>::quiet_NaN()), "—");
}

TEST(Format, TimesAreUtc) {
    EXPECT_EQ(format_utc(1'762'292'100), "2025-11-04 21:35 UTC");
    EXPECT_EQ(format_utc_day(1'762'292'100), "4 November 2025");
    EXPECT_EQ(format_utc(0), "1970-01-01 00:00 UTC");
}

TEST(Format, PaddingCountsCharactersNotBytes) {
    EXPECT_EQ(pad_left("−7 %", 6), "  −7 %");
    EXPECT_EQ(pad_right("…", 3), "…  ");
    EXPECT_EQ(pad_left("longer", 3), "longer");
}

}  // namespace
}  // namespace margincall
