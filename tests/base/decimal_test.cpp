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

TEST(Decimal, NumbersAreReadAsPeopleWriteThem) {
    struct Row {
        std::string_view text;
        std::string_view plain;
        std::size_t length;
    };
    for (const Row& row : {Row{"5", "5", 1},
                           Row{"-0.25 %", "-0.25", 5},
                           Row{"+7", "7", 2},
                           Row{"\u22123.5", "-3.5", 6},
                           Row{"1,234", "1234", 5},
                           Row{"12,345,678.90 USD", "12345678.90", 13},
                           Row{"123,456", "123456", 7},
                           Row{".5", ".5", 2},
                           Row{"5. x", "5.", 2},
                           Row{"1e5", "1e5", 3},
                           Row{"1,000e+2", "1000e2", 8},
                           Row{"2.5E-07s", "2.5e-07", 7},
                           Row{"3ether", "3", 1},
                           Row{"3 USD", "3", 1}}) {
        const NumberText got = number_at_front(row.text);
        EXPECT_EQ(got.problem, "") << row.text;
        EXPECT_EQ(got.plain, row.plain) << row.text;
        EXPECT_EQ(got.length, row.length) << row.text;
    }
}

TEST(Decimal, ADecimalCommaIsNamedAndNotReadAsGrouping) {
    struct Row {
        std::string_view text;
        std::string_view problem;
    };
    for (const Row& row :
         {Row{"0,05 %", "\"0,05\" has a decimal comma; write 0.05"},
          Row{"1,5", "\"1,5\" has a decimal comma; write 1.5"},
          Row{"-1,5", "\"1,5\" has a decimal comma; write 1.5"},
          Row{",5", "\",5\" has a decimal comma; write 0.5"},
          Row{"0,123", "\"0,123\" has a decimal comma; write 0.123"},
          Row{"1234,567", "\"1234,567\" has a decimal comma; write 1234.567"},
          Row{"1.234,5", "\"1.234,5\" has a decimal comma; write 1234.5"},
          Row{"1.234.567,5", "\"1.234.567,5\" has a decimal comma; write 1234567.5"},
          Row{"1,1,0,4,9,4 USD", "\"1,1,0,4,9,4\" is not grouped in threes, as 1,234,567 is"},
          Row{"12,34,567", "\"12,34,567\" is not grouped in threes, as 1,234,567 is"},
          Row{"1,234,5", "\"1,234,5\" is not grouped in threes, as 1,234,567 is"},
          Row{"1,23.4", "\"1,23.4\" is not grouped in threes, as 1,234,567 is"},
          Row{"5,", "\"5,\" is not grouped in threes, as 1,234,567 is"},
          Row{"1.5,000.2", "\"1.5,000.2\" is not grouped in threes, as 1,234,567 is"},
          Row{"1.234.567", "\"1.234.567\" has two points; thousands are grouped as in 1,234,567"},
          Row{"1_000", "\"1_000\" is grouped otherwise than as 1,234,567"},
          Row{"1'000", "\"1'000\" is grouped otherwise than as 1,234,567"},
          Row{"nan", "\"nan\" is not a finite number"},
          Row{"-Infinity", "\"-Infinity\" is not a finite number"},
          Row{"INF", "\"INF\" is not a finite number"},
          Row{"", "\"\" does not begin with a number"},
          Row{"-", "\"-\" does not begin with a number"},
          Row{".", "\".\" does not begin with a number"},
          Row{"e5", "\"e5\" does not begin with a number"},
          Row{" 1", "\" 1\" does not begin with a number"}}) {
        const NumberText got = number_at_front(row.text);
        EXPECT_EQ(got.problem, row.problem) << row.text;
        EXPECT_TRUE(got.plain.empty() && got.length == 0) << row.text;
    }
}

TEST(Decimal, AWholeTextIsANumberOrSaysWhyNot) {
    const auto units = [](const char* text) { return in_units(parse_number(text).value(), 6); };
    EXPECT_EQ(units("1,234.5"), i128{1'234'500'000});
    EXPECT_EQ(units("6.4e-05"), i128{64});
    EXPECT_EQ(units("-2E3"), i128{-2'000'000'000});
    EXPECT_EQ(units("999999999999999999"), i128{999'999'999'999'999'999} * 1'000'000);
    EXPECT_EQ(parse_number("5 %").error(), "\"5 %\" is not a number");
    EXPECT_EQ(parse_number("0x10").error(), "\"0x10\" is not a number");
    EXPECT_EQ(parse_number("0,5").error(), "\"0,5\" has a decimal comma; write 0.5");
    for (const char* const text : {"1234567890123456789", "1e18", "1e-19", "1e99", "1e-99"}) {
        EXPECT_TRUE(parse_number(text).error().ends_with("has more than 18 digits")) << text;
    }
}

}  // namespace
}  // namespace margincall
