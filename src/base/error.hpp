// Bad input as a value: where, what, the value found, the allowed range and a hint.
#pragma once

#include <string>
#include <vector>

namespace margincall::inline base {

struct Error {
    std::string file;
    int line = 0;      // 1-based; 0 = no position
    int column = 0;    // 1-based; 0 = no position
    std::string code;  // stable, e.g. "E104"; explained by `margincall explain E104`
    std::string message;
    std::string hint;      // may be empty
    std::string excerpt;   // the source line, may be empty
    int width = 1;         // characters under the caret
    std::string allowed;   // allowed values and where the limit comes from; may be empty
    bool warning = false;  // implausible, not wrong: does not stop a run
};
using Errors = std::vector<Error>;

}  // namespace margincall::inline base
