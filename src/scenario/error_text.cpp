#include "scenario/error_text.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace margincall::inline scenario {
namespace {

// Columns of a terminal before the byte column of the source line: tabs stay tabs, other characters
// become blanks, continuation bytes of UTF-8 take no room.
std::string blanks_before(const std::string& line, int column) {
    std::string out;
    int seen = 1;
    for (const char c : line) {
        if (seen >= column) {
            break;
        }
        if ((static_cast<unsigned char>(c) & 0xC0U) == 0x80U) {
            continue;
        }
        out.push_back(c == '\t' ? '\t' : ' ');
        ++seen;
    }
    return out;
}

}  // namespace

std::string error_text(const Error& error) {
    std::string out = error.file.empty() ? "" : error.file + ":";
    if (error.line > 0) {
        out += fmt::format("{}:{}:", error.line, error.column);
    }
    out += fmt::format("{}{}{} {}\n",
                       out.empty() ? "" : " ",
                       error.warning ? "warning" : "error",
                       error.code.empty() ? ":" : "[" + error.code + "]",
                       error.message);
    if (error.line > 0 && !error.excerpt.empty()) {
        out += fmt::format("{:5} | {}\n", error.line, error.excerpt);
        const int room = static_cast<int>(error.excerpt.size()) - error.column + 1;
        const int width = std::clamp(error.width, 1, std::max(1, room));
        out += fmt::format("      | {}{}{}{}\n",
                           blanks_before(error.excerpt, error.column),
                           std::string(static_cast<std::size_t>(width), '^'),
                           error.allowed.empty() ? "" : " ",
                           error.allowed);
    } else if (!error.allowed.empty()) {
        out += fmt::format("   {}\n", error.allowed);
    }
    if (!error.hint.empty()) {
        out += fmt::format("   help: {}\n", error.hint);
    }
    return out;
}

std::string errors_text(const Errors& errors, const std::string& file, const std::string& tail) {
    std::string out;
    std::size_t bad = 0;
    for (const Error& error : errors) {
        out += error_text(error);
        bad += error.warning ? 0 : 1;
    }
    const std::size_t warnings = errors.size() - bad;
    out += fmt::format("{}: {} error{}, {} warning{}.{}{}\n",
                       file,
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
