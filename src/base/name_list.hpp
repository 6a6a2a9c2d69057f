// Names in a sentence, the first few of them and how many more there are: "BTC, ETH and 3 more".
#pragma once

#include <cstddef>
#include <span>
#include <string>

namespace margincall::inline base {

[[nodiscard]] inline std::string name_list(std::span<const std::string> names, std::size_t most) {
    std::string out;
    for (const std::string& name : names.first(names.size() < most ? names.size() : most)) {
        out += (out.empty() ? "" : ", ") + name;
    }
    return names.size() > most ? out + " and " + std::to_string(names.size() - most) + " more"
                               : out;
}

}  // namespace margincall::inline base
