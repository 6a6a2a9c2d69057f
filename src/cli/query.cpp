#include "cli/query.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <iterator>
#include <vector>

#include "cli/finished_run.hpp"
#include "cli/guarded_streams.hpp"
#include "cli/report_problems.hpp"
#include "cli/sql_text.hpp"
#include "cli/terminal.hpp"
#include "record/column_meanings.hpp"
#include "record/sql_reader.hpp"
#include "report/format.hpp"

namespace margincall::inline cli {
namespace {

// So many rows decide how wide the columns of a table on the terminal are.
constexpr std::size_t rows_measured = 1000;
constexpr std::size_t row_buffer_bytes = 1U << 16U;

// Writes rows one by one: a table of a run may have millions.
class RowWriter {
  public:
    RowWriter(const SqlRows& rows, TableForm form, std::FILE* out) : form_{form}, out_{out} {
        for (std::size_t k = 0; k < rows.columns(); ++k) {
            names_.push_back(rows.name(k));
            widths_.push_back(display_width(names_.back()));
            right_.push_back(true);
        }
    }

    void add(const SqlRows& rows) {
        ++count_;
        if (form_ == TableForm::text) {
            add_text(rows);
        } else if (form_ == TableForm::csv) {
            if (count_ == 1) {
                csv_head();
            }
            line([&](std::size_t k) { return csv_field(rows.value(k)); }, ",", "\r\n");
        } else {
            buffer_.push_back('{');
            line(
                [&](std::size_t k) {
                    return json_value({SqlValue::Kind::text, 0, 0.0, names_[k]}) + ":" +
                           json_value(rows.value(k));
                },
                ",",
                "}\n");
        }
        if (buffer_.size() > row_buffer_bytes) {
            flush();
        }
    }

    // Nobody takes what would still come.
    [[nodiscard]] bool failed() const { return failed_; }

    void finish() {
        if (form_ == TableForm::csv && count_ == 0) {
            csv_head();
        }
        if (form_ == TableForm::text) {
            print_waiting();
            fmt::format_to(std::back_inserter(buffer_),
                           "{} row{}\n",
                           format_count(static_cast<double>(count_)),
                           count_ == 1 ? "" : "s");
        }
        flush();
    }

  private:
    template <class Field>
    void line(const Field& field, std::string_view separator, std::string_view end) {
        for (std::size_t k = 0; k < names_.size(); ++k) {
            if (k > 0) {
                buffer_.append(separator);
            }
            buffer_.append(field(k));
        }
        buffer_.append(end);
    }
    void csv_head() {
        line([this](std::size_t k) { return csv_text_field(names_[k]); }, ",", "\r\n");
    }

    void add_text(const SqlRows& rows) {
        std::vector<std::string> cells;
        for (std::size_t k = 0; k < names_.size(); ++k) {
            const SqlValue value = rows.value(k);
            cells.push_back(shown_value(value));
            if (!printed_) {
                widths_[k] = std::max(widths_[k], display_width(cells.back()));
                right_[k] = right_[k] && value.kind != SqlValue::Kind::text;
            }
        }
        if (printed_) {
            text_line(cells);
            return;
        }
        waiting_.push_back(std::move(cells));
        if (waiting_.size() == rows_measured) {
            print_waiting();
        }
    }
    void print_waiting() {
        if (printed_) {
            return;
        }
        printed_ = true;
        text_line(names_);
        std::vector<std::string> rule;
        for (const std::size_t width : widths_) {
            rule.emplace_back(width, '-');
        }
        text_line(rule);
        for (const std::vector<std::string>& cells : waiting_) {
            text_line(cells);
        }
        waiting_.clear();
    }
    void text_line(const std::vector<std::string>& cells) {
        std::string out;
        for (std::size_t k = 0; k < cells.size(); ++k) {
            out += k > 0 ? "  " : "";
            out += right_[k] ? pad_left(cells[k], widths_[k]) : pad_right(cells[k], widths_[k]);
        }
        out.erase(out.find_last_not_of(' ') + 1);
        buffer_.append(out);
        buffer_.push_back('\n');
    }
    void flush() {
        const std::string_view rows{buffer_.data(), buffer_.size()};
        if (form_ == TableForm::text) {
            print_fitting(out_, rows);
        } else {
            std::fwrite(rows.data(), 1, rows.size(), out_);
        }
        buffer_.clear();
        failed_ = write_failure(out_) != 0;
    }

