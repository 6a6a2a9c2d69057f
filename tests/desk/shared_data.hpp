// Reference data beside the checkout (MARGINCALL_SHARED, else ../shared); tests that need it are skipped
// where it is not.
#pragma once

#include <cstdlib>
#include <filesystem>
#include <string>

namespace margincall::testing {

inline std::filesystem::path shared_data(const std::string& path) {
    const char* const set = std::getenv("MARGINCALL_SHARED");
    const std::filesystem::path shared =
        set != nullptr ? std::filesystem::path{set}
                       : std::filesystem::path{MC_SOURCE_DIR}.parent_path() / "shared";
    return shared / path;
}

}  // namespace margincall::testing
