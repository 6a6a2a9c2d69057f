// What the benchmarks measure with: CPU time of the process, and its largest memory so far.
#pragma once

#include <cstddef>

namespace margincall::inline bench {

[[nodiscard]] double cpu_seconds();  // of the whole process
[[nodiscard]] double peak_rss_mb();  // MiB

// A flow of orders is replayed this often; the median of the times counts.
inline constexpr std::size_t replays = 3;

}  // namespace margincall::inline bench
