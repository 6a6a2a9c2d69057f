// What is known of the terminal behind a stream.
#pragma once

#include <cstddef>
#include <cstdio>
#include <string>
#include <string_view>

#include "report/terminal_summary.hpp"

namespace margincall::inline cli {

[[nodiscard]] bool is_terminal(std::FILE* stream);

// Columns of the terminal behind a stream, at least 40; 0 = no terminal, so that nothing has to fit.
[[nodiscard]] std::size_t terminal_width(std::FILE* stream);

// Colours (unless --no-color or NO_COLOR) and width as the stream has them.
[[nodiscard]] TerminalOptions terminal_options(std::FILE* stream, bool colour);

// Prints lines that fit the terminal (report/fit_lines.hpp).
void print_fitting(std::FILE* stream, std::string_view lines);

}  // namespace margincall::inline cli
