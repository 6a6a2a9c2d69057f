// "did you mean ...?" for a word that was mistyped.
#pragma once

#include <span>
#include <string>
#include <string_view>

namespace margincall::inline cli {

// The help line of a message about an unknown word: the nearest known one, and what helps otherwise.
[[nodiscard]] std::string suggestion(std::string_view word,
                                     std::span<const std::string> known,
                                     std::string_view otherwise);

}  // namespace margincall::inline cli
