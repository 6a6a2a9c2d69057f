// What is shown while many worlds run, for `run --paths` and `sweep` alike.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdio>
#include <functional>
#include <string>

#include "cli/progress.hpp"
#include "cli/run.hpp"
#include "lab/worker_pool.hpp"

namespace margincall::inline cli {

[[nodiscard]] ProgressStyle progress_style(Loudness loudness,
                                           const std::string& wanted,
                                           std::FILE* to);

// As many as asked for; 0 = one a core.
[[nodiscard]] std::size_t worker_count(std::size_t asked);

class PoolWatch {
  public:
    PoolWatch(ProgressStyle style, std::FILE* to, std::string what)
        : progress_(style, to, what), what_(std::move(what)) {}

    // For run_worlds: shows how far it is; false once Ctrl-C was pressed.
    bool operator()(const PoolProgress& now);
    void finish() { progress_.finish(); }

  private:
    Progress progress_;
    std::string what_;
    std::chrono::steady_clock::time_point start_ = std::chrono::steady_clock::now();
};

}  // namespace margincall::inline cli
