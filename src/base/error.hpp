// Bad input as a value: where, what, the value found, the allowed range and a hint.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
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
    std::size_t more = 0;  // so many more of the same code are counted here and not listed
};
using Errors = std::vector<Error>;

// Of a whole file, or of what stands for one; nothing is known of the place in it.
[[nodiscard]] Error file_error(std::string file,
                               std::string code,
                               std::string message,
                               std::string hint = {});

// A list names so many problems of one code; of a file with thousands nobody reads more, and a
// program must not need memory for them.
inline constexpr std::size_t listed_of_a_code = 20;

// Is there room for another problem of this code? Without room it is counted with the last one, so
// that whoever asks need not make the text of one that is dropped.
[[nodiscard]] bool take_room(Errors& errors, std::string_view code);
// Lists or counts it. The reference is to a spare one when it is only counted.
Error& add_problem(Errors& errors, Error error);
// What is written into it is lost; for problems that are only counted.
[[nodiscard]] Error& spare_problem();
// All problems, listed or not, that are no warnings; and the warnings.
[[nodiscard]] std::size_t count_errors(const Errors& errors);
[[nodiscard]] std::size_t count_warnings(const Errors& errors);

}  // namespace margincall::inline base
