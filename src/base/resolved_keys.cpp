#include "base/resolved_keys.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <map>

namespace margincall::inline base {

std::vector<std::pair<std::string, std::string>> resolved_keys(std::string_view text) {
    std::vector<std::pair<std::string, std::string>> out;
    std::string section;
    std::map<std::string, int> rows;  // of each list so far
    while (!text.empty()) {
        const std::string_view line = text.substr(0, text.find('\n'));
        text.remove_prefix(std::min(line.size() + 1, text.size()));
        if (line.starts_with("[[")) {
            const std::string name{line.substr(2, line.find(']') - 2)};
            section = fmt::format("{}.{}.", name, rows[name]++);
        } else if (line.starts_with('[')) {
            section = fmt::format("{}.", line.substr(1, line.find(']') - 1));
        } else if (const std::size_t equals = line.find(" = ");
                   equals != std::string_view::npos && !line.starts_with('#')) {
            out.emplace_back(section + std::string{line.substr(0, equals)},
                             line.substr(equals + 3));
        }
    }
    return out;
}

}  // namespace margincall::inline base
