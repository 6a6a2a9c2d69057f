#include "scenario/key_path.hpp"

#include <algorithm>

namespace margincall::inline scenario {

std::vector<std::string> split_path(std::string_view path) {
    std::vector<std::string> parts;
    std::size_t from = 0;
    while (from <= path.size()) {
        const std::size_t to = std::min(path.find('.', from), path.size());
        parts.emplace_back(path.substr(from, to - from));
        from = to + 1;
    }
    return parts;
}

bool key_matches(std::string_view pattern, std::string_view path) {
    const std::vector<std::string> want = split_path(pattern);
    const std::vector<std::string> have = split_path(path);
    if (want.size() != have.size()) {
        return false;
    }
    for (std::size_t i = 0; i < want.size(); ++i) {
        if (want[i] != "*" && want[i] != have[i]) {
            return false;
        }
    }
    return true;
}

}  // namespace margincall::inline scenario
