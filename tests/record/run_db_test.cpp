#include "record/run_db.hpp"

#include <gtest/gtest.h>
#include <sqlite3.h>

#include <filesystem>
#include <fstream>
#include <limits>
#include <sstream>

#include "record/synthetic_run.hpp"

namespace margincall {
namespace {

using testing::synthetic_plan;
using testing::SyntheticRun;

// A folder of its own per test; gone at the end.
class RunDb : public ::testing::Test {
  protected:
    void SetUp() override {
        folder_ = std::filesystem::path{::testing::TempDir()} /
                  ("margincall-" +
                   std::string{::testing::UnitTest::GetInstance()->current_test_info()->name()});
        std::filesystem::remove_all(folder_);
        std::filesystem::create_directories(folder_);
    }
    void TearDown() override { std::filesystem::remove_all(folder_); }

    [[nodiscard]] std::filesystem::path file() const { return folder_ / "run.db"; }
    [[nodiscard]] std::size_t files() const {
        return static_cast<std::size_t>(
            std::distance(std::filesystem::directory_iterator{folder_}, {}));
    }
    [[nodiscard]] RunDbContent content() const {
        RunDbContent out;
        out.plan = &run_.plan;
        out.recorder = &run_.recorder;
        out.totals = run_.totals;
        out.version = "0.1.0";
        out.metrics = {{"btc_low", "USD per coin", 98'944.36, 98'944.36, 98'944.36, 98'944.36},
                       {"oi_eth_change", "fraction", {}, {}, {}, {}}};
        out.observed = {
            {"btc_low", "USD per coin", 98'944.36, 98'944.0, 989.0, true, "under $99,000", "", ""}};
        return out;
    }
    // The only value of a query as text; "NULL" when it has none.
    [[nodiscard]] std::string ask(const std::string& sql) const {
        sqlite3* db = nullptr;
        EXPECT_EQ(sqlite3_open_v2(file().c_str(), &db, SQLITE_OPEN_READONLY, nullptr), SQLITE_OK);
        sqlite3_stmt* statement = nullptr;
        EXPECT_EQ(sqlite3_prepare_v2(db, sql.c_str(), -1, &statement, nullptr), SQLITE_OK)
            << sqlite3_errmsg(db);
        EXPECT_EQ(sqlite3_step(statement), SQLITE_ROW) << sql;
        const unsigned char* text = sqlite3_column_text(statement, 0);
        std::string out = text == nullptr ? "NULL" : reinterpret_cast<const char*>(text);
        sqlite3_finalize(statement);
        sqlite3_close(db);
        return out;
    }

