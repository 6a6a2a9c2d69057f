// Ctrl-C: once asks what runs to come to an orderly end, twice ends the program at once with exit 6. The
// end of a session (HUP) and TERM ask for the same.
#pragma once

#include <array>
#include <csignal>

namespace margincall::inline cli {

// While one lives, INT, TERM and HUP are counted instead of ending the program. HUP stays ignored where it is
// (nohup), and never counts as the second press.
class InterruptGuard {
  public:
    InterruptGuard();
    InterruptGuard(const InterruptGuard&) = delete;
    InterruptGuard& operator=(const InterruptGuard&) = delete;
    InterruptGuard(InterruptGuard&&) = delete;
    InterruptGuard& operator=(InterruptGuard&&) = delete;
    ~InterruptGuard();

  private:
    std::array<struct sigaction, 3> before_{};
};

// Was it pressed since the last guard began?
[[nodiscard]] bool interrupted();

}  // namespace margincall::inline cli
