#include "cli/suggestion.hpp"

#include <fmt/format.h>

#include "scenario/fields.hpp"

namespace margincall::inline cli {

std::string suggestion(std::string_view word,
                       std::span<const std::string> known,
                       std::string_view otherwise) {
    const std::string near = nearest(word, known);
    return near.empty() ? std::string{otherwise}
                        : fmt::format("did you mean {}? {}", near, otherwise);
}

}  // namespace margincall::inline cli
