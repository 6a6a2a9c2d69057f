#include "cli/interrupt.hpp"

#include <unistd.h>

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <ctime>

#include "base/exit_code.hpp"

namespace margincall::inline cli {
namespace {

constexpr std::array signals_that_stop = {SIGINT, SIGTERM, SIGHUP};
// `timeout` and terminals send one wish to the process and to its group: that is one press.
constexpr std::int64_t one_press_ns = 100'000'000;

// Signal handlers can only reach globals. When it was pressed first; 0 = not yet.
// NOLINTNEXTLINE(cppcoreguidelines-avoid-non-const-global-variables)
std::atomic<std::int64_t> pressed_ns{0};

std::int64_t monotonic_ns() {
    struct timespec now {};
    clock_gettime(CLOCK_MONOTONIC, &now);
    return std::int64_t{now.tv_sec} * 1'000'000'000 + now.tv_nsec + 1;
}

void on_interrupt(int signal) {
    const std::int64_t now = monotonic_ns();
    std::int64_t first = 0;
    if (!pressed_ns.compare_exchange_strong(first, now) && signal != SIGHUP &&
        now - first > one_press_ns) {
        _exit(static_cast<int>(ExitCode::interrupted));
    }
}

}  // namespace

InterruptGuard::InterruptGuard() {
    pressed_ns = 0;
    struct sigaction action {};
    action.sa_handler = on_interrupt;
    action.sa_flags = SA_RESTART;
    sigemptyset(&action.sa_mask);
    for (std::size_t k = 0; k < signals_that_stop.size(); ++k) {
        sigaction(signals_that_stop[k], nullptr, &before_[k]);
        if (signals_that_stop[k] != SIGHUP || before_[k].sa_handler != SIG_IGN) {
            sigaction(signals_that_stop[k], &action, nullptr);
        }
    }
}

InterruptGuard::~InterruptGuard() {
    for (std::size_t k = 0; k < signals_that_stop.size(); ++k) {
        sigaction(signals_that_stop[k], &before_[k], nullptr);
    }
}

bool interrupted() {
    return pressed_ns != 0;
}

}  // namespace margincall::inline cli
