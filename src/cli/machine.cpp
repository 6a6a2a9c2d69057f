#include "cli/machine.hpp"

#include <fmt/chrono.h>
#include <fmt/format.h>
#include <sys/resource.h>

#include <ctime>

#include "base/version.hpp"

namespace margincall::inline cli {

std::string utc_now(const char* format) {
    const std::time_t now = std::time(nullptr);
    std::tm parts{};
    gmtime_r(&now, &parts);
    return fmt::format(fmt::runtime(format), parts);
}

std::string compiler_text() {
    return fmt::format("g++ {}", __VERSION__);
}

std::string build_kind() {
#ifdef NDEBUG
    return "release";
#else
    return "debug";
#endif
}

double peak_rss_mb() {
    struct rusage usage {};
    getrusage(RUSAGE_SELF, &usage);
    return static_cast<double>(usage.ru_maxrss) / 1024.0;
}

std::string program_text() {
    return fmt::format("margincall {} ({}, {})", program_version, compiler_text(), build_kind());
}

}  // namespace margincall::inline cli
