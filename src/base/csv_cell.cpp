#include "base/csv_cell.hpp"

#include "base/decimal.hpp"

namespace margincall::inline base {
namespace {

bool is_number(std::string_view text) {
    const NumberText number = number_at_front(text);
    return number.problem.empty() && number.length == text.size();
}

// Text that is run, or that begins with as many ' as make it look like such a text when guarded.
bool needs_guard(std::string_view text) {
    constexpr std::string_view formula = "=+-@\t\r";
    const std::size_t quotes = std::min(text.find_first_not_of('\''), text.size());
    const std::string_view rest = text.substr(quotes);
    return !rest.empty() && formula.contains(rest.front()) && (quotes > 0 || !is_number(rest));
}

}  // namespace

std::string csv_cell(std::string_view text) {
    std::string safe{needs_guard(text) ? "'" : ""};
    safe += text;
    const auto is_blank = [](char c) { return c == ' ' || c == '\t'; };
    const bool as_it_is = safe.find_first_of(",;\"\r\n\t") == std::string::npos &&
                          (safe.empty() || (safe.front() != '#' && !is_blank(safe.front()) &&
                                            !is_blank(safe.back())));
    if (as_it_is) {
        return safe;
    }
    std::string out = "\"";
    for (const char c : safe) {
        out += c == '"' ? "\"\"" : std::string_view{&c, 1};
    }
    return out + "\"";
}

std::string_view without_guard(std::string_view cell) {
    return cell.starts_with('\'') && needs_guard(cell.substr(1)) ? cell.substr(1) : cell;
}

}  // namespace margincall::inline base
