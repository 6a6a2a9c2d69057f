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

inline constexpr int run_db_schema_version = 3;  // PRAGMA user_version

// One headline figure and one comparison, as analytics found them; no value = no data = NULL.
struct MetricRow {
    std::string name, unit;
    std::optional<double> value, p05, p50, p95;
    std::int64_t paths = 0;  // that have a value
    std::optional<double> se = std::nullopt;
};
struct ObservedRow {
    std::string metric, unit;
    std::optional<double> simulated, measured, tolerance;
    std::optional<bool> inside;
    std::string article, source, note;
};

// A run of many paths beside the tables of its first one.
struct PathDbRow {
    std::int64_t path = 0;
    std::uint64_t seed = 0, digest = 0;
};
struct PathMetricRow {
    std::int64_t path = 0;
    std::uint64_t seed = 0;
    std::string metric;
    std::optional<double> value;
};
struct BandRow {
    std::string series, unit;
    std::int64_t time_ns = 0;
    std::optional<double> p05, p25, p50, p75, p95;
};
struct PathTables {
    std::vector<PathDbRow> paths;
    std::vector<PathMetricRow> metrics;
    std::vector<BandRow> bands;
};

struct RunDbContent {
    const Plan* plan = nullptr;                // never null
    const MemoryRecorder* recorder = nullptr;  // never null
    RunTotals totals;
    std::string version;  // of the program
    std::vector<MetricRow> metrics;
    std::vector<ObservedRow> observed;
    PathTables paths;                 // empty of one path: no such tables
    std::int64_t page_count_max = 0;  // 0 = no limit; a small one stands for a full disk in tests
};

// Error codes: E501 the file cannot be created or written, E502 the disk is full.
[[nodiscard]] std::expected<void, Error> write_run_db(const std::filesystem::path& path,
                                                      const RunDbContent& content);

}  // namespace margincall::inline record
