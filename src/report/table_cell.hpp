// Cells of the tables of a report: what people read, and of a number what it is, so that a page can set
// numbers to the right, leave identifiers as they are, and give out CSV without rounding.
#pragma once

#include <cmath>
#include <cstdint>
#include <limits>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace margincall::inline report {

struct TableCell {
    enum class Kind : std::uint8_t { text, id, number };
    std::string shown;
    Kind kind = Kind::text;
    double value = std::numeric_limits<double>::quiet_NaN();  // of a number; NaN: there is none

    // Texts are what most rows are lists of. NOLINTNEXTLINE(google-explicit-constructor)
    TableCell(std::string text) : shown(std::move(text)) {}
    // NOLINTNEXTLINE(google-explicit-constructor)
    TableCell(const char* text) : shown(text) {}
    TableCell(std::string text, Kind of, double number = std::numeric_limits<double>::quiet_NaN())
        : shown(std::move(text)), kind(of), value(number) {}
};
using TableRow = std::vector<TableCell>;

// Somebody's own name for something, shown letter by letter.
[[nodiscard]] TableCell id_cell(std::string id);
// Any number in words of its own; `value` is what it stands for, in the column's unit.
[[nodiscard]] TableCell number_cell(std::string shown, double value);
// As format.hpp shows them.
[[nodiscard]] TableCell money_cell(double usd);
[[nodiscard]] TableCell price_cell(double usd);
[[nodiscard]] TableCell percent_cell(double fraction);
[[nodiscard]] TableCell count_cell(std::uint64_t count);

// By column, as web/src/view/table.ts names them: "number" where a cell is one, "id" likewise, else "text".
[[nodiscard]] std::vector<std::string_view> column_kinds(std::size_t columns,
                                                         const std::vector<TableRow>& rows);

}  // namespace margincall::inline report
