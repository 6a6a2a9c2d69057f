#include "cli/machine.hpp"

#include <dlfcn.h>
#include <fmt/chrono.h>
#include <fmt/format.h>

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

std::filesystem::path program_file() {
    Dl_info found{};
    // Of a program the name is what it was called by, and may not lead to it any more.
    if (dladdr(program_version, &found) != 0 && found.dli_fname != nullptr) {
        std::filesystem::path file = found.dli_fname;
        if (file.extension() == ".so") {
            return file;
        }
    }
    return "/proc/self/exe";
}

std::string program_text() {
    return fmt::format("margincall {} ({}, {})", program_version, compiler_text(), build_kind());
}

}  // namespace margincall::inline cli
