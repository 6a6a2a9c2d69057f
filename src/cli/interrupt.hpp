// Ctrl-C: once asks what runs to come to an orderly end, twice ends the program at once with exit 6.
#pragma once

#include <csignal>

namespace margincall::inline cli {

// While one lives, INT and TERM are counted instead of ending the program.
class InterruptGuard {
  public:
    InterruptGuard();
    InterruptGuard(const InterruptGuard&) = delete;
    InterruptGuard& operator=(const InterruptGuard&) = delete;
    InterruptGuard(InterruptGuard&&) = delete;
    InterruptGuard& operator=(InterruptGuard&&) = delete;
    ~InterruptGuard();

  private:
    struct sigaction before_int_ {};
    struct sigaction before_term_ {};
};

// Was it pressed since the last guard began?
[[nodiscard]] bool interrupted();

}  // namespace margincall::inline cli
