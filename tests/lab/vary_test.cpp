#include "lab/vary.hpp"

#include <gtest/gtest.h>

namespace margincall {
namespace {

std::vector<std::string> values(const char* text) {
    const auto vary = parse_vary(text);
    return vary ? vary->values : std::vector<std::string>{"error " + vary.error().code};
}

TEST(Vary, ARangeKeepsTheUnitAndBothEnds) {
    EXPECT_EQ(values("a.b=0.1:0.5:5"),
              (std::vector<std::string>{"0.1", "0.2", "0.3", "0.4", "0.5"}));
    EXPECT_EQ(values("a=10 %:50 %:3"), (std::vector<std::string>{"10 %", "30 %", "50 %"}));
    EXPECT_EQ(values("a=-2:2:2"), (std::vector<std::string>{"-2", "2"}));
}

TEST(Vary, AListIsTakenAsWritten) {
    EXPECT_EQ(values("a=2, 4,8"), (std::vector<std::string>{"2", "4", "8"}));
    EXPECT_EQ(values("a=2 h, 4 h,8 h"), (std::vector<std::string>{"2 h", "4 h", "8 h"}));
    EXPECT_EQ(values("a=\"x,y\",[1, 2]"), (std::vector<std::string>{"\"x,y\"", "[1, 2]"}));
    EXPECT_EQ(values("a=2025-11-04T00:30:00Z,2025-11-04T00:40:00Z").size(), 2U);
    EXPECT_EQ(values("a=2025-11-04T00:30:00Z"), (std::vector<std::string>{"2025-11-04T00:30:00Z"}));
    EXPECT_EQ(parse_vary(" venues.*.leverage_max = 20,50")->key, "venues.*.leverage_max");
}

TEST(Vary, WhatCannotBeReadIsAnError) {
    for (const char* text : {"",
                             "a",
                             "=1,2",
                             "a=",
                             "a=1,,2",
                             "a=1:2:1",
                             "a=1:2:0",
                             "a=x:2:3",
                             "a=1 h:2 min:3",
                             "a=1:2:10001",
                             "a=5,5",
                             "a=nan:2:3"}) {
        EXPECT_EQ(values(text), (std::vector<std::string>{"error E701"})) << text;
    }
}

TEST(Vary, DecimalCommasAreNamedAndNotTakenForTwoValues) {
    EXPECT_EQ(parse_vary("a=0,05").error().message,
              "\"0,05\" reads as two values; a decimal point makes it one: 0.05");
    EXPECT_EQ(parse_vary("a=1,5 %").error().message,
              "\"1,5 %\" reads as two values; a decimal point makes it one: 1.5 %");
    EXPECT_EQ(parse_vary("a=0,5:2:3").error().message,
              "a range is lo:hi:n with numbers; \"0,5\" has a decimal comma; write 0.5");
    EXPECT_EQ(values("a=0,5,10"), (std::vector<std::string>{"0", "5", "10"}));
    EXPECT_EQ(values("a=1 %,5 %"), (std::vector<std::string>{"1 %", "5 %"}));
    EXPECT_EQ(values("a=1,000:3,000:2"), (std::vector<std::string>{"1000", "3000"}));
}

TEST(Vary, AValueIsANumberWithItsUnit) {
    EXPECT_EQ(measured("10 %")->value, 10.0);
    EXPECT_EQ(measured("10 %")->unit, " %");
    EXPECT_EQ(measured("0.5")->unit, "");
    EXPECT_FALSE(measured("pro-rata"));
}

TEST(Vary, CellsAreEveryCombinationWithTheLastKeyFastest) {
    const auto cells = cells_of({{"a", {"1", "2"}}, {"b", {"x", "y"}}});
    EXPECT_EQ(cells,
              (std::vector<std::vector<std::string>>{
                  {"a=1", "b=x"}, {"a=1", "b=y"}, {"a=2", "b=x"}, {"a=2", "b=y"}}));
    EXPECT_EQ(cells_of({}).size(), 1U);
}

}  // namespace
}  // namespace margincall
