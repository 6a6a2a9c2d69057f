#pragma once

#include <string>
#include <string_view>

namespace margincall::inline base {

// Without blanks and tabs at both ends.
[[nodiscard]] inline std::string trimmed(std::string_view text) {
    const std::size_t from = text.find_first_not_of(" \t");
    return from == std::string_view::npos
               ? std::string{}
               : std::string{text.substr(from, text.find_last_not_of(" \t") - from + 1)};
}

}  // namespace margincall::inline base
