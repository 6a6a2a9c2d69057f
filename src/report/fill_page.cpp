#include "report/fill_page.hpp"

#include "base/check.hpp"

namespace margincall::inline report {

void fill_mark(std::string& page, std::string_view mark, std::string_view text) {
    const std::size_t at = page.find(mark);
    CHECK(at != std::string::npos);
    page.replace(at, mark.size(), text);
}

std::string without_angles(std::string_view text, std::string_view replacement) {
    std::string out;
    out.reserve(text.size());
    for (const char c : text) {
        if (c == '<') {
            out += replacement;
        } else {
            out += c;
        }
    }
    return out;
}

}  // namespace margincall::inline report
