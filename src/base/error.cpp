#include "base/error.hpp"

namespace margincall::inline base {

Error file_error(std::string file, std::string code, std::string message, std::string hint) {
    Error error;
    error.file = std::move(file);
    error.code = std::move(code);
    error.message = std::move(message);
    error.hint = std::move(hint);
    return error;
}

bool take_room(Errors& errors, std::string_view code) {
    std::size_t listed = 0;
    Error* last = nullptr;
    for (Error& error : errors) {
        if (error.code == code) {
            ++listed;
            last = &error;
        }
    }
    if (listed < listed_of_a_code) {
        return true;
    }
    ++last->more;
    return false;
}

Error& add_problem(Errors& errors, Error error) {
    if (take_room(errors, error.code)) {
        errors.push_back(std::move(error));
        return errors.back();
    }
    return spare_problem();
}

Error& spare_problem() {
    thread_local Error spare;
    spare = {};
    return spare;
}

std::size_t count_errors(const Errors& errors) {
    std::size_t out = 0;
    for (const Error& error : errors) {
        out += error.warning ? 0 : 1 + error.more;
    }
    return out;
}

std::size_t count_warnings(const Errors& errors) {
    std::size_t out = 0;
    for (const Error& error : errors) {
        out += error.warning ? 1 + error.more : 0;
    }
    return out;
}

}  // namespace margincall::inline base
