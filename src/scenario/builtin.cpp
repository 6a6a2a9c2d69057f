#include "scenario/builtin.hpp"

namespace margincall::inline scenario {

std::optional<std::string_view> builtin_file(std::string_view path) {
    for (const BuiltinFile& file : builtin_files()) {
        if (file.path == path) {
            return file.text;
        }
    }
    return std::nullopt;
}

}  // namespace margincall::inline scenario
