// The files of a run folder and what is shown when they are there, for one world and for many.
#pragma once

#include <expected>
#include <filesystem>
#include <string>

#include "analytics/path_series.hpp"
#include "analytics/summary.hpp"
#include "base/error.hpp"
#include "cli/run.hpp"
#include "cli/run_folder.hpp"
#include "record/memory_recorder.hpp"
#include "scenario/compile.hpp"

namespace margincall::inline cli {

struct RunResult {
    const Compiled* compiled = nullptr;        // never null
    const MemoryRecorder* recorder = nullptr;  // of the only or first path; null = not recorded
    RunTotals totals;                          // of the same
    Summary summary;
    const PathBands* bands = nullptr;  // of many paths
    std::string started;               // UTC
};

// runs/MOMENT-NAME-seedS-HASH, or what --out says: an existing folder receives the run, another name
// is the run folder itself, as with cp. `moment` may be empty.
[[nodiscard]] std::filesystem::path run_path(const RunOptions& options,
                                             const Plan& plan,
                                             const std::string& moment);

// Everything that goes into the folder; the manifest is last because it names the others. What cannot be
// written is left out and named in the manifest; the first failure is returned.
[[nodiscard]] std::expected<void, Error> write_run_files(RunFolder& folder,
                                                         const RunOptions& options,
                                                         const RunResult& result);

// Before anything is run: the scenario's warnings and what it is. False when --strict forbids to go on.
[[nodiscard]] bool announce(const Compiled& compiled, const RunOptions& options, Streams streams);

// The summary on the terminal, and the line of --json.
void show_run(const RunOptions& options,
              const RunResult& result,
              const std::filesystem::path& path,
              Streams streams);

}  // namespace margincall::inline cli
