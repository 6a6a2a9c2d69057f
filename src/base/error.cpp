#include "base/error.hpp"

namespace margincall::inline base {

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
