// `margincall import STATE... -o BOOK.csv`: answers of venues' interfaces as an account book (docs/import.md).
#pragma once

#include <string>
#include <vector>

#include "base/output.hpp"
#include "cli/command_line.hpp"
#include "cli/run.hpp"

namespace margincall::inline cli {

struct ImportArguments {
    std::vector<std::string> files;
    std::string account;  // empty: "main"
    std::string venue;    // empty: the format's own
    std::string out;      // empty: standard output
    Output output = Output::text;
    Loudness loudness = Loudness::normal;
};

[[nodiscard]] ExitCode import_book(const ImportArguments& arguments, Streams streams);

}  // namespace margincall::inline cli
