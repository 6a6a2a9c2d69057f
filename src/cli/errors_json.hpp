// Problems of a scenario as one JSON object a line, for programs.
#pragma once

#include <string>

#include "base/error.hpp"

namespace margincall::inline cli {

[[nodiscard]] std::string errors_json(const Errors& errors);

}  // namespace margincall::inline cli
