#include "lab/vary.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <optional>

#include "base/text.hpp"
#include "base/trimmed.hpp"

namespace margincall::inline lab {
namespace {

constexpr std::size_t values_max = 10'000;

Error vary_error(std::string_view text, std::string message) {
    return file_error(
        fmt::format("--vary {}", text),
        "E701",
        std::move(message),
        "--vary agents.market_maker.firms=2,4,8 or --vary \"factors.uniform_share=10 %:50 %:5\"");
}

// Parts between separators that are outside quotes and brackets.
std::vector<std::string> split(std::string_view text, char separator) {
    std::vector<std::string> out(1);
    int depth = 0;
    char quote = 0;
    for (const char c : text) {
        if (quote != 0) {
            quote = c == quote ? char{0} : quote;
        } else if (c == '"' || c == '\'') {
            quote = c;
        } else if (c == '[' || c == '{') {
            ++depth;
        } else if (c == ']' || c == '}') {
            --depth;
        } else if (c == separator && depth == 0) {
            out.emplace_back();
            continue;
        }
        out.back() += c;
    }
    return out;
}

// A list whose commas are decimal ones (0,05 or 1,5 %) would be other values than were meant.
std::optional<std::string> decimal_comma(const std::vector<std::string>& values) {
    for (std::size_t k = 1; k < values.size(); ++k) {
        const std::string& part = values[k];
        const bool zero_first =
            part.size() > 1 && part[0] == '0' && part[1] >= '0' && part[1] <= '9';
        const auto before = measured(values[k - 1]);
        const auto here = measured(part);
        const bool unit_behind = before && here && before->unit.empty() && !here->unit.empty();
        if (zero_first || unit_behind) {
            return fmt::format(
                "\"{0},{1}\" reads as two values; a decimal point makes it one: {0}.{1}",
                shown(values[k - 1]),
                shown(part));
        }
    }
    return std::nullopt;
}

std::expected<Vary, Error> range(std::string_view text,
                                 std::string key,
                                 const std::vector<std::string>& parts) {
    const auto low = measured(trimmed(parts[0]));
    const auto high = measured(trimmed(parts[1]));
    if (!low || !high) {
        return std::unexpected(vary_error(
            text, "a range is lo:hi:n with numbers; " + (low ? high.error() : low.error())));
    }
    if (low->unit != high->unit) {
        return std::unexpected(
            vary_error(text,
                       fmt::format("the ends of the range have the units \"{}\" and \"{}\"",
                                   trimmed(low->unit),
                                   trimmed(high->unit))));
    }
    const std::string count = trimmed(parts[2]);
    std::size_t n = 0;
    const auto [end, problem] = std::from_chars(count.data(), count.data() + count.size(), n);
    if (problem != std::errc{} || end != count.data() + count.size() || n < 2 || n > values_max) {
        return std::unexpected(
            vary_error(text, fmt::format("\"{}\" values; allowed 2 … {}", count, values_max)));
    }
    Vary vary{std::move(key), {}};
    for (std::size_t k = 0; k < n; ++k) {
        const double part = static_cast<double>(k) / static_cast<double>(n - 1);
        // Twelve digits hide what binary fractions add: 0.1:0.5:5 is 0.1, 0.2, 0.3, ...
        vary.values.push_back(
            fmt::format("{:.12g}{}", low->value + (high->value - low->value) * part, low->unit));
    }
    return vary;
}

}  // namespace

std::expected<Vary, Error> parse_vary(std::string_view text) {
    const std::size_t equals = text.find('=');
    const std::string key = trimmed(text.substr(0, equals));
    if (equals == std::string_view::npos || key.empty()) {
        return std::unexpected(vary_error(text, "no KEY=VALUES"));
    }
    const std::string_view right = text.substr(equals + 1);
    const std::vector<std::string> parts = split(right, ':');
    // A moment has colons as well: 2025-11-04T00:30:00Z.
    if (parts.size() == 3 &&
        trimmed(parts[2]).find_first_not_of("0123456789") == std::string::npos) {
        return range(text, key, parts);
    }
    Vary vary{key, {}};
    for (const std::string& part : split(right, ',')) {
        vary.values.push_back(trimmed(part));
        if (vary.values.back().empty()) {
            return std::unexpected(vary_error(text, "an empty value"));
        }
    }
    if (auto problem = decimal_comma(vary.values)) {
        return std::unexpected(vary_error(text, std::move(*problem)));
    }
    std::vector<std::string> sorted = vary.values;
    std::ranges::sort(sorted);
    if (const auto twice = std::ranges::adjacent_find(sorted); twice != sorted.end()) {
        return std::unexpected(vary_error(text, fmt::format("\"{}\" twice", *twice)));
    }
    return vary;
}

std::vector<std::vector<std::string>> cells_of(const std::vector<Vary>& varies) {
    std::vector<std::vector<std::string>> cells(1);
    for (const Vary& vary : varies) {
        std::vector<std::vector<std::string>> longer;
        for (const std::vector<std::string>& cell : cells) {
            for (const std::string& value : vary.values) {
                longer.push_back(cell);
                longer.back().push_back(vary.key + "=" + value);
            }
        }
        cells = std::move(longer);
    }
    return cells;
}

}  // namespace margincall::inline lab
