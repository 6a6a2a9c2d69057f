#include "cli/stress_limit_option.hpp"

#include <utility>

#include "base/text.hpp"
#include "cli/stress_failure.hpp"
#include "scenario/limit_text.hpp"

namespace margincall::inline cli {

std::expected<Limit, Error> limit_of_option(const std::string& option, const std::string& text) {
    std::expected<Limit, LimitProblem> limit = parse_limit(text, LimitScope::stress);
    if (!limit) {
        return std::unexpected(option_error(option + " " + shown(text),
                                            std::move(limit.error().message),
                                            std::move(limit.error().allowed)));
    }
    return std::move(*limit);
}

}  // namespace margincall::inline cli
