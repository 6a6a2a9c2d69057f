// What the benchmarks measure with: CPU time of the process, and its largest memory so far.
#pragma once

namespace margincall {

[[nodiscard]] double cpu_seconds();  // of the whole process
[[nodiscard]] double peak_rss_mb();  // MiB

}  // namespace margincall
