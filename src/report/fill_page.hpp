// Puts data and title in the place of the marks that a page's template holds (page_template.hpp).
#pragma once

#include <string>
#include <string_view>

namespace margincall::inline report {

inline constexpr std::string_view title_mark = "MARGINCALL_TITLE";

// The first `mark` of the page, which must be there, becomes `text`.
void fill_mark(std::string& page, std::string_view mark, std::string_view text);

// Safe inside a <script> element and as text of a title: every '<' becomes `replacement`.
[[nodiscard]] std::string without_angles(std::string_view text, std::string_view replacement);

}  // namespace margincall::inline report
