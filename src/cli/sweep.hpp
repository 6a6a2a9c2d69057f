// `margincall sweep`: a grid of values times seeds in one folder, and what can be asked of such a folder.
#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "base/output.hpp"
#include "cli/run.hpp"
#include "lab/task_list.hpp"

namespace margincall::inline cli {

struct SweepOptions {
    RunOptions run;                   // scenario, overrides, seed, paths, workers, out, resume, ...
    std::vector<std::string> varies;  // --vary
    std::string shard;                // "i/n"; empty = all
};
[[nodiscard]] ExitCode sweep(const SweepOptions& options, Streams streams);

// The same for a folder that says itself what it was begun for (run.out): a sweep of points, or one that
// another machine or language began.
[[nodiscard]] ExitCode sweep_resume(const SweepOptions& options, Streams streams);

// Where a sweep goes that names no folder: by what is swept, so that the same request finds it again.
[[nodiscard]] std::filesystem::path default_sweep_folder(const TaskList& list);

// How far a folder is.
[[nodiscard]] ExitCode sweep_status(const std::string& folder, Output output, Streams streams);

struct SweepVerifyOptions {
    std::string folder;
    double percent = 1.0;               // of the finished worlds, at least one
    std::optional<std::uint64_t> seed;  // of the choice
    Output output = Output::text;
    std::string command;
};
// Runs some finished worlds again and compares digest and figures; exit 7 when one differs.
[[nodiscard]] ExitCode sweep_verify(const SweepVerifyOptions& options, Streams streams);

// Copies the worlds of other folders of the same plan into the first, and sums up.
[[nodiscard]] ExitCode sweep_join(const std::vector<std::string>& folders,
                                  Output output,
                                  Streams streams);

}  // namespace margincall::inline cli
