// JSON from outside, with every number kept as it is written: figures of venues are decimals and must not pass
// through a binary float.
#pragma once

#include <expected>
#include <nlohmann/json.hpp>
#include <string>
#include <string_view>

#include "base/error.hpp"

namespace margincall::inline desk {

using JsonTree = nlohmann::ordered_json;

// The tree of `text`, called `name` in messages; numbers are strings of their digits. E631 with line and
// column for what is not JSON, has more than one value, or is nested deeper than 64 levels.
[[nodiscard]] std::expected<JsonTree, Error> parse_json_tree(std::string_view text,
                                                             const std::string& name);

// A member of an object, or null: also when `tree` is no object.
[[nodiscard]] const JsonTree& member_of(const JsonTree& tree, std::string_view key);
// The first element of an array, or null.
[[nodiscard]] const JsonTree& first_of(const JsonTree& tree);
// A text or number of the object as text; empty for null, false, and what is not there.
[[nodiscard]] std::string text_of(const JsonTree& tree, std::string_view key);
[[nodiscard]] bool has_member(const JsonTree& tree, std::string_view key);

}  // namespace margincall::inline desk
