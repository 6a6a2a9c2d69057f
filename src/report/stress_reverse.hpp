// What a reverse search found, of accounts and of loans alike, by size and by speed, as tables, JSON lines and CSV files.
#pragma once

#include <string>
#include <vector>

#include "report/stress_report.hpp"

namespace margincall::inline report {

struct ReverseOf {
    const ReverseResult& result;
    const StressMarket& market;           // whose coins the rows name
    const std::vector<CoinShock>& moves;  // of the shock as asked
    std::string prefix = {};              // of keys, kinds and files: "" or "lending_"
    std::string title = "Reverse stress";
};
[[nodiscard]] std::vector<StressTable> reverse_tables(const ReverseOf& of);
// {"kind": "reverse" | "reverse_speed", ...}, one a line.
[[nodiscard]] std::vector<std::string> reverse_json_lines(const ReverseOf& of);
[[nodiscard]] std::vector<StressFile> reverse_csv_files(const ReverseOf& of);

}  // namespace margincall::inline report
