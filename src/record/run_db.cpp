#include "record/run_db.hpp"

#include <fmt/format.h>
#include <sqlite3.h>

#include <array>
#include <cmath>
#include <memory>
#include <span>
#include <string_view>
#include <system_error>
#include <type_traits>

#include "plan/world_size.hpp"
#include "record/stored_fields.hpp"

namespace margincall::inline record {
namespace {

struct CloseDatabase {
    void operator()(sqlite3* db) const { sqlite3_close_v2(db); }
};
struct FinaliseStatement {
    void operator()(sqlite3_stmt* statement) const { sqlite3_finalize(statement); }
};
using Database = std::unique_ptr<sqlite3, CloseDatabase>;
using Statement = std::unique_ptr<sqlite3_stmt, FinaliseStatement>;

// A value of one row: exactly one SQLite storage class, or NULL.
struct Cell {
    enum class Kind : std::uint8_t { null, integer, real, text } kind = Kind::null;
    std::int64_t integer = 0;
    double real = 0;
    std::string_view text{};
};
Cell cell(std::string_view text) {
    return {.kind = Cell::Kind::text, .text = text};
}
Cell cell(std::int64_t value) {
    return {.kind = Cell::Kind::integer, .integer = value};
}
Cell cell(double value) {
    return std::isfinite(value) ? Cell{.kind = Cell::Kind::real, .real = value} : Cell{};
}
Cell cell(std::optional<double> value) {
    return value ? cell(*value) : Cell{};
}

Cell money_cell(double usd) {
    const std::optional<std::int64_t> micro = micro_dollars(usd);
    return micro ? cell(*micro) : Cell{};
}

using Column = StoredColumn;

template <class Record>
void cells_of(Record record, std::vector<Cell>& cells) {
    cells.clear();
    visit_fields(record, [&cells](const char* name, auto& field) {
        using Field = std::remove_reference_t<decltype(field)>;
        if constexpr (std::is_floating_point_v<Field>) {
            cells.push_back(is_money_field(name) ? money_cell(field)
                                                 : cell(static_cast<double>(field)));
        } else if constexpr (std::is_same_v<Field, const char*>) {
            cells.push_back(cell(std::string_view{field}));
        } else {
            cells.push_back(cell(static_cast<std::int64_t>(field)));
        }
    });
}

// Writes tables into one open database and remembers the first failure.
class Writer {
  public:
    explicit Writer(sqlite3* db) : db_{db} {}

    [[nodiscard]] bool ok() const { return code_ == SQLITE_OK; }
    [[nodiscard]] int code() const { return code_; }
    [[nodiscard]] const std::string& message() const { return message_; }

    void run(const std::string& sql) {
        if (ok()) {
            note(sqlite3_exec(db_, sql.c_str(), nullptr, nullptr, nullptr), SQLITE_OK);
        }
    }

    void open_table(std::string_view name, const std::vector<Column>& columns) {
        std::string declared;
        std::string marks;
        for (const Column& column : columns) {
            const char* separator = declared.empty() ? "" : ", ";
            declared += fmt::format("{}\"{}\" {}", separator, column.name, column.type);
            marks += fmt::format("{}?", separator);
            described_.push_back({std::string{name}, column});
        }
        run(fmt::format("CREATE TABLE {} ({}) STRICT", name, declared));
        prepare(fmt::format("INSERT INTO {} VALUES ({})", name, marks));
    }

    void row(std::span<const Cell> cells) {
        if (!ok()) {
            return;
        }
        int index = 0;
        for (const Cell& value : cells) {
            bind(++index, value);
        }
        note(sqlite3_step(insert_.get()), SQLITE_DONE);
        sqlite3_reset(insert_.get());
    }

    template <class Record>
    void records(std::string_view name, std::span<const Record> rows) {
        open_table(name, columns_of<Record>());
        std::vector<Cell> cells;
        for (const Record& record : rows) {
            if (!ok()) {
                return;
            }
            cells_of(record, cells);
            row(cells);
        }
    }

