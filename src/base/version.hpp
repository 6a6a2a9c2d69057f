#pragma once

namespace margincall::inline base {

inline constexpr const char* program_version = "0.1.0";

}  // namespace margincall::inline base
