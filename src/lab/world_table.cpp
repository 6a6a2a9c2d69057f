#include "lab/world_table.hpp"

#include "base/check.hpp"

namespace margincall::inline lab {

WorldTable world_table(std::span<const PathRow> rows, std::size_t cells, std::size_t paths) {
    WorldTable out(cells, std::vector<const PathRow*>(paths, nullptr));
    for (const PathRow& row : rows) {
        CHECK(row.index < cells * paths);
        out[row.index / paths][row.index % paths] = &row;
    }
    return out;
}

double core_hours(std::span<const PathRow> rows) {
    double seconds = 0.0;
    for (const PathRow& row : rows) {
        seconds += row.summary.wall_s;
    }
    return seconds / 3600.0;
}

}  // namespace margincall::inline lab
