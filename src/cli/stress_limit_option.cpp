#include "cli/stress_limit_option.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <utility>

#include "base/text.hpp"
#include "base/trimmed.hpp"
#include "cli/suggestion.hpp"
#include "scenario/measure.hpp"

namespace margincall::inline cli {
namespace {

// Two characters first, so that "<=" is not read as "<".
constexpr std::array<std::pair<std::string_view, LimitKind>, 4> signs = {
    {{"<=", LimitKind::at_most},
     {">=", LimitKind::at_least},
     {"<", LimitKind::below},
     {">", LimitKind::above}}};

}  // namespace

std::expected<StressLimit, Error> parse_limit(const std::string& option, const std::string& text) {
    const auto refused = [&](std::string message, std::string allowed) {
        Error error;
        error.file = option + " " + shown(text);
        error.code = "E615";
        error.message = std::move(message);
        error.allowed = std::move(allowed);
        return std::unexpected(std::move(error));
    };
    std::size_t at = std::string::npos;
    std::pair<std::string_view, LimitKind> found;
    for (const auto& sign : signs) {
        if (const std::size_t here = text.find(sign.first);
            here != std::string::npos && (at == std::string::npos || here < at)) {
            at = here;
            found = sign;
        }
    }
    if (at == std::string::npos) {
        return refused("compares nothing",
                       "FIGURE <=, <, >= or > VALUE, such as \"bad_debt_usd <= 5 m USD\"");
    }
    const std::string key = trimmed(std::string_view{text}.substr(0, at));
    const std::vector<LimitKey> keys = limit_keys();
    const auto known = std::ranges::find(keys, key, &LimitKey::key);
    if (known == keys.end()) {
        std::vector<std::string> names;
        for (const LimitKey& row : keys) {
            names.push_back(row.key);
        }
        return refused(fmt::format("no figure of a stress is called {}", in_quotes(key)),
                       fmt::format("{}", fmt::join(names, ", ")));
    }
    const std::string value = trimmed(std::string_view{text}.substr(at + found.first.size()));
    const MeasureResult result = parse_measure(value);
    const bool usd = known->unit == FigureUnit::usd;
    const Dimension wanted = usd ? Dimension::usd : Dimension::none;
    if (!result.measure ||
        (result.measure->dimension != wanted && result.measure->dimension != Dimension::none)) {
        return refused(result.measure ? in_quotes(value) + " has another unit" : result.problem,
                       usd ? "an amount in USD, such as 5 m USD" : "a number, such as 10");
    }
    return StressLimit{trimmed(text), key, found.second, result.measure->value};
}

}  // namespace margincall::inline cli
