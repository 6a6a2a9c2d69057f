#include "record/run_db_reader.hpp"

#include <fmt/format.h>

#include <charconv>
#include <limits>
#include <optional>
#include <string_view>
#include <type_traits>

#include "record/run_db.hpp"
#include "record/sql_reader.hpp"
#include "record/stored_fields.hpp"

namespace margincall::inline record {
namespace {

constexpr double unknown = std::numeric_limits<double>::quiet_NaN();

Error other_version(const std::string& file, std::string message) {
    Error error;
    error.file = file;
    error.code = "E525";
    error.message = std::move(message);
    error.hint = "read it with the version in manifest.json, or run resolved.toml again";
    return error;
}

double real_of(const SqlValue& value) {
    switch (value.kind) {
        case SqlValue::Kind::integer:
            return static_cast<double>(value.integer);
        case SqlValue::Kind::real:
            return value.real;
        default:
            return unknown;
    }
}

// Reads tables into records and remembers the first failure.
class Reader {
  public:
    Reader(const SqlReader& db, std::string file, StoredRun& run)
        : db_{db}, file_{std::move(file)}, run_{run} {}

    [[nodiscard]] std::optional<Error>& failure() { return failure_; }

    template <class Record>
    void records(std::string_view table) {
        std::string names;
        for (const StoredColumn& column : columns_of<Record>()) {
            names += (names.empty() ? "" : ", ") + sql_name(column.name);
        }
        each_row(fmt::format("SELECT {} FROM {} ORDER BY rowid", names, sql_name(table)),
                 [this](const SqlRows& rows) { run_.recorder->on(record_of<Record>(rows)); });
    }

    void run_row() {
        bool found = false;
        each_row(
            "SELECT version, digest, end_ns, interrupted, events, messages, trades, postings, "
            "rejects, account_rows, accounts FROM runs",
            [&](const SqlRows& rows) {
                RunTotals& totals = run_.totals;
                const auto count = [&rows](std::size_t column) {
                    return static_cast<std::uint64_t>(rows.value(column).integer);
                };
                found = true;
                run_.version = rows.value(0).text;
                const std::string_view digest = rows.value(1).text;
                std::from_chars(digest.data(), digest.data() + digest.size(), totals.digest, 16);
                totals.end_ns = rows.value(2).integer;
                totals.interrupted = rows.value(3).integer != 0;
                totals.events = count(4);
                totals.messages = count(5);
                totals.trades = count(6);
                totals.postings = count(7);
                totals.rejects = count(8);
                totals.account_rows = rows.value(9).integer;
                totals.accounts = rows.value(10).integer;
            });
        if (!failure_ && !found) {
            failure_ = other_version(file_, "holds no run: the table \"runs\" is empty");
        }
    }

    void layout() {
        each_row("PRAGMA user_version", [this](const SqlRows& rows) {
            const std::int64_t version = rows.value(0).integer;
            if (version != run_db_schema_version) {
                failure_ = other_version(file_,
                                         fmt::format("has layout {}, this program reads layout {}",
                                                     version,
                                                     run_db_schema_version));
            }
        });
    }

  private:
    template <class Take>
    void each_row(const std::string& sql, const Take& take) {
        if (failure_) {
            return;
        }
        auto rows = db_.query(sql);
        if (!rows) {
            // A table or column that is not there is not the fault of whoever typed a command.
            failure_ = rows.error().code == "E523"
                           ? other_version(file_, "has other tables: " + rows.error().message)
                           : rows.error();
            return;
        }
        while (!failure_) {
            const auto more = rows->step();
            if (!more) {
                failure_ = more.error();
                return;
            }
            if (!*more) {
                return;
            }
            take(*rows);
        }
    }

    template <class Record>
    Record record_of(const SqlRows& rows) {
        Record record;
        std::size_t column = 0;
        visit_fields(record, [&](const char* /*name*/, auto& field) {
            using Field = std::remove_reference_t<decltype(field)>;
            const SqlValue value = rows.value(column);
            if constexpr (std::is_floating_point_v<Field>) {
                const bool money = money_fields<Record>()[column];
                field = !money                                  ? real_of(value)
                        : value.kind == SqlValue::Kind::integer ? usd_of_micro(value.integer)
                                                                : unknown;
            } else if constexpr (std::is_same_v<Field, const char*>) {
                field = run_.words.emplace(value.text).first->c_str();
            } else {
                field = static_cast<Field>(value.integer);
            }
            ++column;
        });
        return record;
    }

    const SqlReader& db_;
    std::string file_;
    StoredRun& run_;
    std::optional<Error> failure_;
};

}  // namespace

std::expected<StoredRun, Error> read_run_db(const std::filesystem::path& path) {
    const auto db = SqlReader::open(path);
    if (!db) {
        return std::unexpected(db.error());
    }
    StoredRun run;
    run.recorder = std::make_unique<MemoryRecorder>();
    Reader reader(*db, path.string(), run);
    reader.layout();
    reader.run_row();
    visit_record_tables([&reader]<class Record>(std::string_view table, RecordType<Record>) {
        reader.records<Record>(table);
    });
    if (reader.failure()) {
        return std::unexpected(std::move(*reader.failure()));
    }
    return run;
}

}  // namespace margincall::inline record
