// A number with the unit behind it as it stands, for whoever makes other numbers of the same unit.
#pragma once

#include <expected>
#include <string>

namespace margincall::inline base {

// A value as a number with its unit: "10 %" is 10 and " %". The problem in words when it is none.
struct Measured {
    double value = 0.0;
    std::string unit;  // with the space before it, if there is one
};
[[nodiscard]] std::expected<Measured, std::string> measured(const std::string& text);

}  // namespace margincall::inline base
