#include "record/sql_reader.hpp"

#include <gtest/gtest.h>

#include <fstream>

#include "record/column_meanings.hpp"
#include "record/synthetic_db.hpp"
#include "record/table_differences.hpp"

namespace margincall {
namespace {

class ReadSql : public testing::SyntheticDb {
  protected:
    void SetUp() override { write(); }
    [[nodiscard]] SqlReader reader() const { return SqlReader::open(file()).value(); }
    [[nodiscard]] std::string refusal(const std::string& sql) const {
        const auto rows = reader().query(sql);
        return rows ? "allowed" : rows.error().code;
    }
};

TEST_F(ReadSql, EveryStorageClassComesBack) {
    const SqlReader db = reader();
    auto rows = db.query("SELECT 7 AS n, 0.5, 'text', NULL, x'00ff'");
    ASSERT_TRUE(rows);
    ASSERT_TRUE(rows->step().value());
    EXPECT_EQ(rows->columns(), 5U);
    EXPECT_EQ(rows->name(0), "n");
    EXPECT_EQ(rows->value(0).integer, 7);
    EXPECT_EQ(rows->value(1).real, 0.5);
    EXPECT_EQ(rows->value(2).text, "text");
    EXPECT_EQ(rows->value(3).kind, SqlValue::Kind::null);
    EXPECT_EQ(rows->value(4).text, std::string_view("\0\xff", 2));
    EXPECT_FALSE(rows->step().value());
}

TEST_F(ReadSql, NothingThatChangesAnythingIsAllowed) {
    for (const char* const sql : {"DELETE FROM metrics",
                                  "UPDATE runs SET seed = '8'",
                                  "INSERT INTO assets VALUES (9, 'X')",
                                  "CREATE TABLE x (y)",
                                  "CREATE TEMP TABLE x (y)",
                                  "CREATE TEMP VIEW x AS SELECT 1",
                                  "DROP TABLE runs",
                                  "ATTACH 'other.db' AS other",
                                  "DETACH main",
                                  "PRAGMA journal_mode = WAL",
                                  "PRAGMA user_version = 9",
                                  "PRAGMA writable_schema = 1",
                                  "PRAGMA synchronous",
                                  "BEGIN",
                                  "VACUUM",
                                  "VACUUM INTO 'copy.db'",
                                  "ANALYZE",
                                  "SELECT load_extension('x')"}) {
        EXPECT_EQ(refusal(sql), "E524") << sql;
    }
    for (const char* const sql : {"PRAGMA table_info(runs)",
                                  "PRAGMA user_version",
                                  "SELECT name FROM pragma_table_info('runs')",
                                  "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n "
                                  "LIMIT 3) SELECT max(i) FROM n",
                                  "EXPLAIN SELECT * FROM runs"}) {
        EXPECT_EQ(refusal(sql), "allowed") << sql;
    }
}

TEST_F(ReadSql, AMistakeHasItsPlace) {
    const auto rows = reader().query("SELECT name,\n       wert FROM metrics");
    ASSERT_FALSE(rows);
    EXPECT_EQ(rows.error().code, "E523");
    EXPECT_EQ(rows.error().line, 2);
    EXPECT_EQ(rows.error().column, 8);
    EXPECT_EQ(rows.error().excerpt, "       wert FROM metrics");
    EXPECT_EQ(rows.error().message, "no such column: wert");
    EXPECT_EQ(refusal("SELECT \"wert\" FROM metrics"), "E523") << "not the text 'wert'";
    EXPECT_EQ(refusal("  -- nothing"), "E523");
    EXPECT_EQ(refusal(""), "E523");
}

TEST_F(ReadSql, OneStatementAtATime) {
    EXPECT_EQ(refusal("SELECT 1; "), "allowed");
    EXPECT_EQ(refusal("SELECT 1; -- the end"), "allowed");
    const auto rows = reader().query("SELECT 1; SELECT 2");
    ASSERT_FALSE(rows);
    EXPECT_EQ(rows.error().code, "E523");
    EXPECT_EQ(rows.error().column, 11);
    EXPECT_EQ(refusal("SELECT 1; nonsense"), "E523");
}

TEST_F(ReadSql, AMissingOrDamagedFileIsSaid) {
    EXPECT_EQ(SqlReader::open(folder_ / "no.db").error().code, "E521");
    std::ofstream(folder_ / "text.db") << std::string(5000, 'x');
    EXPECT_EQ(SqlReader::open(folder_ / "text.db").error().code, "E522");
}

TEST_F(ReadSql, EveryColumnHasAMeaning) {
    const SqlReader db = reader();
    std::size_t columns = 0;
    const std::vector<std::string> tables = db.tables().value();
    for (const std::string& table : tables) {
        auto rows = db.query("SELECT * FROM " + sql_name(table)).value();
        for (std::size_t k = 0; k < rows.columns(); ++k) {
            EXPECT_NE(column_meaning(table, rows.name(k)), "") << table << "." << rows.name(k);
            ++columns;
        }
    }
    EXPECT_GT(columns, 150U);
    EXPECT_EQ(column_meaning("fund", "time_ns"), "simulated time");
    EXPECT_EQ(column_meaning("series", "time_ns"), "end of the bar");
    EXPECT_EQ(column_meaning("fund", "nothing"), "");
}

class TwoDatabases : public testing::SyntheticDb {
  protected:
    [[nodiscard]] std::filesystem::path other() const { return folder_ / "other.db"; }
    [[nodiscard]] TableComparison compared(
        const std::vector<std::pair<std::string, std::string>>& ignored = {}) const {
        return compare_tables(
                   SqlReader::open(file()).value(), SqlReader::open(other()).value(), ignored)
            .value();
    }
};

TEST_F(TwoDatabases, OfTheSameRunAreEqual) {
    write();
    ASSERT_TRUE(write_run_db(other(), content()));
    const TableComparison result = compared();
    EXPECT_TRUE(result.differences.empty());
    EXPECT_EQ(result.tables, 26U);
    EXPECT_GT(result.rows, static_cast<std::int64_t>(run_.recorder.bars().size()));
}

TEST_F(TwoDatabases, TheFirstDifferenceOfATableIsNamed) {
    write();
    RunDbContent changed = content();
    changed.version = "9.9.9";
    changed.metrics[1].value = 0.25;
    MemoryRecorder recorder;  // no records: every table of them is shorter
    changed.recorder = &recorder;
    ASSERT_TRUE(write_run_db(other(), changed));

    const TableComparison result = compared({{"runs", "version"}});
    const auto of = [&result](const std::string& table) {
        for (const TableDifference& found : result.differences) {
            if (found.table == table) {
                return found;
            }
        }
        return TableDifference{};
    };
    EXPECT_EQ(of("metrics").row, 2);
    EXPECT_EQ(of("metrics").column, "value");
    EXPECT_EQ(of("metrics").first, "NULL");
    EXPECT_EQ(of("metrics").second, "0.25");
    EXPECT_EQ(of("fund").row, 0);
    EXPECT_EQ(of("fund").first, std::to_string(run_.recorder.fund().size()) + " rows");
    EXPECT_EQ(of("fund").second, "0 rows");
    EXPECT_EQ(of("runs").table, "") << "the version may differ";
    EXPECT_EQ(compared().differences.size(), result.differences.size() + 1);
}

}  // namespace
}  // namespace margincall
