// How a command writes what it found: text for people or one JSON object a line.
#pragma once

#include <cstdint>

namespace margincall::inline base {

enum class Output : std::uint8_t { text, json };

}  // namespace margincall::inline base
