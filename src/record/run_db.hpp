// run.db: every table of a run as one SQLite file. Tables are made from the records' field lists
// (`visit_fields`), so a new field appears in the file without a change here.
//
// Money is stored as integer micro-dollars in columns that end in `_usd_micro`; the table `columns`
// gives unit and scale of every column. Prices, quantities and rates are REAL; "not known" is NULL.
// The writer works on a temporary name and renames at the end: a run.db is complete or absent.
#pragma once

#include <cstdint>
#include <expected>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "base/error.hpp"
#include "plan/plan.hpp"
#include "record/memory_recorder.hpp"
#include "sim/recorder.hpp"

namespace margincall::inline record {

inline constexpr int run_db_schema_version = 1;  // PRAGMA user_version

// One headline figure and one comparison, as analytics found them; no value = no data = NULL.
struct MetricRow {
    std::string name, unit;
    std::optional<double> value, p05, p50, p95;
};
struct ObservedRow {
    std::string metric, unit;
    std::optional<double> simulated, measured, tolerance;
    std::optional<bool> inside;
    std::string article, source, note;
};

struct RunDbContent {
    const Plan* plan = nullptr;                // never null
    const MemoryRecorder* recorder = nullptr;  // never null
    RunTotals totals;
    std::string version;  // of the program
    std::vector<MetricRow> metrics;
    std::vector<ObservedRow> observed;
    std::int64_t page_count_max = 0;  // 0 = no limit; a small one stands for a full disk in tests
};

// Error codes: E501 the file cannot be created or written, E502 the disk is full.
[[nodiscard]] std::expected<void, Error> write_run_db(const std::filesystem::path& path,
                                                      const RunDbContent& content);

}  // namespace margincall::inline record
