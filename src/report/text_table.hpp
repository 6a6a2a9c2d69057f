// A table on a terminal.
#pragma once

#include <string>
#include <vector>

#include "report/palette.hpp"
#include "report/table_cell.hpp"

namespace margincall::inline report {

// First column to the left, the others to the right; as wide as their longest cell. Cells may be other
// people's text: what could steer a terminal is shown.
[[nodiscard]] std::string text_table(const std::vector<std::string>& head,
                                     const std::vector<TableRow>& rows,
                                     const Palette& colours);

}  // namespace margincall::inline report
