#include "base/check.hpp"

#include <cstdio>
#include <cstdlib>

namespace margincall::inline base {

CheckContext& check_context() {
    thread_local CheckContext context;
    return context;
}

namespace {
void print_context() {
    const CheckContext& c = check_context();
    if (c.sim_time_ns >= 0) {
        std::fprintf(stderr,
                     "  sim time %lld ns, event %llu, seed %llu\n",
                     static_cast<long long>(c.sim_time_ns),
                     static_cast<unsigned long long>(c.event_number),
                     static_cast<unsigned long long>(c.seed));
    }
    if (c.reproduce != nullptr && *c.reproduce != '\0') {
        std::fprintf(stderr, "  reproduce with: %s\n", c.reproduce);
    }
}

// Where this thread wants an exception.
void throw_instead(const char* condition, const char* file, int line, const std::string& values) {
    const CheckContext& c = check_context();
    if (c.throws) {
        throw CheckFailure(std::string{file} + ":" + std::to_string(line) + ": CHECK failed: " +
                           condition + values + ", sim time " + std::to_string(c.sim_time_ns) +
                           " ns, event " + std::to_string(c.event_number));
    }
}
}  // namespace

void check_failed(const char* condition, const char* file, int line) {
    throw_instead(condition, file, line, "");
    std::fprintf(stderr, "%s:%d: CHECK failed: %s\n", file, line, condition);
    print_context();
    std::abort();
}

void check_failed_values(
    const char* condition, const char* file, int line, long long left, long long right) {
    throw_instead(condition,
                  file,
                  line,
                  " (" + std::to_string(left) + " against " + std::to_string(right) + ")");
    std::fprintf(stderr,
                 "%s:%d: CHECK failed: %s (%lld against %lld)\n",
                 file,
                 line,
                 condition,
                 left,
                 right);
    print_context();
    std::abort();
}

}  // namespace margincall::inline base
