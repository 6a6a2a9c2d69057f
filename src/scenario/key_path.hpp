// Dotted keys of a scenario: "venues.A.mark.average".
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace margincall::inline scenario {

// The parts between the dots; one empty part for an empty path.
[[nodiscard]] std::vector<std::string> split_path(std::string_view path);

// "venues.*.mark.average" matches "venues.A.mark.average": as many parts, `*` stands for any one.
[[nodiscard]] bool key_matches(std::string_view pattern, std::string_view path);

}  // namespace margincall::inline scenario
