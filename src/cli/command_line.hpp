// The program behind `margincall`: reads the command line, runs one command, returns its exit code.
// Results go to `out`, everything for people to `err`, so that both can be files in tests.
#pragma once

#include <cstdio>
#include <string>
#include <vector>

#include "base/exit_code.hpp"

namespace margincall::inline cli {

struct Streams {
    std::FILE* out = stdout;
    std::FILE* err = stderr;
};

// Arguments without the program's name.
[[nodiscard]] ExitCode run_command_line(const std::vector<std::string>& arguments, Streams streams);

}  // namespace margincall::inline cli
