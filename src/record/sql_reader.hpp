// Reading an SQLite file that must not change: one statement at a time, and nothing that writes,
// attaches another file or changes a setting, whatever the statement says.
#pragma once

#include <cstddef>
#include <cstdint>
#include <expected>
#include <filesystem>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.hpp"

struct sqlite3;
struct sqlite3_stmt;

namespace margincall::inline record {

// A value of one row: exactly one of SQLite's storage classes. `text` (of a text, or the bytes of a
// blob) lasts until the next step.
struct SqlValue {
    enum class Kind : std::uint8_t { null, integer, real, text, blob } kind = Kind::null;
    std::int64_t integer = 0;
    double real = 0;
    std::string_view text{};

    // Same class and same value; two NULLs are the same.
    [[nodiscard]] bool operator==(const SqlValue& other) const = default;
};

class SqlRows {
  public:
    // True with a row, false after the last. E522 the file is damaged, E523 the statement failed.
    [[nodiscard]] std::expected<bool, Error> step();
    [[nodiscard]] std::size_t columns() const;
    [[nodiscard]] std::string name(std::size_t column) const;
    [[nodiscard]] SqlValue value(std::size_t column) const;

  private:
    friend class SqlReader;
    struct Finalise {
        void operator()(sqlite3_stmt* statement) const;
    };
    std::unique_ptr<sqlite3_stmt, Finalise> statement_;
    std::string file_;
};

class SqlReader {
  public:
    // E521 no such file, E522 not a database.
    [[nodiscard]] static std::expected<SqlReader, Error> open(const std::filesystem::path& path);

    // E523 with line and column in the statement; E524 when it would do more than read.
    [[nodiscard]] std::expected<SqlRows, Error> query(std::string_view sql) const;

    // Every table, in the order in which it was made.
    [[nodiscard]] std::expected<std::vector<std::string>, Error> tables() const;

  private:
    struct Close {
        void operator()(sqlite3* db) const;
    };
    std::unique_ptr<sqlite3, Close> db_;
    std::unique_ptr<bool> refused_;  // by the rule above, in the statement at hand
    std::string file_;
};

// "name" with its quotes doubled, as SQL wants a name.
[[nodiscard]] std::string sql_name(std::string_view name);

}  // namespace margincall::inline record
