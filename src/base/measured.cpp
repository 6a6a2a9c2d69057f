#include "base/measured.hpp"

#include <charconv>
#include <cmath>

#include "base/decimal.hpp"
#include "base/text.hpp"

namespace margincall::inline base {

std::expected<Measured, std::string> measured(const std::string& text) {
    const NumberText number = number_at_front(text);
    if (!number.problem.empty()) {
        return std::unexpected(number.problem);
    }
    Measured out;
    const char* const end = number.plain.data() + number.plain.size();
    const auto read = std::from_chars(number.plain.data(), end, out.value);
    if (read.ec != std::errc{} || !std::isfinite(out.value)) {
        return std::unexpected(in_quotes(text) + " is not a number that can be counted");
    }
    out.unit = text.substr(number.length);
    return out;
}

}  // namespace margincall::inline base
