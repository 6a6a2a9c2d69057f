#include "cli/progress.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <utility>

#include "cli/terminal.hpp"
#include "report/format.hpp"

namespace margincall::inline cli {
namespace {

constexpr double redraw_every_s = 0.2;
constexpr std::size_t bar_cells_max = 36;
constexpr std::size_t bar_cells_min = 8;
constexpr std::size_t width_unknown = 120;

}  // namespace

std::string minutes_text(double seconds) {
    const auto whole = std::llround(std::max(0.0, seconds));
    return fmt::format("{:02}:{:02}", whole / 60, whole % 60);
}

std::string one_line(std::string_view text, std::size_t width) {
    std::string out{text};
    while (width > 0 && display_width(out) >= width) {
        // One character, with its continuation bytes.
        while (!out.empty() && (static_cast<unsigned char>(out.back()) & 0xC0U) == 0x80U) {
            out.pop_back();
        }
        out.pop_back();
    }
    return out;
}

std::string bar_line(const std::string& label,
                     double share,
                     const std::string& words,
                     double seconds_left,
                     std::size_t width) {
    width = width == 0 ? width_unknown : width;
    const std::string percent = fmt::format(" {:3.0f} %  ", share * 100.0);
    const std::string end = fmt::format("ETA {}", minutes_text(seconds_left));
    const std::size_t fixed = display_width(label) + 1 + percent.size() + end.size();
    const std::size_t with_words = fixed + display_width(words) + 2;
    const bool words_fit = with_words + bar_cells_min < width;
    const std::size_t used = words_fit ? with_words : fixed;
    const std::size_t room = used + 1 < width ? width - 1 - used : 0;
    const std::size_t cells = std::min(room, bar_cells_max);
    const auto full =
        static_cast<std::size_t>(std::clamp(share, 0.0, 1.0) * static_cast<double>(cells));
    std::string bar;
    for (std::size_t i = 0; i < cells; ++i) {
        bar += i < full ? "█" : "·";
    }
    return one_line(label + " " + bar + percent + (words_fit ? words + "  " : "") + end, width);
}

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
    const double left = share > 0.001 ? seconds * (1.0 - share) / share : 0.0;
    fmt::print(to_, "\r{}\x1b[K", bar_line(label_, share, words, left, terminal_width(to_)));
    std::fflush(to_);
}

void Progress::finish() {
    if (drawn_) {
        fmt::print(to_, "\r\x1b[K");
        std::fflush(to_);
    }
}

}  // namespace margincall::inline cli
