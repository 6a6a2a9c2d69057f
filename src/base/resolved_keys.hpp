// The lines "key = value" of a resolved text with their full keys: "venues.A.insurance_fund",
// "events.0.name" for the first row of [[events]].
#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace margincall::inline base {

// Key and value as written, in the order of the text. Comments are left out.
[[nodiscard]] std::vector<std::pair<std::string, std::string>> resolved_keys(std::string_view text);

}  // namespace margincall::inline base
