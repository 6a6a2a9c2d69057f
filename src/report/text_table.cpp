#include "report/text_table.hpp"

#include <algorithm>

#include "base/text.hpp"
#include "report/format.hpp"

namespace margincall::inline report {
namespace {

std::string table_row(const TableRow& cells, const std::vector<std::size_t>& widths) {
    std::string out;
    for (std::size_t k = 0; k < cells.size(); ++k) {
        const std::string cell = base::shown(cells[k].shown);  // ids are other people's text
        out += k == 0 ? pad_right(cell, widths[k]) : "  " + pad_left(cell, widths[k]);
    }
    while (out.ends_with(' ')) {
        out.pop_back();
    }
    return out + "\n";
}

}  // namespace

std::string text_table(const std::vector<std::string>& head,
                       const std::vector<TableRow>& rows,
                       const Palette& colours) {
    std::vector<std::size_t> widths;
    widths.reserve(head.size());
    for (const std::string& cell : head) {
        widths.push_back(display_width(base::shown(cell)));
    }
    for (const auto& row : rows) {
        for (std::size_t k = 0; k < row.size(); ++k) {
            widths[k] = std::max(widths[k], display_width(base::shown(row[k].shown)));
        }
    }
    std::string out;
    out += colours.dim;
    out += table_row({head.begin(), head.end()}, widths);
    out += colours.reset;
    for (const auto& row : rows) {
        out += table_row(row, widths);
    }
    return out;
}

}  // namespace margincall::inline report