    std::filesystem::path folder_;
    SyntheticRun run_{synthetic_plan(hours(1))};
};

TEST_F(RunDb, HoldsEveryRecordOfTheRun) {
    ASSERT_TRUE(write_run_db(file(), content()).has_value());

    EXPECT_EQ(ask("SELECT count(*) FROM series"), std::to_string(run_.recorder.bars().size()));
    EXPECT_EQ(ask("SELECT count(*) FROM liquidations"),
              std::to_string(run_.recorder.liquidations().size()));
    EXPECT_EQ(ask("SELECT count(*) FROM fund"), std::to_string(run_.recorder.fund().size()));
    EXPECT_EQ(ask("SELECT count(*) FROM state"), std::to_string(run_.recorder.states().size()));
    EXPECT_EQ(ask("SELECT count(*) FROM map"), std::to_string(run_.recorder.map().size()));
    EXPECT_EQ(ask("SELECT count(*) FROM events"), "5");
    EXPECT_EQ(ask("SELECT name FROM instruments WHERE instrument = 1"), "A:BTC-SPOT");
    EXPECT_EQ(files(), 1U);
}

TEST_F(RunDb, RunRowNamesVersionScenarioSeedAndDigest) {
    ASSERT_TRUE(write_run_db(file(), content()).has_value());

    EXPECT_EQ(
        ask("SELECT version || ' ' || scenario_hash || ' ' || size || ' ' || seed || ' ' || digest "
            "FROM runs"),
        "0.1.0 0123456789abcdef full 7 feedbeef01234567");
    EXPECT_EQ(ask("PRAGMA user_version"), "3");
}

TEST_F(RunDb, TablesAreStrict) {
    ASSERT_TRUE(write_run_db(file(), content()).has_value());

    EXPECT_EQ(ask("SELECT count(*) FROM pragma_table_list WHERE schema = 'main' AND strict = 0 "
                  "AND name NOT LIKE 'sqlite_%'"),
              "0");
}

TEST_F(RunDb, MoneyIsIntegerMicroDollarsWithItsScaleWrittenDown) {
    MemoryRecorder recorder;
    FundRecord fund;
    fund.balance_usd = 1'230'000'000.5;
    fund.outflow_usd = -0.0000004;
    recorder.on(fund);
    RunDbContent out = content();
    out.recorder = &recorder;

    ASSERT_TRUE(write_run_db(file(), out).has_value());

    EXPECT_EQ(ask("SELECT balance_usd_micro FROM fund"), "1230000000500000");
    EXPECT_EQ(ask("SELECT outflow_usd_micro FROM fund"), "0");
    EXPECT_EQ(
        ask("SELECT unit || ' ' || scale FROM columns WHERE column_name = 'balance_usd_micro'"),
        "USD 1.0e-06");
    EXPECT_EQ(ask("SELECT unit FROM columns WHERE table_name = 'series' AND column_name = 'close'"),
              "USD per coin");
}

TEST_F(RunDb, NotKnownIsNull) {
    MemoryRecorder recorder;
    BarRecord bar;
    bar.close = std::numeric_limits<double>::quiet_NaN();
    bar.bid_1 = std::numeric_limits<double>::infinity();
    recorder.on(bar);
    RunDbContent out = content();
    out.recorder = &recorder;

    ASSERT_TRUE(write_run_db(file(), out).has_value());

    EXPECT_EQ(ask("SELECT close FROM series"), "NULL");
    EXPECT_EQ(ask("SELECT bid_1_usd_micro FROM series"), "NULL");
    EXPECT_EQ(ask("SELECT value FROM metrics WHERE name = 'oi_eth_change'"), "NULL");
    EXPECT_EQ(ask("SELECT inside FROM observed"), "1");
}

TEST_F(RunDb, TwiceTheSameRunGivesTheSameBytes) {
    const std::filesystem::path other = folder_ / "other.db";
    ASSERT_TRUE(write_run_db(file(), content()).has_value());
    ASSERT_TRUE(write_run_db(other, content()).has_value());

    const auto bytes = [](const std::filesystem::path& path) {
        std::FILE* in = std::fopen(path.c_str(), "rb");
        std::string out(std::filesystem::file_size(path), '\0');
        EXPECT_EQ(std::fread(out.data(), 1, out.size(), in), out.size());
        std::fclose(in);
        return out;
    };
    EXPECT_EQ(bytes(file()), bytes(other));
}

TEST_F(RunDb, QueriesOfTheDocsWork) {
    ASSERT_TRUE(write_run_db(file(), content()).has_value());
    std::ostringstream page;
    page << std::ifstream{MC_SOURCE_DIR "/docs/run-database.md"}.rdbuf();
    const std::string text = page.str();

    int queries = 0;
    constexpr std::string_view open = "```sql\n";
    for (std::size_t at = text.find(open); at != std::string::npos; at = text.find(open, at + 1)) {
        const std::size_t from = at + open.size();
        const std::string sql = text.substr(from, text.find("```", from) - from);
        sqlite3* db = nullptr;
        ASSERT_EQ(sqlite3_open_v2(file().c_str(), &db, SQLITE_OPEN_READONLY, nullptr), SQLITE_OK);
        EXPECT_EQ(sqlite3_exec(db, sql.c_str(), nullptr, nullptr, nullptr), SQLITE_OK)
            << sqlite3_errmsg(db) << " in " << sql;
        sqlite3_close(db);
        ++queries;
    }
    EXPECT_EQ(queries, 4);
}

TEST_F(RunDb, FullDiskIsAnErrorAndLeavesNothing) {
    RunDbContent out = content();
    out.page_count_max = 20;

    const auto result = write_run_db(file(), out);

    ASSERT_FALSE(result.has_value());
    EXPECT_EQ(result.error().code, "E502");
    EXPECT_EQ(result.error().message, "cannot write the run database: the disk is full");
    EXPECT_EQ(files(), 0U);
}

TEST_F(RunDb, MissingFolderIsAnErrorThatNamesThePath) {
    const auto result = write_run_db(folder_ / "no" / "run.db", content());

    ASSERT_FALSE(result.has_value());
    EXPECT_EQ(result.error().code, "E501");
    EXPECT_EQ(result.error().file, (folder_ / "no" / "run.db").string());
    EXPECT_EQ(result.error().message,
              "cannot write the run database: unable to open database file");
}

TEST_F(RunDb, OldFileIsReplacedOnlyByACompleteOne) {
    ASSERT_TRUE(write_run_db(file(), content()).has_value());
    RunDbContent broken = content();
    broken.page_count_max = 20;

    EXPECT_FALSE(write_run_db(file(), broken).has_value());

    EXPECT_EQ(ask("SELECT count(*) FROM runs"), "1");
}

}  // namespace
}  // namespace margincall
