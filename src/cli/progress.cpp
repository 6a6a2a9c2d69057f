#include "cli/progress.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <utility>

namespace margincall::inline cli {
namespace {

constexpr double redraw_every_s = 0.2;
constexpr int bar_cells = 36;

std::string minutes_text(double seconds) {
    const auto whole = std::llround(std::max(0.0, seconds));
    return fmt::format("{:02}:{:02}", whole / 60, whole % 60);
}

}  // namespace

std::string message_rate(std::uint64_t messages, double seconds) {
    const double rate = seconds > 0.0 ? static_cast<double>(messages) / seconds : 0.0;
    return rate >= 1e6 ? fmt::format("{:.1f} m messages/s", rate * 1e-6)
                       : fmt::format("{:.0f} k messages/s", rate * 1e-3);
}

Progress::Progress(ProgressStyle style, std::FILE* to, std::string label)
    : style_(style), to_(to), label_(std::move(label)) {}

void Progress::update(double share, double seconds, const std::string& words) {
    if (style_ == ProgressStyle::bar) {
        draw_bar(share, seconds, words);
        return;
    }
    const int tenth = static_cast<int>(share * 10.0 + 1e-9);
    if (style_ == ProgressStyle::plain && tenth > last_tenth_) {
        last_tenth_ = tenth;
        fmt::print(
            to_, "{} {:3} %  {}  {} elapsed\n", label_, tenth * 10, words, minutes_text(seconds));
        std::fflush(to_);
    }
}

void Progress::draw_bar(double share, double seconds, const std::string& words) {
    if (seconds - last_draw_ < redraw_every_s && share < 1.0) {
        return;
    }
    last_draw_ = seconds;
    drawn_ = true;
    const int full = std::clamp(static_cast<int>(share * bar_cells), 0, bar_cells);
    std::string bar;
    for (int i = 0; i < bar_cells; ++i) {
        bar += i < full ? "█" : "·";
    }
    const double left = share > 0.001 ? seconds * (1.0 - share) / share : 0.0;
    fmt::print(to_,
               "\r{} {} {:3.0f} %  {}  ETA {}\x1b[K",
               label_,
               bar,
               share * 100.0,
               words,
               minutes_text(left));
    std::fflush(to_);
}

void Progress::finish() {
    if (drawn_) {
        fmt::print(to_, "\r\x1b[K");
        std::fflush(to_);
    }
}

}  // namespace margincall::inline cli
