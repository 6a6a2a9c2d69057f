// Text from outside: whether it is UTF-8, and how it is shown where it could do harm.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

#include "base/error.hpp"

namespace margincall::inline base {

// Where the first byte stands that is not part of UTF-8 (RFC 3629: no overlong forms, no surrogates,
// nothing above U+10FFFF).
[[nodiscard]] std::optional<std::size_t> first_bad_byte(std::string_view text);

// Says that the problem is at a byte of `text`: line, column in characters, and the line itself.
void set_place(Error& error, std::string_view text, std::size_t at);

// E105 with line, column and byte when `text`, called `name`, is not UTF-8.
[[nodiscard]] std::optional<Error> check_utf8(std::string_view text, const std::string& name);

// Bytes of the character at the front of a text that is not empty; a byte that is no UTF-8 counts
// as one character.
[[nodiscard]] std::size_t first_character_bytes(std::string_view text);
// Characters of a text.
[[nodiscard]] std::size_t count_characters(std::string_view text);

// One line of text that steers no terminal: control characters, marks that turn the direction of
// writing, and bytes that are no UTF-8 as \n, \x1b or \u202E. The rest stays.
[[nodiscard]] std::string shown(std::string_view text);

// The same, cut to so many characters with "..." in place of what is left out.
[[nodiscard]] std::string shown(std::string_view text, std::size_t characters_max);

// A text from outside within a message: shown, cut to 60 characters, in quotes.
[[nodiscard]] std::string in_quotes(std::string_view text);

}  // namespace margincall::inline base
