#include "scenario/error_text.hpp"

#include <gtest/gtest.h>

namespace margincall {
namespace {

Error error_at(std::string excerpt, int column, int width) {
    Error error;
    error.file = "x.csv";
    error.line = 7;
    error.column = column;
    error.width = width;
    error.code = "E603";
    error.message = "not a number";
    error.allowed = "0.25";
    error.excerpt = std::move(excerpt);
    return error;
}

TEST(ErrorText, MarksThePlaceInTheLine) {
    EXPECT_EQ(error_text(error_at("caf\xC3\xA9,\tx1,y", 7, 2)),
              "x.csv:7:7: error[E603] not a number\n"
              "    7 | caf\xC3\xA9, x1,y\n"
              "      |       ^^ 0.25\n");
    EXPECT_EQ(error_text(error_at("a,b", 4, 1)),
              "x.csv:7:4: error[E603] not a number\n"
              "    7 | a,b\n"
              "      |    ^ 0.25\n");
}

TEST(ErrorText, CutsLongLinesAroundThePlace) {
    std::string line(100'000, 'a');
    line.replace(50'000, 3, "xyz");

    const std::string text = error_text(error_at(line, 50'001, 3));

    EXPECT_LT(text.size(), 400U);
    const std::size_t mark = text.find("xyz");
    ASSERT_NE(mark, std::string::npos);
    const std::size_t shown_line = text.rfind('\n', mark);
    const std::size_t caret_line = text.find('\n', mark);
    EXPECT_EQ(text.find("^^^ 0.25") - caret_line, mark - shown_line);
    EXPECT_EQ(text[text.find("^^^ 0.25") + 3], ' ');
    // At the ends of the line, and a mark as wide as the line.
    EXPECT_TRUE(error_text(error_at(line, 1, 1)).contains("    7 | aaa"));
    EXPECT_TRUE(error_text(error_at(line, 100'000, 1)).contains("aaa\n      | "));
    EXPECT_LT(error_text(error_at(line, 1, 100'000)).size(), 400U);
}

TEST(ErrorText, SteersNoTerminal) {
    Error error = error_at("\x1B[31mred,1\r", 9, 3);
    error.file = "a\x1B]0;title\x07.csv";
    error.message = "account \x1B[2J\nis unknown";
    error.hint = "try\x08";
    error.allowed = "\xC2\x9B";

    const std::string text = error_text(error);

    for (const char c : text) {
        EXPECT_TRUE(static_cast<unsigned char>(c) >= 0x20U || c == '\n') << static_cast<int>(c);
    }
    EXPECT_TRUE(text.contains("a\\x1B]0;title\\x07.csv:7:9:")) << text;
    EXPECT_TRUE(text.contains("account \\x1B[2J\\nis unknown\n")) << text;
    EXPECT_TRUE(text.contains("help: try\\x08\n")) << text;
    EXPECT_TRUE(text.contains("^^^ \\u009B\n")) << text;
    EXPECT_FALSE(errors_text({}, "\x1B", "").contains('\x1B'));
    // The mark stands below the characters as they are shown.
    EXPECT_TRUE(text.contains("    7 | \\x1B[31mred,1\\r\n      |            ^^^^ ")) << text;
}

TEST(ErrorText, ListsTwentyOfAKindAndCountsTheRest) {
    Errors errors;
    for (int k = 0; k < 50'000; ++k) {
        add_problem(errors, error_at("x", 1, 1)).hint = "of number " + std::to_string(k);
    }
    Error warning = error_at("x", 1, 1);
    warning.code = "W401";
    warning.warning = true;
    add_problem(errors, warning);

    EXPECT_EQ(errors.size(), 21U);
    EXPECT_EQ(count_errors(errors), 50'000U);
    EXPECT_EQ(count_warnings(errors), 1U);
    EXPECT_TRUE(errors[19].hint == "of number 19" && errors[0].hint == "of number 0");
    const std::string text = errors_text(errors, "x.csv", "Nothing was run.");
    EXPECT_TRUE(text.contains("   and 49980 more of E603\n")) << text;
    EXPECT_TRUE(text.ends_with("x.csv: 50000 errors, 1 warning. Nothing was run.\n")) << text;
}

}  // namespace
}  // namespace margincall
