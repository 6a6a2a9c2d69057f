// Says what the program is at when a step takes longer than two seconds and shows nothing of its own: on a
// terminal a line that redraws itself, elsewhere a line after 2, 10 and 30 seconds and then every minute. It
// is a clock on a thread of its own and touches nothing of the work.
#pragma once

#include <chrono>
#include <condition_variable>
#include <cstdio>
#include <mutex>
#include <string>
#include <thread>

#include "cli/progress.hpp"

namespace margincall::inline cli {

class StepWatch {
  public:
    // `first` and `redraw` are arguments so that tests need not wait.
    StepWatch(ProgressStyle style,
              std::FILE* to,
              std::chrono::milliseconds first = std::chrono::seconds(2),
              std::chrono::milliseconds redraw = std::chrono::milliseconds(250));
    StepWatch(const StepWatch&) = delete;
    StepWatch& operator=(const StepWatch&) = delete;
    StepWatch(StepWatch&&) = delete;
    StepWatch& operator=(StepWatch&&) = delete;
    ~StepWatch();

    void begin(std::string what);  // ends the step before
    void note(std::string how_far);
    void end();  // clears the line; prints of others are safe after it

  private:
    using Clock = std::chrono::steady_clock;

    void watch();
    void draw(std::chrono::milliseconds taken);
    void clear();

    ProgressStyle style_;
    std::FILE* to_;
    std::chrono::milliseconds first_, redraw_;
    std::mutex mutex_;
    std::condition_variable changed_;
    std::string what_, how_far_;  // no step: empty
    Clock::time_point since_;
    std::chrono::milliseconds next_{0};  // when a line is due, after the begin of the step
    bool drawn_ = false;
    bool stop_ = false;
    std::thread thread_;  // last: it uses all others
};

}  // namespace margincall::inline cli
