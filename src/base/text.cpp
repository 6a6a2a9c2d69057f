#include "base/text.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cstdint>
#include <cstring>

namespace margincall::inline base {
namespace {

// A character at the front of a text: its bytes and code point; 0 bytes when it is no UTF-8.
struct Character {
    std::size_t bytes = 0;
    std::uint32_t code = 0;
};

Character first_character(std::string_view text) {
    const auto byte = [&](std::size_t k) { return static_cast<unsigned char>(text[k]); };
    const unsigned first = byte(0);
    if (first < 0x80U) {
        return {1, first};
    }
    const std::size_t bytes = first >= 0xF0U ? 4 : first >= 0xE0U ? 3 : 2;
    if (first < 0xC2U || first > 0xF4U || text.size() < bytes) {
        return {};
    }
    std::uint32_t code = first & (0x7FU >> bytes);
    for (std::size_t k = 1; k < bytes; ++k) {
        if ((byte(k) & 0xC0U) != 0x80U) {
            return {};
        }
        code = (code << 6U) | (byte(k) & 0x3FU);
    }
    const bool overlong = (bytes == 3 && code < 0x800U) || (bytes == 4 && code < 0x10000U);
    const bool surrogate = code >= 0xD800U && code <= 0xDFFFU;
    return overlong || surrogate || code > 0x10FFFFU ? Character{} : Character{bytes, code};
}

// Marks without a shape that turn the direction of what follows, or end the line.
bool turns_text(std::uint32_t code) {
    return code == 0x061CU || (code >= 0x200EU && code <= 0x200FU) ||
           (code >= 0x2028U && code <= 0x202EU) || (code >= 0x2066U && code <= 0x2069U);
}

void append_shown(std::string& out, std::string_view text, const Character& c) {
    if (c.bytes == 0) {
        out += fmt::format("\\x{:02x}", static_cast<unsigned char>(text.front()));
    } else if (c.code == '\n' || c.code == '\r' || c.code == '\t') {
        out += c.code == '\n' ? "\\n" : c.code == '\r' ? "\\r" : "\\t";
    } else if (c.code < 0x20U || c.code == 0x7FU) {
        out += fmt::format("\\x{:02x}", c.code);
    } else if ((c.code >= 0x80U && c.code < 0xA0U) || turns_text(c.code)) {
        out += fmt::format("\\u{:04X}", c.code);
    } else {
        out += text.substr(0, c.bytes);
    }
}

}  // namespace

std::optional<std::size_t> first_bad_byte(std::string_view text) {
    std::size_t at = 0;
    while (at < text.size()) {
        // Eight bytes of ASCII at once.
        std::uint64_t word = 0;
        if (text.size() - at >= sizeof word) {
            std::memcpy(&word, text.data() + at, sizeof word);
            if ((word & 0x8080808080808080U) == 0) {
                at += sizeof word;
                continue;
            }
        }
        const Character c = first_character(text.substr(at));
        if (c.bytes == 0) {
            return at;
        }
        at += c.bytes;
    }
    return std::nullopt;
}

void set_place(Error& error, std::string_view text, std::size_t at) {
    const std::string_view before = text.substr(0, at);
    const std::size_t line_begin = before.rfind('\n') + 1;  // npos + 1 = 0
    error.line = 1 + static_cast<int>(std::ranges::count(before, '\n'));
    error.column = static_cast<int>(count_characters(before.substr(line_begin))) + 1;
    const std::string_view line = text.substr(line_begin);
    error.excerpt = std::string{line.substr(0, line.find_first_of("\r\n"))};
}

std::optional<Error> check_utf8(std::string_view text, const std::string& name) {
    const std::optional<std::size_t> bad = first_bad_byte(text);
    if (!bad) {
        return std::nullopt;
    }
    Error error;
    error.file = name;
    set_place(error, text, *bad);
    error.code = "E105";
    error.message =
        fmt::format("the byte 0x{:02X} is not UTF-8", static_cast<unsigned char>(text[*bad]));
    error.hint = "iconv -f LATIN1 -t UTF-8 converts an older file";
    return error;
}

std::size_t first_character_bytes(std::string_view text) {
    return std::max<std::size_t>(1, first_character(text).bytes);
}

std::size_t count_characters(std::string_view text) {
    std::size_t out = 0;
    while (!text.empty()) {
        text.remove_prefix(first_character_bytes(text));
        ++out;
    }
    return out;
}

std::string shown(std::string_view text) {
    std::string out;
    out.reserve(text.size());
    while (!text.empty()) {
        const Character c = first_character(text);
        append_shown(out, text, c);
        text.remove_prefix(std::max<std::size_t>(1, c.bytes));
    }
    return out;
}

std::string shown(std::string_view text, std::size_t characters_max) {
    constexpr std::string_view dots = "...";
    std::string out;
    std::size_t fits = 0;  // bytes of `out` that leave room for the dots
    std::size_t width = 0;
    while (!text.empty()) {
        const Character c = first_character(text);
        const std::size_t before = out.size();
        append_shown(out, text, c);
        text.remove_prefix(std::max<std::size_t>(1, c.bytes));
        width += count_characters(std::string_view{out}.substr(before));
        if (width > characters_max) {
            out.resize(fits);
            return out + std::string{dots};
        }
        fits = width + dots.size() <= characters_max ? out.size() : fits;
    }
    return out;
}

std::string in_quotes(std::string_view text) {
    constexpr std::size_t characters_max = 60;
    return fmt::format("\"{}\"", shown(text, characters_max));
}

}  // namespace margincall::inline base
