#include "record/table_differences.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <optional>

namespace margincall::inline record {
namespace {

using Ignored = std::span<const std::pair<std::string, std::string>>;

std::string shown(const SqlValue& value) {
    switch (value.kind) {
        case SqlValue::Kind::null:
            return "NULL";
        case SqlValue::Kind::integer:
            return fmt::format("{}", value.integer);
        case SqlValue::Kind::real:
            return fmt::format("{}", value.real);
        default:
            return fmt::format("\"{}\"", value.text);
    }
}

std::vector<std::string> names_of(const SqlRows& rows) {
    std::vector<std::string> out;
    for (std::size_t k = 0; k < rows.columns(); ++k) {
        out.push_back(rows.name(k));
    }
    return out;
}

class Tables {
  public:
    Tables(const SqlReader& first, const SqlReader& second, Ignored ignored)
        : first_{first}, second_{second}, ignored_{ignored} {}

    std::expected<std::optional<TableDifference>, Error> compare(const std::string& table,
                                                                 std::int64_t& rows) {
        const std::string sql = fmt::format("SELECT * FROM {} ORDER BY rowid", sql_name(table));
        auto a = first_.query(sql);
        auto b = second_.query(sql);
        if (!a || !b) {
            return std::unexpected(a ? b.error() : a.error());
        }
        const std::vector<std::string> names = names_of(*a);
        if (names != names_of(*b)) {
            return TableDifference{table,
                                   0,
                                   "",
                                   fmt::format("columns {}", fmt::join(names, ", ")),
                                   fmt::format("columns {}", fmt::join(names_of(*b), ", "))};
        }
        std::optional<TableDifference> found;
        std::int64_t row = 0;
        while (true) {
            const auto more_a = a->step();
            const auto more_b = b->step();
            if (!more_a || !more_b) {
                return std::unexpected(more_a ? more_b.error() : more_a.error());
            }
            if (!*more_a && !*more_b) {
                break;
            }
            if (*more_a != *more_b) {
                // A difference of a value before the end says more than the lengths.
                return found ? found : lengths(table);
            }
            ++row;
            for (std::size_t k = 0; k < names.size() && !found; ++k) {
                if (a->value(k) != b->value(k) && !is_ignored(table, names[k])) {
                    found = {table, row, names[k], shown(a->value(k)), shown(b->value(k))};
                }
            }
        }
        rows += row;
        return found;
    }

  private:
    [[nodiscard]] bool is_ignored(const std::string& table, const std::string& column) const {
        return std::ranges::find(ignored_, std::pair{table, column}) != ignored_.end();
    }
    std::optional<TableDifference> lengths(const std::string& table) {
        const auto count = [&table](const SqlReader& db) {
            auto rows = db.query(fmt::format("SELECT count(*) FROM {}", sql_name(table)));
            return rows && rows->step().value_or(false) ? rows->value(0).integer : 0;
        };
        return TableDifference{table,
                               0,
                               "",
                               fmt::format("{} rows", count(first_)),
                               fmt::format("{} rows", count(second_))};
    }

    const SqlReader& first_;
    const SqlReader& second_;
    Ignored ignored_;
};

}  // namespace

std::expected<TableComparison, Error> compare_tables(const SqlReader& first,
                                                     const SqlReader& second,
                                                     Ignored ignored) {
    const auto names = first.tables();
    const auto others = second.tables();
    if (!names || !others) {
        return std::unexpected(names ? others.error() : names.error());
    }
    TableComparison out;
    Tables tables(first, second, ignored);
    for (const std::string& name : *names) {
        if (std::ranges::find(*others, name) == others->end()) {
            out.differences.push_back({name, 0, "", "a table", "no such table"});
            continue;
        }
        const auto found = tables.compare(name, out.rows);
        if (!found) {
            return std::unexpected(found.error());
        }
        ++out.tables;
        if (*found) {
            out.differences.push_back(**found);
        }
    }
    for (const std::string& name : *others) {
        if (std::ranges::find(*names, name) == names->end()) {
            out.differences.push_back({name, 0, "", "no such table", "a table"});
        }
    }
    return out;
}

}  // namespace margincall::inline record
