// How numbers stand in the JSON of the pages and files: what is not known is null.
#pragma once

#include <cmath>
#include <cstdint>
#include <nlohmann/json.hpp>
#include <optional>

namespace margincall::inline report {

[[nodiscard]] inline nlohmann::ordered_json number_or_null(double value) {
    return std::isfinite(value) ? nlohmann::ordered_json(value) : nlohmann::ordered_json(nullptr);
}
[[nodiscard]] inline nlohmann::ordered_json optional_json(const std::optional<double>& value) {
    return value ? number_or_null(*value) : nlohmann::ordered_json(nullptr);
}
[[nodiscard]] constexpr double seconds_of(std::int64_t ns) {
    return static_cast<double>(ns) / 1e9;
}

}  // namespace margincall::inline report
