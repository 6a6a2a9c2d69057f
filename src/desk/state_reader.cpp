#include "desk/state_reader.hpp"

#include <fmt/format.h>

#include <utility>

#include "base/text.hpp"

namespace margincall::inline desk {

std::optional<ExactFigure> StateReader::figure_or_none(const StatePart& part,
                                                       const JsonTree& object,
                                                       std::string_view key,
                                                       std::string_view of) {
    const JsonTree& member = member_of(object, key);
    const std::string text = text_of(object, key);
    if (member.is_null() || (member.is_string() && text.empty())) {
        return std::nullopt;
    }
    std::optional<ExactFigure> read = ExactFigure::parse(text);
    if (!read) {
        refuse(part,
               "E632",
               fmt::format("{}: {} is {}, not a number",
                           shown(of),
                           key,
                           member.is_string() ? in_quotes(text) : std::string{member.type_name()}),
               "give the response of the interface as it came");
    }
    return read;
}

ExactFigure StateReader::figure(const StatePart& part,
                                const JsonTree& object,
                                std::string_view key,
                                std::string_view of) {
    const std::size_t before = errors_.size();
    std::optional<ExactFigure> read = figure_or_none(part, object, key, of);
    if (!read && errors_.size() == before) {
        refuse(part,
               "E632",
               fmt::format("{}: {} is missing", shown(of), key),
               "give the response of the interface as it came");
    }
    return read.value_or(ExactFigure{});
}

void StateReader::refuse(const StatePart& part,
                         const char* code,
                         std::string message,
                         std::string hint) {
    Error error;
    error.file = part.file;
    error.code = code;
    error.message = std::move(message);
    error.hint = std::move(hint);
    add_problem(errors_, std::move(error));
}

void StateReader::warn(const StatePart& part, std::string message, std::string hint) {
    Error warning;
    warning.file = part.file;
    warning.code = "W631";
    warning.message = std::move(message);
    warning.hint = std::move(hint);
    warning.warning = true;
    add_problem(warnings_, std::move(warning));
}

BookLine StateReader::line(std::string account) const {
    BookLine out;
    out.account = std::move(account);
    out.venue = venue_;
    return out;
}

std::string price_text(const std::optional<ExactFigure>& price, int places) {
    return price && !price->is_zero() ? price->rounded(places).text() : std::string{};
}

}  // namespace margincall::inline desk