    // Unit and scale of every column written so far.
    void describe_columns() {
        const auto described = described_;
        open_table("columns",
                   {{"table_name", "TEXT", ""},
                    {"column_name", "TEXT", ""},
                    {"unit", "TEXT", ""},
                    {"scale", "REAL", ""}});
        for (const auto& [table, column] : described) {
            row(std::array{cell(table), cell(column.name), cell(column.unit), cell(column.scale)});
        }
    }

    void close() { insert_.reset(); }

  private:
    struct Described {
        std::string table;
        Column column;
    };

    void prepare(const std::string& sql) {
        if (!ok()) {
            return;
        }
        sqlite3_stmt* raw = nullptr;
        note(sqlite3_prepare_v2(db_, sql.c_str(), -1, &raw, nullptr), SQLITE_OK);
        insert_.reset(raw);
    }
    void bind(int index, const Cell& value) {
        switch (value.kind) {
            case Cell::Kind::null:
                sqlite3_bind_null(insert_.get(), index);
                break;
            case Cell::Kind::integer:
                sqlite3_bind_int64(insert_.get(), index, value.integer);
                break;
            case Cell::Kind::real:
                sqlite3_bind_double(insert_.get(), index, value.real);
                break;
            case Cell::Kind::text:
                sqlite3_bind_text(insert_.get(),
                                  index,
                                  value.text.data(),
                                  static_cast<int>(value.text.size()),
                                  SQLITE_STATIC);
                break;
        }
    }
    void note(int code, int wanted) {
        if (code != wanted && ok()) {
            code_ = code;
            message_ = sqlite3_errmsg(db_);
        }
    }

