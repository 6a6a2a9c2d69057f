// The codes of scenario problems: stable, one meaning each, explained by `margincall explain E203`.
#pragma once

#include <span>
#include <string_view>

namespace margincall::inline scenario {

struct ErrorCode {
    std::string_view code;
    std::string_view title;
    std::string_view about;
};
[[nodiscard]] std::span<const ErrorCode> error_codes();

}  // namespace margincall::inline scenario
