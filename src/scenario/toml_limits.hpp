// What a scenario file may not be whatever it says, so that reading one takes time and memory in
// proportion to its size: how deep keys nest, how many rows its tables have.
#pragma once

#include <cstddef>
#include <optional>
#include <string_view>

namespace margincall::inline scenario {

// Tables and lists inside each other, dotted keys counted by their parts.
inline constexpr std::size_t most_levels = 32;
inline constexpr std::size_t most_venues = 64;
inline constexpr std::size_t most_coins = 512;  // with the copies of a row
inline constexpr std::size_t most_events = 10'000;

struct TextPlace {
    int line = 1, column = 1;
};
// The first key of a TOML text with more than `most_levels` parts. Asked before the text is parsed:
// the parser follows dotted keys by recursion, however many there are.
[[nodiscard]] std::optional<TextPlace> too_long_key(std::string_view text);

}  // namespace margincall::inline scenario
