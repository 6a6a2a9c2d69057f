// Cells of CSV files as our writers write them: RFC 4180, and nothing that a spreadsheet runs.
#pragma once

#include <string>
#include <string_view>

namespace margincall::inline base {

// Text as a cell. A spreadsheet takes a cell that begins with = + - @ tab or CR for a formula: such a
// text gets a ' in front unless it is a number (-5 stays -5). Quoted where a reader would not give
// the same text back: separators, quotes, line breaks, blanks at the ends, # in front.
[[nodiscard]] std::string csv_cell(std::string_view text);

// What csv_cell put a ' in front of, without it; other text as it is.
[[nodiscard]] std::string_view without_guard(std::string_view cell);

}  // namespace margincall::inline base
