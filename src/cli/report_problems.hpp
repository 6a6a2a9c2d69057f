// Bad input, said once for every command: what is printed, and the exit code that it means.
#pragma once

#include <string>

#include "base/error.hpp"
#include "base/exit_code.hpp"
#include "base/output.hpp"
#include "cli/command_line.hpp"

namespace margincall::inline cli {

// The exit code of docs/command-line.md that fits the first problem.
[[nodiscard]] ExitCode exit_code_of(const Errors& errors);

// Prints the problems for people and, with --json, for programs; their exit code. Not empty.
ExitCode report_problems(const Errors& errors, Output output, Streams streams);

// For a line that cannot be meant: what is wrong with it and, where there is one, a hint.
ExitCode wrong_command_line(Streams streams, const std::string& what, const std::string& hint);

}  // namespace margincall::inline cli
