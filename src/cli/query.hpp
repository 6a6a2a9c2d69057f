// `margincall query`: one read-only statement over a run's database, or what its tables hold.
#pragma once

#include <string>

#include "base/exit_code.hpp"
#include "cli/command_line.hpp"

namespace margincall::inline cli {

enum class TableForm : std::uint8_t { text, json, csv };

struct QueryOptions {
    std::string run;  // run folder or database
    std::string sql;  // empty: list the tables
    TableForm form = TableForm::text;
};

// 2 the statement is wrong or does more than read, 4 no database.
[[nodiscard]] ExitCode query_run(const QueryOptions& options, Streams streams);

}  // namespace margincall::inline cli
