// CHECK: a bug stops the program, in release builds too. The context line (sim time, event number,
// seed) is set by the running world so that the message can name the reproducing command.
#pragma once

#include <cstdint>
#include <stdexcept>
#include <string>

namespace margincall::inline base {

// What a failing CHECK prints beside the condition. One per thread, filled by the event loop.
struct CheckContext {
    std::int64_t sim_time_ns = -1;
    std::uint64_t event_number = 0;
    std::uint64_t seed = 0;
    const char* reproduce = "";  // command line that repeats the run; must outlive the run
    // A failing CHECK of this thread ends one world and not the program: it throws CheckFailure. What
    // the world held must be thrown away.
    bool throws = false;
};
CheckContext& check_context();

class CheckFailure : public std::runtime_error {
  public:
    explicit CheckFailure(const std::string& what) : std::runtime_error(what) {}
};

[[noreturn]] void check_failed(const char* condition, const char* file, int line);
[[noreturn]] void check_failed_values(
    const char* condition, const char* file, int line, long long left, long long right);

}  // namespace margincall::inline base

#define CHECK(condition)                                                \
    do {                                                                \
        if (!(condition)) [[unlikely]] {                                \
            ::margincall::check_failed(#condition, __FILE__, __LINE__); \
        }                                                               \
    } while (false)

// Compares two integers and prints both.
#define CHECK_EQ(a, b)                                                                 \
    do {                                                                               \
        const auto mc_check_left = (a);                                                \
        const auto mc_check_right = (b);                                               \
        if (!(mc_check_left == mc_check_right)) [[unlikely]] {                         \
            ::margincall::check_failed_values(#a " == " #b,                            \
                                              __FILE__,                                \
                                              __LINE__,                                \
                                              static_cast<long long>(mc_check_left),   \
                                              static_cast<long long>(mc_check_right)); \
        }                                                                              \
    } while (false)

#ifdef MC_DEBUG_CHECKS
#define DCHECK(condition) CHECK(condition)
#else
#define DCHECK(condition) \
    do {                  \
    } while (false)
#endif
