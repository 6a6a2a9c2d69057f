// What the benchmarks measure with: CPU time of the process, and its largest memory so far.
#pragma once

namespace margincall::inline bench {

[[nodiscard]] double cpu_seconds();  // of the whole process
[[nodiscard]] double peak_rss_mb();  // MiB

}  // namespace margincall::inline bench
