#include "frame/csv_table.hpp"

#include <charconv>
#include <cstdint>
#include <limits>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/csv_cell.hpp"
#include "desk/csv.hpp"
#include "record/stored_fields.hpp"

namespace margincall::inline frame {
namespace {

// "007" is a name.
bool has_leading_zero(std::string_view text) {
    if (text.starts_with('-')) {
        text.remove_prefix(1);
    }
    return text.size() > 1 && text[0] == '0' && text[1] >= '0' && text[1] <= '9';
}

template <class Number>
std::optional<Number> number_of(std::string_view text) {
    Number out{};
    const auto [end, problem] = std::from_chars(text.data(), text.data() + text.size(), out);
    if (problem != std::errc{} || end != text.data() + text.size() || has_leading_zero(text)) {
        return std::nullopt;
    }
    return out;
}

template <class Number>
bool all_are(const std::vector<std::string>& cells) {
    bool any = false;
    for (const std::string& cell : cells) {
        if (!cell.empty() && !number_of<Number>(cell)) {
            return false;
        }
        any = any || !cell.empty();
    }
    return any;
}

Column column_of_cells(std::string name, std::vector<std::string> cells) {
    ColumnText about{std::move(name)};
    about.unit = unit_of_field(about.name);
    if (all_are<std::int64_t>(cells)) {
        std::vector<std::int64_t> values;
        std::vector<bool> known;
        for (const std::string& cell : cells) {
            values.push_back(number_of<std::int64_t>(cell).value_or(0));
            known.push_back(!cell.empty());
        }
        return int_column(std::move(about), std::move(values), known);
    }
    if (all_are<double>(cells)) {
        std::vector<double> values;
        for (const std::string& cell : cells) {
            values.push_back(
                number_of<double>(cell).value_or(std::numeric_limits<double>::quiet_NaN()));
        }
        return real_column(std::move(about), std::move(values));
    }
    for (std::string& cell : cells) {
        cell = std::string{without_guard(cell)};
    }
    return text_column(std::move(about), cells);
}

}  // namespace

std::expected<Table, Error> csv_table(const std::filesystem::path& path) {
    const auto text = read_text_file(path.string());
    if (!text) {
        return std::unexpected(text.error());
    }
    CsvReader csv(*text, path.string());
    std::vector<std::string> names;
    std::vector<std::vector<std::string>> cells;
    while (csv.next()) {
        if (csv.damage() != CsvDamage::none) {
            return std::unexpected(csv.line_error("E609", "is no line of a table"));
        }
        const auto fields = csv.fields();
        if (names.empty()) {
            for (const CsvField& field : fields) {
                names.emplace_back(field.text);
            }
            cells.resize(names.size());
            const std::set<std::string> different(names.begin(), names.end());
            if (different.size() != names.size()) {
                return std::unexpected(csv.line_error("E601", "two columns have one name"));
            }
            continue;
        }
        if (fields.size() != names.size()) {
            return std::unexpected(csv.line_error("E609", "has not as many fields as the header"));
        }
        for (std::size_t k = 0; k < fields.size(); ++k) {
            cells[k].emplace_back(fields[k].text);
        }
    }
    std::vector<Column> columns;
    for (std::size_t k = 0; k < names.size(); ++k) {
        columns.push_back(column_of_cells(names[k], std::move(cells[k])));
    }
    return Table(path.stem().string(), std::move(columns));
}

}  // namespace margincall::inline frame
