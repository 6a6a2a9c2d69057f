// What a query of an SQLite file answers, as a table.
#pragma once

#include <expected>
#include <string_view>

#include "base/error.hpp"
#include "frame/table.hpp"
#include "record/sql_reader.hpp"

namespace margincall::inline frame {

// Values as stored. A column is int64 when all its values are whole numbers, double when all are numbers, else
// text; NULL is null. Two columns of one name get numbers behind it. E522, E523, E524 of the reader.
[[nodiscard]] std::expected<Table, Error> query_table(const SqlReader& db, std::string_view sql);
// A table of run.db with units and meanings, and `time` (UTC) beside `time_ns`.
[[nodiscard]] std::expected<Table, Error> stored_table(const SqlReader& db, std::string_view name);

}  // namespace margincall::inline frame
