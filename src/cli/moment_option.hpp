// A moment of a scenario on the command line: "2025-10-10T20:50:00Z", or a time since the start, "45 h".
#pragma once

#include <expected>
#include <string>
#include <string_view>

#include "base/time.hpp"
#include "plan/plan.hpp"

namespace margincall::inline cli {

// Whole seconds between the start of the scenario and its end; otherwise what is wrong, in words.
[[nodiscard]] std::expected<SimTime, std::string> parse_moment(std::string_view text,
                                                               const Plan& plan);
// A duration like "10 min", an amount like "200 m USD"; otherwise what is wrong.
[[nodiscard]] std::expected<Duration, std::string> parse_length(std::string_view text);
[[nodiscard]] std::expected<double, std::string> parse_dollars(std::string_view text);

}  // namespace margincall::inline cli
