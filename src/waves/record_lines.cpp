#include "waves/record_lines.hpp"

#include "base/decimal.hpp"
#include "base/text.hpp"

namespace margincall::inline waves {
namespace {

constexpr double largest_figure = 1e15;
constexpr double least_positive = 1e-12;

}  // namespace

RecordLines::RecordLines(const RecordText& file, std::span<const CsvColumn> columns, Errors& errors)
    : RecordLines(file, columns, errors, {}) {}

RecordLines::RecordLines(const RecordText& file,
                         std::span<const CsvColumn> columns,
                         Errors& errors,
                         Errors unwanted)
    : CsvTable(file.text, file.name, columns, errors, &unwanted) {}

bool RecordLines::next() {
    while (CsvTable::next()) {
        if (fits()) {
            return true;
        }
    }
    return false;
}

std::optional<double> RecordLines::figure(std::size_t column, double low, const char* allowed) {
    const CsvField at = field(column);
    const auto value = parse_long_decimal(at.text);
    if (!value) {
        problem(at, "E603", in_quotes(at.text) + " is no number").allowed = allowed;
        return std::nullopt;
    }
    const double number = value->value();
    if (number < low || number > largest_figure) {
        problem(at, "E604", in_quotes(at.text) + " is out of range").allowed = allowed;
        return std::nullopt;
    }
    return number;
}

std::optional<double> RecordLines::positive(std::size_t column) {
    return figure(column, least_positive, "above 0, at most 1e15");
}
std::optional<double> RecordLines::not_negative(std::size_t column) {
    return figure(column, 0.0, "from 0 to 1e15");
}
std::optional<double> RecordLines::any(std::size_t column) {
    return figure(column, -largest_figure, "from -1e15 to 1e15");
}

void RecordLines::not_whole(std::size_t column) {
    problem(field(column), "E604", in_quotes(field(column).text) + " is no whole number in range");
}

}  // namespace margincall::inline waves
