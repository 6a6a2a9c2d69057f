// CPU time of the process, for benchmarks.
#pragma once

#include <ctime>

namespace margincall::inline bench {

[[nodiscard]] inline double cpu_seconds() {
    timespec time{};
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time);
    return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_nsec) * 1e-9;
}

}  // namespace margincall::inline bench
