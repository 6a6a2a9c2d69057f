// run.db read back: the records of a run as MemoryRecorder had them, and the totals of its row in
// `runs`. Made from the same field lists as the writer (`visit_fields`).
#pragma once

#include <expected>
#include <filesystem>
#include <memory>
#include <set>
#include <string>

#include "base/error.hpp"
#include "record/memory_recorder.hpp"
#include "sim/recorder.hpp"

namespace margincall::inline record {

struct StoredRun {
    std::string version;  // of the program that wrote it
    // Without the steps of the liquidation engine and the burn-in, which the file does not hold.
    RunTotals totals;
    std::unique_ptr<MemoryRecorder> recorder;  // never null
    std::set<std::string> words;               // what the records' texts point to
};

// E521 no such file, E522 damaged, E525 a layout of another version.
[[nodiscard]] std::expected<StoredRun, Error> read_run_db(const std::filesystem::path& path);

}  // namespace margincall::inline record
