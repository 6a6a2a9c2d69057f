#include "desk/state_reader.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <iterator>
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
    add_problem(errors_, file_error(part.file, code, std::move(message), std::move(hint)));
}

std::vector<BookLine> StateReader::take_lines() {
    for (BookLine& line : lines_) {
        line.unsaid = unsaid_;
    }
    return std::move(lines_);
}

void StateReader::warn(const StatePart& part, std::string message, std::string hint) {
    Error warning = file_error(part.file, "W631", std::move(message), std::move(hint));
    warning.warning = true;
    add_problem(warnings_, std::move(warning));
}

BookLine StateReader::cross_line(const std::string& account) const {
    BookLine out;
    out.account = account;
    out.venue = venue_;
    out.margin_mode = "cross";
    return out;
}

BookLine StateReader::wallet_line(const std::string& account,
                                  const std::string& asset,
                                  const ExactFigure& amount) const {
    BookLine out = cross_line(account);
    out.collateral = asset;
    out.amount = amount.text();
    return out;
}

BookLine StateReader::position_line(const std::string& account,
                                    const std::string& instrument,
                                    const ExactFigure& size) const {
    BookLine out = cross_line(account);
    out.instrument = instrument;
    out.side = size.is_negative() ? "short" : "long";
    out.size = size.magnitude().text();
    return out;
}

void StateReader::add(std::vector<BookLine> lines) {
    std::ranges::move(lines, std::back_inserter(lines_));
}

void isolate(BookLine& position, const ExactFigure& margin) {
    position.margin_mode = "isolated";
    position.collateral = "USD";
    position.amount = margin.text();
}

std::string rate_text(const std::optional<ExactFigure>& maintenance, const ExactFigure& value) {
    constexpr int places = 8;
    if (!maintenance || maintenance->is_zero() || maintenance->is_negative() || value.is_zero()) {
        return {};
    }
    return maintenance->divided(value.magnitude(), places).text();
}

std::string price_text(const std::optional<ExactFigure>& price, int places) {
    return price && !price->is_zero() ? price->rounded(places).text() : std::string{};
}

}  // namespace margincall::inline desk
