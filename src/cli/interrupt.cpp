#include "cli/interrupt.hpp"

#include <unistd.h>

#include <atomic>

#include "base/exit_code.hpp"

namespace margincall::inline cli {
namespace {

// Signal handlers can only reach globals.
std::atomic<int> interrupts{0};  // NOLINT(cppcoreguidelines-avoid-non-const-global-variables)

void on_interrupt(int /*signal*/) {
    if (interrupts.fetch_add(1) >= 1) {
        _exit(static_cast<int>(ExitCode::interrupted));
    }
}

}  // namespace

InterruptGuard::InterruptGuard() {
    interrupts = 0;
    struct sigaction action {};
    action.sa_handler = on_interrupt;
    sigemptyset(&action.sa_mask);
    sigaction(SIGINT, &action, &before_int_);
    sigaction(SIGTERM, &action, &before_term_);
}

InterruptGuard::~InterruptGuard() {
    sigaction(SIGINT, &before_int_, nullptr);
    sigaction(SIGTERM, &before_term_, nullptr);
}

bool interrupted() {
    return interrupts > 0;
}

}  // namespace margincall::inline cli