    sqlite3* db_;
    Statement insert_;
    int code_ = SQLITE_OK;
    std::string message_;
    std::vector<Described> described_;
};

void write_run_row(Writer& out, const RunDbContent& content) {
    const Plan& plan = *content.plan;
    const RunTotals& totals = content.totals;
    out.open_table("runs",
                   {{"version", "TEXT", ""},
                    {"scenario", "TEXT", ""},
                    {"scenario_hash", "TEXT", ""},
                    {"size", "TEXT", ""},    // word of world.size
                    {"seed", "TEXT", ""},    // unsigned 64-bit: does not fit INTEGER
                    {"digest", "TEXT", ""},  // 16 hexadecimal digits
                    {"start_unix_s", "INTEGER", "s"},
                    {"length_ns", "INTEGER", "ns"},
                    {"end_ns", "INTEGER", "ns since the start"},
                    {"day_from_ns", "INTEGER", "ns since the start"},
                    {"day_to_ns", "INTEGER", "ns since the start"},
                    {"interrupted", "INTEGER", ""},
                    {"events", "INTEGER", "count"},
                    {"messages", "INTEGER", "count"},
                    {"trades", "INTEGER", "count"},
                    {"postings", "INTEGER", "count"},
                    {"rejects", "INTEGER", "count"},
                    {"account_rows", "INTEGER", "count"},
                    {"accounts", "INTEGER", "count"}});
    const std::string seed = fmt::format("{}", plan.seed);
    const std::string digest = fmt::format("{:016x}", totals.digest);
    const auto count = [](std::uint64_t n) { return cell(static_cast<std::int64_t>(n)); };
    out.row(std::array{cell(content.version),
                       cell(plan.name),
                       cell(plan.scenario_hash),
                       cell(world_size_name(plan.size)),
                       cell(seed),
                       cell(digest),
                       cell(plan.start_unix_s),
                       cell(plan.length.raw()),
                       cell(totals.end_ns),
                       cell(plan.day_from.raw()),
                       cell(plan.day_to.raw()),
                       cell(std::int64_t{totals.interrupted ? 1 : 0}),
                       count(totals.events),
                       count(totals.messages),
                       count(totals.trades),
                       count(totals.postings),
                       count(totals.rejects),
                       cell(totals.account_rows),
                       cell(totals.accounts)});
}

void write_names(Writer& out, const Plan& plan) {
    out.open_table("assets", {{"asset", "INTEGER", ""}, {"name", "TEXT", ""}});
    for (std::size_t i = 0; i < plan.assets.size(); ++i) {
        out.row(std::array{cell(static_cast<std::int64_t>(i)), cell(plan.assets[i].name)});
    }
    out.open_table("venues", {{"venue", "INTEGER", ""}, {"name", "TEXT", ""}});
    for (std::size_t i = 0; i < plan.venues.size(); ++i) {
        out.row(std::array{cell(static_cast<std::int64_t>(i)), cell(plan.venues[i].name)});
    }
    out.open_table("instruments",
                   {{"instrument", "INTEGER", ""},
                    {"name", "TEXT", ""},
                    {"venue", "INTEGER", ""},
                    {"asset", "INTEGER", ""},
                    {"kind", "TEXT", ""},
                    {"tick", "REAL", "USD per coin"},
                    {"lot", "REAL", "coins"}});
    for (std::size_t i = 0; i < plan.instruments.size(); ++i) {
        const InstrumentPlan& row = plan.instruments[i];
        const bool spot = row.instrument.kind == InstrumentKind::spot;
        out.row(std::array{cell(static_cast<std::int64_t>(i)),
                           cell(row.name),
                           cell(std::int64_t{row.instrument.venue.raw()}),
                           cell(std::int64_t{row.instrument.base.raw()}),
                           cell(spot ? std::string_view{"spot"} : std::string_view{"perp"}),
                           cell(row.instrument.tick_usd),
                           cell(row.instrument.lot_base)});
    }
}

void write_results(Writer& out, const RunDbContent& content) {
    out.open_table("metrics",
                   {{"name", "TEXT", ""},
                    {"unit", "TEXT", ""},
                    {"value", "REAL", "see unit"},
                    {"p05", "REAL", "see unit"},
                    {"p50", "REAL", "see unit"},
                    {"p95", "REAL", "see unit"},
                    {"n", "INTEGER", "paths with a value"},
                    {"se", "REAL", "see unit"}});
    for (const MetricRow& row : content.metrics) {
        out.row(std::array{cell(row.name),
                           cell(row.unit),
                           cell(row.value),
                           cell(row.p05),
                           cell(row.p50),
                           cell(row.p95),
                           cell(row.paths),
                           cell(row.se)});
    }
    out.open_table("observed",
                   {{"metric", "TEXT", ""},
                    {"unit", "TEXT", ""},
                    {"simulated", "REAL", "see unit"},
                    {"measured", "REAL", "see unit"},
                    {"tolerance", "REAL", "see unit"},
                    {"inside", "INTEGER", ""},
                    {"article", "TEXT", ""},
                    {"source", "TEXT", ""},
                    {"note", "TEXT", ""}});
    for (const ObservedRow& row : content.observed) {
        out.row(std::array{cell(row.metric),
                           cell(row.unit),
                           cell(row.simulated),
                           cell(row.measured),
                           cell(row.tolerance),
                           row.inside ? cell(std::int64_t{*row.inside ? 1 : 0}) : Cell{},
                           cell(row.article),
                           cell(row.source),
                           cell(row.note)});
    }
    out.open_table("inputs",
                   {{"key", "TEXT", ""},
                    {"value", "TEXT", ""},
                    {"status", "TEXT", ""},
                    {"source", "TEXT", ""}});
    for (const InputNote& row : content.plan->inputs) {
        out.row(std::array{cell(row.key), cell(row.value), cell(row.status), cell(row.source)});
    }
}

void write_paths(Writer& out, const PathTables& tables) {
    if (tables.paths.empty()) {
        return;
    }
    out.open_table("paths",
                   {{"path", "INTEGER", ""}, {"seed", "TEXT", ""}, {"digest", "TEXT", ""}});
    for (const PathDbRow& row : tables.paths) {
        const std::string seed = fmt::format("{}", row.seed);
        const std::string digest = fmt::format("{:016x}", row.digest);
        out.row(std::array{cell(row.path), cell(seed), cell(digest)});
    }
    out.open_table("path_metrics",
                   {{"path", "INTEGER", ""},
                    {"seed", "TEXT", ""},
                    {"metric", "TEXT", ""},
                    {"value", "REAL", "see metrics.unit"}});
    for (const PathMetricRow& row : tables.metrics) {
        const std::string seed = fmt::format("{}", row.seed);
        out.row(std::array{cell(row.path), cell(seed), cell(row.metric), cell(row.value)});
    }
    out.open_table("bands",
                   {{"series", "TEXT", ""},
                    {"unit", "TEXT", ""},
                    {"time_ns", "INTEGER", "ns since the start"},
                    {"p05", "REAL", "see unit"},
                    {"p25", "REAL", "see unit"},
                    {"p50", "REAL", "see unit"},
                    {"p75", "REAL", "see unit"},
                    {"p95", "REAL", "see unit"}});
    for (const BandRow& row : tables.bands) {
        out.row(std::array{cell(row.series),
                           cell(row.unit),
                           cell(row.time_ns),
                           cell(row.p05),
                           cell(row.p25),
                           cell(row.p50),
                           cell(row.p75),
                           cell(row.p95)});
    }
}

void write_tables(Writer& out, const RunDbContent& content) {
    const MemoryRecorder& recorder = *content.recorder;
    out.run("BEGIN");
    write_run_row(out, content);
    write_names(out, *content.plan);
    visit_record_tables([&]<class Record>(std::string_view table, RecordType<Record> type) {
        out.records(table, recorder.rows(type));
    });
    write_results(out, content);
    write_paths(out, content.paths);
    out.describe_columns();
    out.close();
    out.run(fmt::format("PRAGMA user_version = {}", run_db_schema_version));
    out.run("COMMIT");
}

Error error_of(const std::filesystem::path& path, int code, const std::string& why) {
    Error error;
    error.file = path.string();
    if (code == SQLITE_FULL) {
        error.code = "E502";
        error.message = "cannot write the run database: the disk is full";
        error.hint = "free some space, or give another place with --out";
        return error;
    }
    error.code = "E501";
    error.message = fmt::format("cannot write the run database: {}", why);
    error.hint = "check that the folder exists and may be written, or give another with --out";
    return error;
}

}  // namespace

std::expected<void, Error> write_run_db(const std::filesystem::path& path,
                                        const RunDbContent& content) {
    std::filesystem::path partial = path;
    partial += ".partial";
    std::error_code ignored;
    std::filesystem::remove(partial, ignored);

    sqlite3* raw = nullptr;
    const int opened =
        sqlite3_open_v2(partial.c_str(), &raw, SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE, nullptr);
    Database db{raw};
    if (opened != SQLITE_OK) {
        return std::unexpected(
            error_of(path, opened, raw != nullptr ? sqlite3_errmsg(raw) : "out of memory"));
    }
    Writer out{db.get()};
    // The file is thrown away on any failure, so a rollback journal would only cost time.
    out.run("PRAGMA journal_mode = OFF; PRAGMA synchronous = OFF; PRAGMA page_size = 8192");
    if (content.page_count_max > 0) {
        out.run(fmt::format("PRAGMA max_page_count = {}", content.page_count_max));
    }
    write_tables(out, content);
    out.close();
    db.reset();
    if (!out.ok()) {
        std::filesystem::remove(partial, ignored);
        return std::unexpected(error_of(path, out.code(), out.message()));
    }
    std::error_code failed;
    std::filesystem::rename(partial, path, failed);
    if (failed) {
        std::filesystem::remove(partial, ignored);
        return std::unexpected(error_of(path, SQLITE_CANTOPEN, failed.message()));
    }
    return {};
}

}  // namespace margincall::inline record
