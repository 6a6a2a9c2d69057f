// Progress of a run on the terminal: a bar that redraws itself, or one plain line per 10 %.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <string>
#include <string_view>

namespace margincall::inline cli {

enum class ProgressStyle : std::uint8_t { none, plain, bar };

class Progress {
  public:
    Progress(ProgressStyle style, std::FILE* to, std::string label);
    // share in 0 .. 1; seconds since the start of the run; `words` say how far and how fast.
    void update(double share, double seconds, const std::string& words);
    void finish();  // clears the bar

  private:
    void draw_bar(double share, double seconds, const std::string& words);

    ProgressStyle style_;
    std::FILE* to_;
    std::string label_;
    int last_tenth_ = -1;
    double last_draw_ = -1.0;
    bool drawn_ = false;
};

// "02:05", minutes and seconds.
[[nodiscard]] std::string minutes_text(double seconds);

// A line that is redrawn must not reach the last column of the terminal: cut to width - 1. 0 = any width.
[[nodiscard]] std::string one_line(std::string_view text, std::size_t width);

// The bar in one line of `width` columns (0 = 120): first the bar gets shorter, then the words go.
[[nodiscard]] std::string bar_line(const std::string& label,
                                   double share,
                                   const std::string& words,
                                   double seconds_left,
                                   std::size_t width);

// "4.1 m messages/s"
[[nodiscard]] std::string message_rate(std::uint64_t messages, double seconds);

}  // namespace margincall::inline cli
