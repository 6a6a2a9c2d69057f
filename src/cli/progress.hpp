// Progress of a run on the terminal: a bar that redraws itself, or one plain line per 10 %.
#pragma once

#include <cstdint>
#include <cstdio>
#include <string>

namespace margincall::inline cli {

enum class ProgressStyle : std::uint8_t { none, plain, bar };

class Progress {
  public:
    Progress(ProgressStyle style, std::FILE* to, std::string label);
    // share in 0 .. 1; seconds since the start of the run.
    void update(double share, double seconds, std::uint64_t messages, const std::string& clock);
    void finish();  // clears the bar

  private:
    void draw_bar(double share, double seconds, std::uint64_t messages, const std::string& clock);

    ProgressStyle style_;
    std::FILE* to_;
    std::string label_;
    int last_tenth_ = -1;
    double last_draw_ = -1.0;
    bool drawn_ = false;
};

}  // namespace margincall::inline cli
