// Where vectors and tables lie that are not part of this repository.
#pragma once

#include <cstdlib>
#include <filesystem>

namespace margincall {

inline std::filesystem::path shared_folder() {
    const char* set = std::getenv("MARGINCALL_SHARED");
    return set != nullptr ? std::filesystem::path{set}
                          : std::filesystem::path{MC_SOURCE_DIR}.parent_path() / "shared";
}

}  // namespace margincall
