#include "frame/sql_table.hpp"

#include <fmt/format.h>

#include <cstdint>
#include <limits>
#include <map>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "record/column_meanings.hpp"

namespace margincall::inline frame {
namespace {

// The values of one column while they come in: kept as what they are, until all are known.
struct Gathered {
    std::vector<SqlValue::Kind> kinds;
    std::vector<std::int64_t> integers;
    std::vector<double> reals;
    std::vector<std::string> texts;  // only where a row is a text
    bool any_real = false;
    bool any_text = false;

    void take(const SqlValue& value) {
        kinds.push_back(value.kind);
        integers.push_back(value.integer);
        reals.push_back(value.kind == SqlValue::Kind::integer ? static_cast<double>(value.integer)
                                                              : value.real);
        const bool text = value.kind == SqlValue::Kind::text || value.kind == SqlValue::Kind::blob;
        texts.push_back(text ? text_of(value) : std::string{});
        any_text = any_text || text;
        any_real = any_real || value.kind == SqlValue::Kind::real;
    }

    // The bytes of a blob are shown as hexadecimal digits, because text must be UTF-8.
    static std::string text_of(const SqlValue& value) {
        if (value.kind == SqlValue::Kind::text) {
            return std::string{value.text};
        }
        std::string out;
        for (const char byte : value.text) {
            out += fmt::format("{:02x}", static_cast<unsigned char>(byte));
        }
        return out;
    }

    Column column(ColumnText about) {
        std::vector<bool> known(kinds.size());
        for (std::size_t row = 0; row < kinds.size(); ++row) {
            known[row] = kinds[row] != SqlValue::Kind::null;
        }
        if (any_text) {
            for (std::size_t row = 0; row < kinds.size(); ++row) {
                if (kinds[row] == SqlValue::Kind::integer) {
                    texts[row] = fmt::format("{}", integers[row]);
                } else if (kinds[row] == SqlValue::Kind::real) {
                    texts[row] = fmt::format("{}", reals[row]);
                }
            }
            return text_column(std::move(about), texts, known);
        }
        if (!any_real) {
            return int_column(std::move(about), std::move(integers), known);
        }
        for (std::size_t row = 0; row < kinds.size(); ++row) {
            if (!known[row]) {
                reals[row] = std::numeric_limits<double>::quiet_NaN();
            }
        }
        return real_column(std::move(about), std::move(reals));
    }
};

// One column a name: "price", "price_2".
std::string fresh_name(const std::string& name, std::set<std::string>& taken) {
    std::string out = name;
    for (int k = 2; !taken.insert(out).second; ++k) {
        out = fmt::format("{}_{}", name, k);
    }
    return out;
}

struct Answer {
    std::vector<std::string> names;
    std::vector<Gathered> columns;
};

std::expected<Answer, Error> gather(const SqlReader& db, std::string_view sql) {
    auto rows = db.query(sql);
    if (!rows) {
        return std::unexpected(std::move(rows.error()));
    }
    Answer out;
    std::set<std::string> taken;
    for (std::size_t k = 0; k < rows->columns(); ++k) {
        out.names.push_back(fresh_name(rows->name(k), taken));
    }
    out.columns.resize(out.names.size());
    while (true) {
        const auto more = rows->step();
        if (!more) {
            return std::unexpected(more.error());
        }
        if (!*more) {
            return out;
        }
        for (std::size_t k = 0; k < out.columns.size(); ++k) {
            out.columns[k].take(rows->value(k));
        }
    }
}

Table table_of(std::string name, Answer answer) {
    std::vector<Column> columns;
    for (std::size_t k = 0; k < answer.names.size(); ++k) {
        columns.push_back(answer.columns[k].column({answer.names[k]}));
    }
    return Table(std::move(name), std::move(columns));
}

}  // namespace

std::expected<Table, Error> query_table(const SqlReader& db, std::string_view sql) {
    auto answer = gather(db, sql);
    if (!answer) {
        return std::unexpected(std::move(answer.error()));
    }
    return table_of("query", std::move(*answer));
}

std::expected<Table, Error> stored_table(const SqlReader& db, std::string_view name) {
    auto answer = gather(db, fmt::format("SELECT * FROM {} ORDER BY rowid", sql_name(name)));
    if (!answer) {
        return std::unexpected(std::move(answer.error()));
    }
    const auto start = gather(db, "SELECT start_unix_s FROM runs");
    if (!start) {
        return std::unexpected(start.error());
    }
    const auto described = gather(db, "SELECT table_name, column_name, unit FROM columns");
    if (!described) {
        return std::unexpected(described.error());
    }
    std::map<std::string, std::string> units;
    for (std::size_t row = 0; row < described->columns[0].texts.size(); ++row) {
        if (described->columns[0].texts[row] == name) {
            units[described->columns[1].texts[row]] = described->columns[2].texts[row];
        }
    }
    const auto& starts = start->columns.front().integers;
    std::vector<Column> columns;
    for (std::size_t k = 0; k < answer->names.size(); ++k) {
        const std::string& column = answer->names[k];
        const std::string meaning{column_meaning(name, column)};
        if (column == "time_ns" && !starts.empty()) {
            std::vector<std::int64_t> moments = answer->columns[k].integers;
            for (std::int64_t& moment : moments) {
                moment += starts.front() * 1'000'000'000;
            }
            columns.push_back(time_column({"time", "UTC", meaning}, std::move(moments)));
        }
        columns.push_back(answer->columns[k].column({column, units[column], meaning}));
    }
    return Table(std::string{name}, std::move(columns));
}

}  // namespace margincall::inline frame
