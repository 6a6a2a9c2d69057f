// `margincall export`: the tables of a run's database as CSV files in a fresh folder.
#pragma once

#include <string>
#include <vector>

#include "base/exit_code.hpp"
#include "base/output.hpp"
#include "cli/command_line.hpp"

namespace margincall::inline cli {

struct ExportOptions {
    std::string run;                  // run folder or database
    std::string out;                  // folder to make; empty = RUN-csv
    std::vector<std::string> tables;  // empty = all
    Output output = Output::text;
    bool quiet = false;
};

// 2 no such table, 4 no database, 10 the folder cannot be written.
[[nodiscard]] ExitCode export_tables(const ExportOptions& options, Streams streams);

}  // namespace margincall::inline cli
