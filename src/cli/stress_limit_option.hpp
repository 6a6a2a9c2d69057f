// --limit and --fail-if of a stress.
#pragma once

#include <expected>
#include <string>

#include "base/error.hpp"
#include "base/limit.hpp"

namespace margincall::inline cli {

// "bad_debt_usd <= 5 m USD": a figure of a stress. E615 names the option.
[[nodiscard]] std::expected<Limit, Error> limit_of_option(const std::string& option,
                                                          const std::string& text);

}  // namespace margincall::inline cli
