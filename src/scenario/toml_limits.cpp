#include "scenario/toml_limits.hpp"

#include <algorithm>

namespace margincall::inline scenario {
namespace {

// Behind the string that begins at `from`, or the end of its line where it is not closed.
std::size_t after_string(std::string_view text, std::size_t from) {
    const char quote = text[from];
    const bool escapes = quote == '"';
    const bool several_lines = text.substr(from, 3) == std::string_view{escapes ? "\"\"\"" : "'''"};
    std::size_t at = from + (several_lines ? 3 : 1);
    const std::string_view end = text.substr(from, several_lines ? 3 : 1);
    while (at < text.size()) {
        if (escapes && text[at] == '\\') {
            at += 2;
        } else if (text.substr(at, end.size()) == end) {
            return at + end.size();
        } else if (!several_lines && text[at] == '\n') {
            return at;
        } else {
            ++at;
        }
    }
    return text.size();
}

}  // namespace

std::optional<TextPlace> too_long_key(std::string_view text) {
    std::size_t parts = 1;
    std::size_t key_begin = 0;
    std::size_t at = 0;
    const auto place = [&] {
        const std::string_view before = text.substr(0, key_begin);
        const std::size_t line_begin = before.rfind('\n') + 1;  // 0 when there is none
        return TextPlace{1 + static_cast<int>(std::ranges::count(before, '\n')),
                         1 + static_cast<int>(key_begin - line_begin)};
    };
    while (at < text.size()) {
        const char c = text[at];
        if (c == '#') {
            at = std::min(text.find('\n', at), text.size());
        } else if (c == '"' || c == '\'') {
            at = after_string(text, at);
        } else {
            if (c == '.') {
                ++parts;
                if (parts > most_levels) {
                    return place();
                }
            } else if (std::string_view{"=,[]{}\n"}.contains(c)) {
                parts = 1;
                key_begin = at + 1;
            }
            ++at;
        }
    }
    return std::nullopt;
}

}  // namespace margincall::inline scenario
