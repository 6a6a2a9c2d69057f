#include "record/sql_reader.hpp"

#include <fmt/format.h>
#include <sqlite3.h>

#include <algorithm>
#include <array>
#include <span>
#include <system_error>

namespace margincall::inline record {
namespace {

// Settings that only tell something when they are given no value.
constexpr std::array readable_pragmas = {std::string_view{"table_info"},
                                         std::string_view{"table_xinfo"},
                                         std::string_view{"table_list"},
                                         std::string_view{"index_list"},
                                         std::string_view{"index_info"},
                                         std::string_view{"user_version"},
                                         std::string_view{"page_count"},
                                         std::string_view{"page_size"},
                                         std::string_view{"integrity_check"},
                                         std::string_view{"quick_check"}};
constexpr std::array pragmas_with_a_name = {std::string_view{"table_info"},
                                            std::string_view{"table_xinfo"},
                                            std::string_view{"table_list"},
                                            std::string_view{"index_list"},
                                            std::string_view{"index_info"}};

bool only_reads(int action, const char* first, const char* second) {
    switch (action) {
        case SQLITE_SELECT:
        case SQLITE_READ:
        case SQLITE_RECURSIVE:
            return true;
        case SQLITE_FUNCTION:
            return second == nullptr || std::string_view{second} != "load_extension";
        case SQLITE_PRAGMA: {
            const auto known = [first](std::span<const std::string_view> names) {
                return first != nullptr && std::ranges::find(names, first) != names.end();
            };
            return known(readable_pragmas) && (second == nullptr || known(pragmas_with_a_name));
        }
        default:
            return false;
    }
}

// SQLite asks this for each thing that a statement would do. The flag, because some refusals come
// back as errors of another kind.
int authorise(void* refused,
              int action,
              const char* first,
              const char* second,
              const char* /*database*/,
              const char* /*trigger*/) {
    if (only_reads(action, first, second)) {
        return SQLITE_OK;
    }
    *static_cast<bool*>(refused) = true;
    return SQLITE_DENY;
}

Error only_reading(std::string message) {
    return file_error("SQL",
                      "E524",
                      std::move(message),
                      "a run folder is never changed; copy run.db to work on it");
}

// Place and text of the line that holds a byte of the statement.
Error at_place(std::string_view sql, int offset, std::string message) {
    Error error;
    error.file = "SQL";
    error.code = "E523";
    error.message = std::move(message);
    error.hint = "`margincall query RUN` lists tables and columns";
    if (offset >= 0) {
        const std::size_t at = std::min(static_cast<std::size_t>(offset), sql.size());
        const std::string_view before = sql.substr(0, at);
        const std::size_t begin =
            before.rfind('\n') == std::string_view::npos ? 0 : before.rfind('\n') + 1;
        error.line = 1 + static_cast<int>(std::ranges::count(before, '\n'));
        error.column = 1 + static_cast<int>(at - begin);
        error.excerpt = sql.substr(begin, sql.find('\n', begin) - begin);
    }
    return error;
}

Error damaged(const std::string& file, const char* why) {
    Error error;
    error.file = file;
    error.code = "E522";
    error.message = fmt::format("cannot be read as a run database: {}", why);
    error.hint = "run the scenario again, or take the file from a copy of the folder";
    return error;
}

bool is_damage(int code) {
    const int primary = code & 0xFF;
    return primary == SQLITE_CORRUPT || primary == SQLITE_NOTADB || primary == SQLITE_IOERR ||
           primary == SQLITE_CANTOPEN;
}

}  // namespace

void SqlRows::Finalise::operator()(sqlite3_stmt* statement) const {
    sqlite3_finalize(statement);
}

void SqlReader::Close::operator()(sqlite3* db) const {
    sqlite3_close_v2(db);
}

std::expected<bool, Error> SqlRows::step() {
    const int code = sqlite3_step(statement_.get());
    if (code == SQLITE_ROW) {
        return true;
    }
    if (code == SQLITE_DONE) {
        return false;
    }
    const char* const why = sqlite3_errmsg(sqlite3_db_handle(statement_.get()));
    return std::unexpected(is_damage(code) ? damaged(file_, why) : at_place("", -1, why));
}

std::size_t SqlRows::columns() const {
    return static_cast<std::size_t>(sqlite3_column_count(statement_.get()));
}

std::string SqlRows::name(std::size_t column) const {
    const char* const name = sqlite3_column_name(statement_.get(), static_cast<int>(column));
    return name != nullptr ? name : "";
}

SqlValue SqlRows::value(std::size_t column) const {
    const int i = static_cast<int>(column);
    SqlValue out;
    switch (sqlite3_column_type(statement_.get(), i)) {
        case SQLITE_INTEGER:
            out.kind = SqlValue::Kind::integer;
            out.integer = sqlite3_column_int64(statement_.get(), i);
            break;
        case SQLITE_FLOAT:
            out.kind = SqlValue::Kind::real;
            out.real = sqlite3_column_double(statement_.get(), i);
            break;
        case SQLITE_TEXT:
        case SQLITE_BLOB: {
            const bool text = sqlite3_column_type(statement_.get(), i) == SQLITE_TEXT;
            out.kind = text ? SqlValue::Kind::text : SqlValue::Kind::blob;
            const void* const bytes = sqlite3_column_blob(statement_.get(), i);
            const int size = sqlite3_column_bytes(statement_.get(), i);
            if (bytes != nullptr) {
                out.text = {static_cast<const char*>(bytes), static_cast<std::size_t>(size)};
            }
            break;
        }
        default:
            break;
    }
    return out;
}

std::expected<SqlReader, Error> SqlReader::open(const std::filesystem::path& path) {
    std::error_code problem;
    if (!std::filesystem::is_regular_file(path, problem)) {
        Error error;
        error.file = path.string();
        error.code = "E521";
        error.message = "does not exist";
        error.hint = "a run made with --no-record has no database; is this a run folder?";
        return std::unexpected(std::move(error));
    }
    SqlReader reader;
    reader.file_ = path.string();
    sqlite3* raw = nullptr;
    const int opened = sqlite3_open_v2(path.c_str(), &raw, SQLITE_OPEN_READONLY, nullptr);
    reader.db_.reset(raw);
    if (opened != SQLITE_OK) {
        return std::unexpected(damaged(reader.file_, sqlite3_errstr(opened)));
    }
    // Reads the first page: a file that is no database shows here and not in the first query.
    if (sqlite3_exec(raw, "PRAGMA schema_version", nullptr, nullptr, nullptr) != SQLITE_OK) {
        return std::unexpected(damaged(reader.file_, sqlite3_errmsg(raw)));
    }
    // `SELECT ... FROM pragma_table_info(...)`: at its first use SQLite declares such a table in a way
    // that looks like writing, so that is done before anything is forbidden.
    for (const std::string_view name : pragmas_with_a_name) {
        sqlite3_exec(raw,
                     fmt::format("SELECT * FROM pragma_{} LIMIT 0", name).c_str(),
                     nullptr,
                     nullptr,
                     nullptr);
    }
    sqlite3_limit(raw, SQLITE_LIMIT_ATTACHED, 0);
    sqlite3_db_config(raw, SQLITE_DBCONFIG_DEFENSIVE, 1, nullptr);
    // A name in quotes that is no column is a mistake, not a text.
    sqlite3_db_config(raw, SQLITE_DBCONFIG_DQS_DML, 0, nullptr);
    reader.refused_ = std::make_unique<bool>(false);
    sqlite3_set_authorizer(raw, authorise, reader.refused_.get());
    return reader;
}

std::expected<SqlRows, Error> SqlReader::query(std::string_view sql) const {
    SqlRows rows;
    rows.file_ = file_;
    sqlite3_stmt* raw = nullptr;
    const char* tail = nullptr;
    *refused_ = false;
    const int code =
        sqlite3_prepare_v2(db_.get(), sql.data(), static_cast<int>(sql.size()), &raw, &tail);
    rows.statement_.reset(raw);
    if (*refused_) {
        return std::unexpected(only_reading(
            fmt::format("the statement does more than read ({})", sqlite3_errmsg(db_.get()))));
    }
    if (is_damage(code)) {
        return std::unexpected(damaged(file_, sqlite3_errmsg(db_.get())));
    }
    if (code != SQLITE_OK) {
        return std::unexpected(
            at_place(sql, sqlite3_error_offset(db_.get()), sqlite3_errmsg(db_.get())));
    }
    if (raw == nullptr) {
        return std::unexpected(at_place(sql, -1, "there is no statement"));
    }
    if (sqlite3_stmt_readonly(raw) == 0) {
        return std::unexpected(only_reading("the statement writes"));
    }
    // A second statement would not be run: better said than left out. Blanks and comments are none.
    const std::string_view rest = sql.substr(static_cast<std::size_t>(tail - sql.data()));
    sqlite3_stmt* next = nullptr;
    const int more =
        sqlite3_prepare_v2(db_.get(), rest.data(), static_cast<int>(rest.size()), &next, nullptr);
    const bool another = more != SQLITE_OK || next != nullptr;
    sqlite3_finalize(next);
    if (another) {
        const std::size_t blanks = std::min(rest.find_first_not_of(" \t\r\n"), rest.size());
        return std::unexpected(at_place(
            sql, static_cast<int>(sql.size() - rest.size() + blanks), "one statement at a time"));
    }
    return rows;
}

std::expected<std::vector<std::string>, Error> SqlReader::tables() const {
    auto rows = query(
        "SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite_%' "
        "ORDER BY rowid");
    if (!rows) {
        return std::unexpected(std::move(rows.error()));
    }
    std::vector<std::string> names;
    while (true) {
        const auto more = rows->step();
        if (!more) {
            return std::unexpected(more.error());
        }
        if (!*more) {
            return names;
        }
        names.emplace_back(rows->value(0).text);
    }
}

std::string sql_name(std::string_view name) {
    std::string out = "\"";
    for (const char c : name) {
        out += c == '"' ? std::string{"\"\""} : std::string{c};
    }
    return out + "\"";
}

}  // namespace margincall::inline record
