#include "report/table_cell.hpp"

#include <algorithm>

#include "report/format.hpp"

namespace margincall::inline report {

TableCell id_cell(std::string id) {
    return {std::move(id), TableCell::Kind::id};
}
TableCell number_cell(std::string shown, double value) {
    return {std::move(shown), TableCell::Kind::number, value};
}
TableCell money_cell(double usd) {
    return number_cell(format_money(usd), usd);
}
TableCell price_cell(double usd) {
    return number_cell(format_price(usd), usd);
}
TableCell percent_cell(double fraction) {
    return number_cell(format_percent(fraction), fraction);
}
TableCell count_cell(std::uint64_t count) {
    const auto value = static_cast<double>(count);
    return number_cell(format_count(value), value);
}

std::vector<std::string_view> column_kinds(std::size_t columns, const std::vector<TableRow>& rows) {
    std::vector<std::string_view> out;
    for (std::size_t k = 0; k < columns; ++k) {
        const auto any = [&](TableCell::Kind kind) {
            return std::ranges::any_of(
                rows, [&](const TableRow& row) { return k < row.size() && row[k].kind == kind; });
        };
        out.push_back(any(TableCell::Kind::number) ? "number"
                      : any(TableCell::Kind::id)   ? "id"
                                                   : "text");
    }
    return out;
}

}  // namespace margincall::inline report
