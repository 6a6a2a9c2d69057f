#include "report/fit_lines.hpp"

#include <gtest/gtest.h>

#include <string>

#include "report/format.hpp"

namespace margincall {
namespace {

TEST(FitLines, LinesThatFitStayAsTheyAre) {
    const std::string text = "one   two\n  three\n\n";
    EXPECT_EQ(fit_lines(text, 40), text);
}

TEST(FitLines, ALongLineBreaksBetweenColumnsAndLosesNothing) {
    EXPECT_EQ(fit_lines("depth within 4 %, minimum         41 %   22 … 63 %   almost empty\n", 40),
              "depth within 4 %, minimum  41 %\n    22 … 63 %  almost empty\n");
}

TEST(FitLines, AColumnThatIsTooLongBreaksBetweenWordsAndAWordAnywhere) {
    EXPECT_EQ(fit_lines("aaaa bbbb cccc dddd", 10), "aaaa bbbb\n  cccc\n  dddd");
    EXPECT_EQ(fit_lines("abcdefghijklmnop", 8), "abcdefgh\n  ijklmn\n  op");
}

TEST(FitLines, ColoursTakeNoRoomAndStayWhole) {
    const std::string line = "\x1b[1mabcdefgh\x1b[0m";
    EXPECT_EQ(fit_lines(line, 8), line);
    EXPECT_EQ(fit_lines("\x1b[31maaaa  bbbb\x1b[0m", 8), "\x1b[31maaaa\n  bbbb\x1b[0m");
}

TEST(FitLines, EveryWidthHoldsEveryLineOfATable) {
    std::string table;
    for (int k = 0; k < 30; ++k) {
        table += pad_right("größte Zeile " + std::to_string(k), static_cast<std::size_t>(20 + k)) +
                 pad_left("−7.2 %", 12) + "  ▁▂▃▄▅▆▇█▁▂▃▄▅▆▇█▁▂▃▄▅▆▇█▁▂▃▄▅▆▇█▁▂▃▄▅▆▇█▁▂▃▄  \n";
    }
    const auto letters = [](std::string text) {
        std::erase_if(text, [](char c) { return c == ' ' || c == '\n'; });
        return text;
    };
    for (std::size_t width = 40; width < 130; ++width) {
        const std::string fitted = fit_lines(table, width);
        EXPECT_EQ(letters(fitted), letters(table));
        for (std::size_t at = 0; at < fitted.size();) {
            const std::size_t end = fitted.find('\n', at);
            const std::string line = fitted.substr(at, end - at);
            EXPECT_LE(display_width(line), width) << line;
            at = end + 1;
        }
    }
}

}  // namespace
}  // namespace margincall
