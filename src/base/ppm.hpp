// Ratios in parts per million.
#pragma once

#include <cstdint>

namespace margincall::inline base {

inline constexpr std::int64_t whole_ppm = 1'000'000;  // one

}  // namespace margincall::inline base
