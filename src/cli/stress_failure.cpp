#include "cli/stress_failure.hpp"

#include <utility>

namespace margincall::inline cli {

Error option_error(const std::string& option, std::string message, std::string allowed) {
    Error error;
    error.file = option;
    error.code = "E615";
    error.message = std::move(message);
    error.allowed = std::move(allowed);
    return error;
}

}  // namespace margincall::inline cli
