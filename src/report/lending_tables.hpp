// The section "Lending" of a stress: what it says of a lending book, in tables, JSON lines and CSV files.
// Values are the engine's dollars of 8 decimals; CSV files have every digit.
#pragma once

#include <string>
#include <vector>

#include "report/stress_report.hpp"

namespace margincall::inline report {

[[nodiscard]] std::vector<StressTable> lending_tables(const StressReport& report,
                                                      std::size_t rows_most);
// Who is liquidated and what is left, in one sentence; then which assets moved by beta alone.
[[nodiscard]] std::vector<std::string> lending_answer(const StressReport& report);
// What was left out of the book.
[[nodiscard]] std::vector<std::string> lending_sentences(const StressReport& report);
[[nodiscard]] std::vector<std::string> lending_json_lines(const StressReport& report);
[[nodiscard]] std::vector<StressFile> lending_csv_files(const StressReport& report);

}  // namespace margincall::inline report
