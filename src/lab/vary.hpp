// The grid of a sweep: keys with their values, and every combination of them (a cell).
#pragma once

#include <cstdint>
#include <expected>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.hpp"
#include "base/measured.hpp"

namespace margincall::inline lab {

struct Vary {
    std::string key;                  // may contain `*`, as in --set
    std::vector<std::string> values;  // as text of a scenario
};

// "key=lo:hi:n", n values from lo to hi with their unit ("10 %:50 %:5"), or "key=a,b,c"; commas and
// colons inside quotes or brackets do not separate. E701.
[[nodiscard]] std::expected<Vary, Error> parse_vary(std::string_view text);

// Every combination as overrides "key=value", the last key fastest; one empty cell for no keys.
[[nodiscard]] std::vector<std::vector<std::string>> cells_of(const std::vector<Vary>& varies);

}  // namespace margincall::inline lab