    TableForm form_;
    std::FILE* out_;
    std::vector<std::string> names_;
    std::vector<std::size_t> widths_;
    std::vector<bool> right_;  // numbers stand at the right of their column
    std::vector<std::vector<std::string>> waiting_;
    bool printed_ = false;
    std::size_t count_ = 0;
    bool failed_ = false;
    fmt::memory_buffer buffer_;
};

struct ColumnLine {
    std::string table, column, type, unit;
    double scale = 1.0;
    std::int64_t rows = 0;
};

std::expected<std::vector<ColumnLine>, Error> column_lines(const SqlReader& db) {
    std::vector<ColumnLine> out;
    const auto tables = db.tables();
    if (!tables) {
        return std::unexpected(tables.error());
    }
    const bool described = std::ranges::find(*tables, "columns") != tables->end();
    for (const std::string& table : *tables) {
        std::int64_t count = 0;
        auto counted = db.query(fmt::format("SELECT count(*) FROM {}", sql_name(table)));
        if (counted && counted->step().value_or(false)) {
            count = counted->value(0).integer;
        }
        std::string literal = "'";
        for (const char c : table) {
            literal += c == '\'' ? std::string{"''"} : std::string{c};
        }
        literal += "'";
        const std::string sql =
            described
                ? fmt::format(
                      "SELECT t.name, t.type, c.unit, c.scale "
                      "FROM pragma_table_info({0}) t LEFT JOIN columns c "
                      "ON c.table_name = {0} AND c.column_name = t.name "
                      "ORDER BY t.cid",
                      literal)
                : fmt::format("SELECT name, type, NULL, NULL FROM pragma_table_info({})", literal);
        auto rows = db.query(sql);
        if (!rows) {
            return std::unexpected(rows.error());
        }
        while (true) {
            const auto more = rows->step();
            if (!more) {
                return std::unexpected(more.error());
            }
            if (!*more) {
                break;
            }
            const SqlValue scale = rows->value(3);
            out.push_back({table,
                           std::string{rows->value(0).text},
                           std::string{rows->value(1).text},
                           std::string{rows->value(2).text},
                           scale.kind == SqlValue::Kind::real ? scale.real : 1.0,
                           count});
        }
    }
    return out;
}

void print_tables(const std::vector<ColumnLine>& lines, TableForm form, std::FILE* out) {
    const auto quoted = [](std::string_view text) {
        return json_value({SqlValue::Kind::text, 0, 0.0, text});
    };
    if (form == TableForm::csv) {
        fmt::print(out, "table,rows,column,type,unit,scale,meaning\r\n");
    }
    std::string_view table;
    for (const ColumnLine& line : lines) {
        const std::string_view meaning = column_meaning(line.table, line.column);
        if (form == TableForm::csv) {
            fmt::print(out,
                       "{},{},{},{},{},{},{}\r\n",
                       csv_text_field(line.table),
                       line.rows,
                       csv_text_field(line.column),
                       line.type,
                       csv_text_field(line.unit),
                       line.scale,
                       csv_text_field(meaning));
            continue;
        }
        if (form == TableForm::json) {
            fmt::print(out,
                       "{{\"table\":{},\"rows\":{},\"column\":{},\"type\":{},\"unit\":{},\"scale\":"
                       "{},\"meaning\":{}}}\n",
                       quoted(line.table),
                       line.rows,
                       quoted(line.column),
                       quoted(line.type),
                       quoted(line.unit),
                       line.scale,
                       quoted(meaning));
            continue;
        }
        if (line.table != table) {
            print_fitting(out,
                          fmt::format("{}{}  {} row{}\n",
                                      table.empty() ? "" : "\n",
                                      line.table,
                                      format_count(static_cast<double>(line.rows)),
                                      line.rows == 1 ? "" : "s"));
            table = line.table;
        }
        const std::string unit =
            line.scale == 1.0 ? line.unit : fmt::format("{:g} {}", line.scale, line.unit);
        std::string text = fmt::format("  {}  {}  {}  {}",
                                       pad_right(line.column, 26),
                                       pad_right(line.type, 7),
                                       pad_right(unit, 22),
                                       meaning);
        text.erase(text.find_last_not_of(' ') + 1);
        print_fitting(out, text + "\n");
    }
}

}  // namespace

ExitCode query_run(const QueryOptions& options, Streams streams) {
    const Output output = options.form == TableForm::json ? Output::json : Output::text;
    const auto db = SqlReader::open(database_of(options.run));
    if (!db) {
        return report_problems({db.error()}, output, streams);
    }
    if (options.sql.empty()) {
        const auto lines = column_lines(*db);
        if (!lines) {
            return report_problems({lines.error()}, output, streams);
        }
        print_tables(*lines, options.form, streams.out);
        return ExitCode::done;
    }
    auto rows = db->query(options.sql);
    if (!rows) {
        return report_problems({rows.error()}, output, streams);
    }
    RowWriter writer(*rows, options.form, streams.out);
    while (true) {
        const auto more = rows->step();
        if (!more) {
            writer.finish();
            return report_problems({more.error()}, output, streams);
        }
        if (!*more || writer.failed()) {
            break;
        }
        writer.add(*rows);
    }
    writer.finish();
    return ExitCode::done;
}

}  // namespace margincall::inline cli
