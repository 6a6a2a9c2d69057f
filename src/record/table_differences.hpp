// Two run databases row by row.
#pragma once

#include <cstdint>
#include <expected>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "base/error.hpp"
#include "record/sql_reader.hpp"

namespace margincall::inline record {

// The first place where a table differs. Row 0: not a value but the table, its columns or its length;
// the texts then say what each file has.
struct TableDifference {
    std::string table;
    std::int64_t row = 0;  // from 1, in the order in which the rows were written
    std::string column;
    std::string first, second;
};

struct TableComparison {
    std::size_t tables = 0;
    std::int64_t rows = 0;                     // of the first file
    std::vector<TableDifference> differences;  // at most one a table
};

// `ignored` are (table, column) pairs that may differ.
[[nodiscard]] std::expected<TableComparison, Error> compare_tables(
    const SqlReader& first,
    const SqlReader& second,
    std::span<const std::pair<std::string, std::string>> ignored);

}  // namespace margincall::inline record
