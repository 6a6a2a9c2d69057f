#include "scenario/error_text.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cstddef>
#include <string_view>

#include "base/text.hpp"

namespace margincall::inline scenario {
namespace {

constexpr std::size_t excerpt_characters = 100;
constexpr std::size_t message_characters = 400;

// The part of a source line around a place, and what stands under it.
struct Excerpt {
    std::string text;
    std::string carets;  // blanks, then ^ under the place
};

// `column` counts characters from 1. A tab is shown as one blank.
Excerpt excerpt_around(std::string_view line, std::size_t column, std::size_t width) {
    const std::size_t characters = count_characters(line);
    const std::size_t place = std::min(column - 1, characters);
    const bool cut = characters > excerpt_characters;
    const std::size_t begin = cut ? std::min(place - std::min(place, excerpt_characters / 3),
                                             characters - excerpt_characters)
                                  : 0;
    const std::size_t end = cut ? begin + excerpt_characters : characters;
    Excerpt out{begin > 0 ? "..." : "", begin > 0 ? "   " : ""};
    std::size_t at = 0;
    while (!line.empty() && at < end) {
        const std::size_t bytes = first_character_bytes(line);
        if (at >= begin) {
            const std::string one = line.front() == '\t' ? " " : shown(line.substr(0, bytes));
            out.text += one;
            if (at < place + width) {
                out.carets.append(count_characters(one), at < place ? ' ' : '^');
            }
        }
        line.remove_prefix(bytes);
        ++at;
    }
    out.text += end < characters ? "..." : "";
    if (place >= at) {  // behind the line's last character
        out.carets.push_back('^');
    }
    return out;
}

}  // namespace

std::string error_text(const Error& error) {
    std::string out = error.file.empty() ? "" : shown(error.file, message_characters) + ":";
    if (error.line > 0) {
        out += fmt::format("{}:{}:", error.line, error.column);
    }
    out += fmt::format("{}{}{} {}\n",
                       out.empty() ? "" : " ",
                       error.warning ? "warning" : "error",
                       error.code.empty() ? ":" : "[" + error.code + "]",
                       shown(error.message, message_characters));
    const std::string allowed = shown(error.allowed, message_characters);
    if (error.line > 0 && !error.excerpt.empty()) {
        const Excerpt excerpt = excerpt_around(error.excerpt,
                                               static_cast<std::size_t>(std::max(1, error.column)),
                                               static_cast<std::size_t>(std::max(1, error.width)));
        out += fmt::format("{:5} | {}\n", error.line, excerpt.text);
        out += fmt::format("      | {}{}{}\n", excerpt.carets, allowed.empty() ? "" : " ", allowed);
    } else if (!allowed.empty()) {
        out += fmt::format("   {}\n", allowed);
    }
    if (!error.hint.empty()) {
        out += fmt::format("   help: {}\n", shown(error.hint, message_characters));
    }
    if (error.more > 0) {
        out += fmt::format(
            "   and {} more{}\n", error.more, error.code.empty() ? "" : " of " + error.code);
    }
    return out;
}

std::string errors_text(const Errors& errors, const std::string& file, const std::string& tail) {
    std::string out;
    for (const Error& error : errors) {
        out += error_text(error);
    }
    const std::size_t bad = count_errors(errors);
    const std::size_t warnings = count_warnings(errors);
    out += fmt::format("{}: {} error{}, {} warning{}.{}{}\n",
                       shown(file, message_characters),
                       bad,
                       bad == 1 ? "" : "s",
                       warnings,
                       warnings == 1 ? "" : "s",
                       tail.empty() ? "" : " ",
                       tail);
    return out;
}

bool only_missing_files(const Errors& errors) {
    return !errors.empty() && std::all_of(errors.begin(), errors.end(), [](const Error& error) {
        return error.code == "E102";
    });
}

}  // namespace margincall::inline scenario
