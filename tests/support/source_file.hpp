// A file of the source tree, by its path from the root.
#pragma once

#include <string>

namespace margincall {

inline std::string source_file(const std::string& name) {
    return MC_SOURCE_DIR "/" + name;
}

}  // namespace margincall
