// What `--limit` and `--fail-if` take: "bad_debt_usd <= 5 m USD".
#pragma once

#include <expected>
#include <string>

#include "base/error.hpp"
#include "report/stress_limit.hpp"

namespace margincall::inline cli {

// E615, with the keys there are.
[[nodiscard]] std::expected<StressLimit, Error> parse_limit(const std::string& option,
                                                            const std::string& text);

}  // namespace margincall::inline cli
