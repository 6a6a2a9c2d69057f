// A CSV file that one of our writers wrote (of a stress, of `export`), as a table.
#pragma once

#include <expected>
#include <filesystem>

#include "base/error.hpp"
#include "frame/table.hpp"

namespace margincall::inline frame {

// A column is int64 or double when every cell that is not empty is written as such a number is, else text;
// an empty cell of a number is null. Units follow from the names (record/stored_fields.hpp). E102 no such file,
// E105 and E609 a line that does not fit.
[[nodiscard]] std::expected<Table, Error> csv_table(const std::filesystem::path& path);

}  // namespace margincall::inline frame
