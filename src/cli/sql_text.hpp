// Values of a table as text: cells of a CSV file (RFC 4180), of a JSON object, of a terminal.
#pragma once

#include <string>
#include <string_view>

#include "record/sql_reader.hpp"

namespace margincall::inline cli {

// Text as a cell (base/csv_cell.hpp). An empty text is "", unlike NULL.
[[nodiscard]] std::string csv_text_field(std::string_view text);
// NULL is an empty field; reals have as many digits as give the same double back.
[[nodiscard]] std::string csv_field(const SqlValue& value);

[[nodiscard]] std::string json_value(const SqlValue& value);
// On one line; NULL is shown as such, because 0 and "" are something else.
[[nodiscard]] std::string shown_value(const SqlValue& value);

}  // namespace margincall::inline cli
