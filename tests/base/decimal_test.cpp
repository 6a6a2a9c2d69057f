#include "base/decimal.hpp"

#include <gtest/gtest.h>

namespace margincall {
namespace {

TEST(Decimal, IsExactAndPlain) {
    EXPECT_EQ(product_money(*parse_decimal("0.1"), *parse_decimal("0.00001"), Round::up)->raw(), 1);
    EXPECT_EQ(product_money(*parse_decimal("0.1"), *parse_decimal("0.000001"), Round::down)->raw(),
              0);
    EXPECT_FALSE(product_money(
        *parse_decimal("999999999999999999"), *parse_decimal("999999999999999999"), Round::up));
    EXPECT_EQ(*scaled(*parse_decimal("-1.5"), 0, Round::down), -2);
    EXPECT_EQ(*scaled(*parse_decimal("-1.5"), 0, Round::up), -1);
    EXPECT_FALSE(scaled(*parse_decimal("999999999999999999"), 2, Round::down));
    EXPECT_EQ(parse_decimal("+0.1")->value(), 0.1);
    for (const char* const text :
         {"", "-", ".", "1e5", "nan", "0x10", "1,000", "1.2.3", " 1", "1234567890123456789"}) {
        EXPECT_FALSE(parse_decimal(text).has_value()) << text;
    }
}

TEST(Decimal, LongOnesMayHaveAnExponent) {
    const auto units = [](const char* text, int places) {
        return in_units(*parse_long_decimal(text), places);
    };
    EXPECT_EQ(units("0.1", 18), i128{100'000'000'000'000'000});
    EXPECT_EQ(units("-1.25e-05", 7), i128{-125});
    EXPECT_EQ(units("1.5E+3", 0), i128{1'500});
    EXPECT_EQ(units("92203504694.99632", 5), i128{9'220'350'469'499'632});
    EXPECT_EQ(units("-0.0000001", 6), i128{-1});  // cut downward
    EXPECT_EQ(parse_long_decimal("2.500")->places, 1);
    EXPECT_TRUE((to_fraction(*parse_long_decimal("0.0125")) == Fraction{1, 80}));
    EXPECT_EQ(to_text(parse_long_decimal("-170141183460469231731")->digits),
              "-170141183460469231731");
    EXPECT_EQ(to_text(0), "0");
    for (const char* const text : {"", "-", "e5", "1e", "1e5x", "1e99", "1e-99", "1e--5"}) {
        EXPECT_FALSE(parse_long_decimal(text).has_value()) << text;
    }
}

}  // namespace
}  // namespace margincall
