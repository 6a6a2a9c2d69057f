#include "cli/step_watch.hpp"

#include <fmt/format.h>

#include <utility>

#include "cli/terminal.hpp"

namespace margincall::inline cli {

StepWatch::StepWatch(ProgressStyle style,
                     std::FILE* to,
                     std::chrono::milliseconds first,
                     std::chrono::milliseconds redraw)
    : style_(style), to_(to), first_(first), redraw_(redraw) {
    if (style_ != ProgressStyle::none) {
        thread_ = std::thread([this] { watch(); });
    }
}

StepWatch::~StepWatch() {
    end();
    {
        const std::lock_guard guard{mutex_};
        stop_ = true;
    }
    changed_.notify_all();
    if (thread_.joinable()) {
        thread_.join();
    }
}

void StepWatch::begin(std::string what) {
    const std::lock_guard guard{mutex_};
    clear();
    what_ = std::move(what);
    how_far_.clear();
    since_ = Clock::now();
    next_ = first_;
    changed_.notify_all();
}

void StepWatch::note(std::string how_far) {
    const std::lock_guard guard{mutex_};
    how_far_ = std::move(how_far);
}

void StepWatch::end() {
    const std::lock_guard guard{mutex_};
    clear();
    what_.clear();
}

void StepWatch::clear() {
    if (drawn_) {
        fmt::print(to_, "\r\x1b[K");
        std::fflush(to_);
        drawn_ = false;
    }
}

void StepWatch::draw(std::chrono::milliseconds taken) {
    const std::string text = fmt::format("{}{}{}  {}",
                                         what_,
                                         how_far_.empty() ? "" : "  ",
                                         how_far_,
                                         minutes_text(static_cast<double>(taken.count()) * 1e-3));
    if (style_ == ProgressStyle::plain) {
        fmt::print(to_, "{}\n", text);
        next_ = next_ < 5 * first_    ? 5 * first_
                : next_ < 15 * first_ ? 15 * first_
                                      : next_ + 30 * first_;
    } else {
        fmt::print(to_, "\r{}\x1b[K", one_line(text, terminal_width(to_)));
        drawn_ = true;
        next_ = taken + redraw_;
    }
    std::fflush(to_);
}

void StepWatch::watch() {
    std::unique_lock lock{mutex_};
    while (!stop_) {
        if (what_.empty()) {
            changed_.wait(lock);
            continue;
        }
        const auto due = since_ + next_;
        if (Clock::now() < due) {
            changed_.wait_until(lock, due);
            continue;
        }
        draw(std::chrono::duration_cast<std::chrono::milliseconds>(Clock::now() - since_));
    }
}

}  // namespace margincall::inline cli
