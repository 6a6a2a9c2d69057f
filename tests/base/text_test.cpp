#include "base/text.hpp"

#include <gtest/gtest.h>

namespace margincall {
namespace {

TEST(Text, Utf8IsToldFromOtherBytes) {
    for (const char* const good : {"",
                                   "plain",
                                   "\xC3\xA9",
                                   "\xE2\x82\xAC",
                                   "\xF0\x9F\x98\x80",
                                   "\xED\x9F\xBF",
                                   "\xF4\x8F\xBF\xBF"}) {
        EXPECT_FALSE(first_bad_byte(good).has_value()) << good;
    }
    struct BadText {
        std::string_view text;
        std::size_t at;
    };
    for (const BadText& row : {BadText{"\xE9", 0},                 // Latin-1
                               BadText{"ab\x80", 2},               // continuation without a start
                               BadText{"\xC0\xAF", 0},             // overlong
                               BadText{"\xE0\x80\xAF", 0},         // overlong
                               BadText{"\xF0\x80\x80\xAF", 0},     // overlong
                               BadText{"\xED\xA0\x80", 0},         // surrogate
                               BadText{"\xF4\x90\x80\x80", 0},     // above U+10FFFF
                               BadText{"0123456789\xE2\x82", 10},  // cut off
                               BadText{"01234567\xC3\xA9\xFF", 10}}) {
        ASSERT_TRUE(first_bad_byte(row.text).has_value()) << row.text;
        EXPECT_EQ(*first_bad_byte(row.text), row.at) << row.text;
    }
}

TEST(Text, AByteThatIsNotUtf8IsNamedWithItsPlace) {
    const auto error = check_utf8("a\n\xC3\xA9t\xE9, b\nc", "names.csv");

    ASSERT_TRUE(error.has_value());
    EXPECT_EQ(error->code, "E105");
    EXPECT_EQ(error->file, "names.csv");
    EXPECT_EQ(error->line, 2);
    EXPECT_EQ(error->column, 3);
    EXPECT_EQ(error->message, "the byte 0xE9 is not UTF-8");
    EXPECT_EQ(error->excerpt, "\xC3\xA9t\xE9, b");
    EXPECT_FALSE(check_utf8("\xC3\xA9t\xC3\xA9", "x").has_value());
}

TEST(Text, IsShownWithoutWhatSteersATerminal) {
    EXPECT_EQ(shown("caf\xC3\xA9 \xF0\x9F\x98\x80"), "caf\xC3\xA9 \xF0\x9F\x98\x80");
    EXPECT_EQ(shown("a\x1B[31mb\x07\x7F"), "a\\x1b[31mb\\x07\\x7f");
    EXPECT_EQ(shown("one\ntwo\r\tthree"), "one\\ntwo\\r\\tthree");
    EXPECT_EQ(shown("\xC2\x9B"
                    "31m"),
              "\\u009B31m");  // CSI in one character
    EXPECT_EQ(shown("a\xE2\x80\xAE"
                    "b"),
              "a\\u202E"
              "b");  // right-to-left override
    EXPECT_EQ(shown("soci\xE9t\xE9"), "soci\\xe9t\\xe9");
    EXPECT_EQ(shown(std::string_view{"\0", 1}), "\\x00");
}

TEST(Text, IsCutToAWidth) {
    EXPECT_EQ(shown("12345", 5), "12345");
    EXPECT_EQ(shown("123456", 5), "12...");
    EXPECT_EQ(shown("\xC3\xA9\xC3\xA9\xC3\xA9\xC3\xA9\xC3\xA9\xC3\xA9", 5), "\xC3\xA9\xC3\xA9...");
    EXPECT_EQ(shown("1\x1B"
                    "456",
                    5),
              "1...");
    EXPECT_EQ(count_characters("\xC3\xA9\xE2\x82\xAC\xFF"), 3U);
}

}  // namespace
}  // namespace margincall
