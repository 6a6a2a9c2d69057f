// The folder of many worlds as tables: a row a world, a cell, a point of a curve, a failed world.
#pragma once

#include <cstdint>
#include <expected>
#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "frame/table.hpp"
#include "lab/path_row.hpp"
#include "lab/task_list.hpp"
#include "lab/world_store.hpp"

namespace margincall::python {

struct SweepContent {
    std::shared_ptr<const TaskList> list;
    std::vector<PathRow> rows;          // by index
    std::vector<std::string> parts;     // names
    std::vector<std::int32_t> part_of;  // of each row
    std::vector<FailedRow> failed;      // and not finished at another try; the last reason of each
};
// E713, E715.
[[nodiscard]] std::expected<SweepContent, Error> sweep_content(
    const std::filesystem::path& folder, std::shared_ptr<const TaskList> list);

// Key, index, cell, a column a varied key, seed, digest, cost, every metric.
[[nodiscard]] Table worlds_table(const SweepContent& content);
// Cell, a column a varied key, worlds; p05, p50 and p95 of every metric. Cells without worlds have a row.
[[nodiscard]] Table cells_table(const SweepContent& content);
// The curves: index, cell, seed, time since the start, a column a curve.
[[nodiscard]] Table curves_table(const SweepContent& content);
// Time and five quantiles of each curve over the worlds of a cell; no rows without worlds.
[[nodiscard]] Table bands_table(const SweepContent& content, std::size_t cell);
[[nodiscard]] Table failed_table(const SweepContent& content);

}  // namespace margincall::python
