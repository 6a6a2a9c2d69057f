// JSON as text: the one place that writes it, because what the library does with bytes that are no
// UTF-8 by default is to throw, and a whole result with it.
#pragma once

#include <string>

namespace margincall::inline base {

// `indent`: blanks a level; -1 = one line. Bytes that are no UTF-8 become U+FFFD.
template <typename Json>
[[nodiscard]] std::string json_text(const Json& value, int indent = -1) {
    return value.dump(indent, ' ', false, Json::error_handler_t::replace);
}

}  // namespace margincall::inline base
