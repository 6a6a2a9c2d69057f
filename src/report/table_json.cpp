#include "report/table_json.hpp"

#include <utility>

#include "report/json_values.hpp"

namespace margincall::inline report {

nlohmann::ordered_json table_json(const StressTable& table, std::string_view section) {
    using Cells = nlohmann::ordered_json;
    Cells rows = Cells::array();
    for (const TableRow& row : table.rows) {
        Cells cells = Cells::array();
        for (const TableCell& cell : row) {
            cells.push_back(cell.kind == TableCell::Kind::number
                                ? Cells::array({cell.shown, number_or_null(cell.value)})
                                : Cells(cell.shown));
        }
        rows.push_back(std::move(cells));
    }
    return {{"key", table.key},
            {"section", section},
            {"title", table.title},
            {"note", table.note},
            {"head", table.head},
            {"kinds", column_kinds(table.head.size(), table.rows)},
            {"rows", std::move(rows)}};
}

}  // namespace margincall::inline report
