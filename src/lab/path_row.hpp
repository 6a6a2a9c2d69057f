// What is kept of one world of many: a line of JSON with its key, digest, headline figures and a few
// coarse curves. The fields are in docs/many-worlds.md.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "analytics/path_series.hpp"
#include "analytics/summary.hpp"

namespace margincall::inline lab {

struct PathRow {
    std::string key;          // world_key
    std::uint64_t index = 0;  // of the task
    std::uint64_t seed = 0;
    // Totals, one value a metric, forced routes and ADL; names, title and comparison are the plan's
    // (complete_summary).
    Summary summary;
    PathSeries series;
};

// Without a line break. Numbers shortest round-trip; curves as float32.
[[nodiscard]] std::string path_row_json(const PathRow& row);
// Nothing when the line is not one that path_row_json wrote.
[[nodiscard]] std::optional<PathRow> parse_path_row(std::string_view line);

// 16 hexadecimal digits, as digests are written; nothing when it is something else.
[[nodiscard]] std::optional<std::uint64_t> parse_digest(std::string_view text);

// What a line begins with, read without the rest of it.
struct RowHead {
    std::string key;
    std::uint64_t index = 0;
    std::uint64_t seed = 0;
    std::uint64_t digest = 0;
};
[[nodiscard]] std::optional<RowHead> parse_row_head(std::string_view line);

struct FailedRow {
    std::string key;
    std::uint64_t index = 0;
    std::uint64_t seed = 0;
    std::string reason;
};
[[nodiscard]] std::string failed_row_json(const FailedRow& row);
[[nodiscard]] std::optional<FailedRow> parse_failed_row(std::string_view line);

}  // namespace margincall::inline lab
