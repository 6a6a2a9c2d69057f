// Text with columns on a terminal that is narrower than the text.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace margincall::inline report {

// Every line in at most `width` columns and nothing left out: a line that is longer goes on below itself,
// indented, and breaks between columns (two spaces or more), else between words, else anywhere. Colours
// (escape sequences) take no room.
[[nodiscard]] std::string fit_lines(std::string_view text, std::size_t width);

}  // namespace margincall::inline report
